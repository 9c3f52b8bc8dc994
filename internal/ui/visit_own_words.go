package ui

import (
	"fmt"
	"strconv"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
)

// ownGroup is a heading of a person's own data and what stands under it, each with
// its name.
type ownGroup struct {
	title string
	rows  [][2]string
}

// ownGroups are a person's own data of a case as the person reads it.
func (v *visit) ownGroups(party loan.Party, own desk.Own) []ownGroup {
	none := "没有填写"
	if own.Masked {
		none = "已遮盖或没有填写"
	}
	all := []ownGroup{{"身份和联系方式", append(v.ownPerson(own.Person), ownRelation(own.App.Coborrowers)...)}}
	if k := own.Card; k != nil {
		all[0].rows = append(all[0].rows, [2]string{"证件上的内容", cardWords(k.Card) + "；" + v.stamp(k.At) + " 由 " + v.person(k.By) + " 读取"})
	}
	if party == loan.StudentParty {
		all = append(all, ownGroup{"就学", ownStudy(own.App.Study)}, ownGroup{"家庭经济困难", ownHardship(own.App.Hardship)})
	}
	all = append(all, ownGroup{"贷款和合同", ownLoan(party, own)}, ownGroup{"受理", v.ownIntake(&own.App)})
	for i := range all {
		for j, row := range all[i].rows {
			if row[1] == "" {
				all[i].rows[j][1] = none
			}
		}
	}
	return all
}

// said adds a row where there is something to say.
func said(rows [][2]string, name, value string) [][2]string {
	if value == "" {
		return rows
	}
	return append(rows, [2]string{name, value})
}

// ticked adds a row where the box is ticked.
func ticked(rows [][2]string, name string, on bool) [][2]string {
	if !on {
		return rows
	}
	return append(rows, [2]string{name, "是"})
}

// count is a number, and nothing where there is none.
func count(n int, unit string) string {
	if n == 0 {
		return ""
	}
	return yuan(n) + unit
}

// academicYear is a school year, and nothing where there is none.
func academicYear(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d–%d 学年", n, n+1)
}

// year is a year, and nothing where there is none.
func year(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n) + " 年"
}

func (v *visit) ownPerson(p loan.Person) [][2]string {
	rows := [][2]string{
		{"姓名", p.Name}, {"身份证号", p.IDNo}, {"出生日期", string(p.Birth)}, {"性别", string(p.Sex)}, {"民族", p.Ethnic}, {"证件类型", p.IDType},
		{"身份证有效期至", p.IDValidTo}, {"手机号码", p.Phone}, {"户籍所在县（市、区）", v.county(p.HukouCode).Text}, {"通讯地址", p.Address}}
	rows = said(rows, "现户籍", v.county(p.CurrentHukou).Text)
	return said(rows, "证件识别出的姓名", p.IDOCRName)
}

func ownRelation(all []loan.Coborrower) [][2]string {
	var rows [][2]string
	for _, k := range all {
		rows = append(rows, [2]string{"与学生关系", string(k.Relation)})
		rows = said(rows, "父母不能担任的原因", k.NonParentReason)
		rows = ticked(rows, "为法定监护人", k.LegalGuardian)
		rows = ticked(rows, "本人有未结清的国家助学贷款", k.OpenStudentLoan)
		able := "是"
		if k.CivilCapacity != nil && !*k.CivilCapacity {
			able = "否"
		}
		rows = append(rows, [2]string{"具有完全民事行为能力", able})
	}
	return rows
}

func ownStudy(s loan.Study) [][2]string {
	school := s.SchoolName
	if s.SchoolCode != "" {
		school += "（标识码 " + s.SchoolCode + "）"
	}
	rows := [][2]string{{"就读高校", school}, {"专业", s.Major}, {"学历层次", string(s.Level)}, {"学习形式", string(s.Mode)},
		{"学制", count(s.Years, " 年")}, {"入学年份", year(s.EntryYear)}, {"学费", count(s.Tuition, " 元/年")}, {"住宿费", count(s.Dorm, " 元/年")}}

	rows = said(rows, "教育类别", s.Category)
	return ticked(rows, "科研院所", s.ResearchInstitute)
}

func ownHardship(h loan.Hardship) [][2]string {
	applied := "否"
	if h.PreApplied {
		applied = "是"
	}
	return [][2]string{{"已通过预申请", applied}, {"困难类型", strings.Join(h.Categories, "、")}}
}

func ownLoan(party loan.Party, own desk.Own) [][2]string {
	l, s := own.App.Loan, own.App.Signatures
	rows := [][2]string{{"申请金额", count(l.Amount, " 元")}, {"贷款到期年份", year(l.MaturityYear)}, {"贷款用途", strings.Join(l.Purpose, "、")}}
	rows = said(rows, "合同编号", own.Contract)
	rows = said(rows, "签署方式", string(s.Of(party)))
	rows = said(rows, "代签说明", s.ProxyNote)
	if p := l.Previous; p != nil {
		rows = append(rows, [2]string{"上一份合同编号", p.ContractNo}, [2]string{"上一份合同金额", count(p.Amount, " 元")})
		rows = ticked(rows, "上一份是电子合同", p.EContract)
		rows = ticked(rows, "此后已毕业并升学", p.GraduatedSince)
		rows = ticked(rows, "已办完毕业确认和就学信息变更", p.StudyChangeDone)
	}
	for _, p := range l.SameYearPrior {
		words := p.Type + "贷款 " + yuan(p.Amount) + " 元"
		if p.ContractNo != "" {
			words += "，合同 " + p.ContractNo
		}
		rows = append(rows, [2]string{"本学年已有贷款", words})
	}
	rows = ticked(rows, "已提交续贷声明", l.RenewalStatement)
	return ticked(rows, "关键信息有变更", l.KeyInfoChanged)
}

// ownPlace names where a case was taken in: with the point's name where that was at this
// laptop, which knows no other's.
func (v *visit) ownPlace(in loan.Intake) string {
	place, sort := in.CountyName, in.PointType
	if in.CountyCode != "" {
		place += "（代码 " + in.CountyCode + "）"
	}
	if here := v.u.desk.Laptop(); v.c.App.Intake.Device == here.Device && here.Point != "" {
		place += here.Point
		if sort != "" {
			sort = "（" + sort + "）"
		}
	} else if sort != "" && !strings.Contains(sort, "受理") {
		sort += "受理点"
	}
	return place + sort
}

func (v *visit) ownIntake(a *loan.Application) [][2]string {
	rows := [][2]string{{"学年", academicYear(a.AcademicYear)}, {"申请类型", kindLabel(a.Kind, false)}, {"办理方式", string(a.Channel)},
		{"受理地点", v.ownPlace(a.Intake)}}
	rows = ticked(rows, "补充申请", a.Loan.Supplementary)
	return ticked(rows, fieldLabel("separate_hukou"), a.SeparateHukou)
}

// paperWords are the pictures and papers that are kept of a person.
func paperWords(own desk.Own) string {
	var out []string
	for _, p := range own.Papers {
		name := p.Slot.Label()
		if p.Pages > 1 {
			name += fmt.Sprintf(" %d 张", p.Pages)
		}
		out = append(out, name)
	}
	if own.Sealed > 0 {
		out = append(out, fmt.Sprintf("已签合同 %d 份（含签名）", own.Sealed))
	}
	if len(out) == 0 {
		return "没有"
	}
	return strings.Join(out, "、")
}

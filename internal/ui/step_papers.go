package ui

import (
	"fmt"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// paper is one thing the family must bring: any of docs will do.
type paper struct {
	docs   []loan.Doc
	label  string
	needed bool // false: only where it applies
}

// papersOf lists the papers this very case needs, then those that may be
// added, in the order of the check-list.
func papersOf(a *loan.Application) []paper {
	one := func(d loan.Doc) paper { return paper{[]loan.Doc{d}, docLabel(d), true} }
	study := paper{[]loan.Doc{loan.StudentCard, loan.XuejiReport, loan.SchoolCertificate}, "学生证、学籍在线验证报告或在校证明", true}
	var out []paper
	if a.Kind == loan.Renewal {
		if a.Channel == loan.Remote {
			return nil
		}
		out = append(out, paper{[]loan.Doc{loan.StudentIDCard, loan.CoborrowerIDCard}, "到场人的身份证（正反面）", true},
			one(loan.ApplicationForm))
		study.needed = false
		return append(out, study)
	}
	out = append(out, one(loan.StudentIDCard), one(loan.CoborrowerIDCard), one(loan.HukouBook))
	if a.SeparateHukou {
		out = append(out, one(loan.HukouBook2))
	}
	out = append(out, one(loan.ApplicationForm))
	if a.Study.EntryYear == a.AcademicYear {
		out = append(out, one(loan.AdmissionLetter))
	} else {
		out = append(out, study)
	}
	if !a.Hardship.PreApplied {
		out = append(out, one(loan.HardshipForm))
	}
	if len(a.Coborrowers) > 0 && a.Coborrowers[0].Relation != "" && !a.Coborrowers[0].Relation.Parent() {
		out = append(out, one(loan.RelationProof))
	}
	if slices.Contains(a.Hardship.Categories, hardshipOrphan) {
		out = append(out, paper{[]loan.Doc{loan.OrphanCertificate}, docLabel(loan.OrphanCertificate), false})
	}
	return append(out, paper{[]loan.Doc{loan.PreEntryHukou}, docLabel(loan.PreEntryHukou), false})
}

// pages counts the pages held of a paper.
func (p paper) pages(c *loan.Case) int {
	n := 0
	for _, d := range p.docs {
		n += len(c.Slot(loan.DocSlot(d)))
	}
	return n
}

// held says whether the paper is there, as the rules count it.
func (p paper) held(c *loan.Case) bool {
	return slices.ContainsFunc(p.docs, func(d loan.Doc) bool { return slices.Contains(c.App.Docs, d) })
}

// lacks are the sides that a card of the paper lacks, where it has one of them.
func (p paper) lacks(c *loan.Case) []loan.Part {
	for _, d := range p.docs {
		if all := c.Lacks(d); d.WholeOnly() && len(all) > 0 {
			return all
		}
	}
	return nil
}

const hardshipOrphan = "孤儿"

// The path of what was lent already in the same school year.
const (
	priorLoan   = "loan.same_year_prior.0."
	priorAmount = priorLoan + "amount"
)

func hardshipKinds() []string { return loan.HardshipKinds() }

// papersStep is ①: what kind of case it is and which papers it needs.
type papersStep struct {
	v       *visit
	content *container.Scroll
	list    *fyne.Container
	drawn   string // what the rows of the list were built for
	count   *kit.StatusLine
	forms   fyne.CanvasObject
	first   func() // brings the button of sending first up to date
}

func newStepPapers(v *visit) *papersStep {
	s := &papersStep{v: v, list: container.New(&stacked{gap: 4}), count: kit.NewStatusLine(kit.Info, "")}
	print := kit.NewSecondary("打印表格…", kit.Icon("print"), s.printForms)
	print.SetEnabled(v.full())
	s.forms = container.NewHBox(print)
	f := v.form
	f.at = stepPapers
	all := []fyne.CanvasObject{s.kindCard(f)}
	if v.c.App.Kind == loan.Renewal {
		all = append(all, s.renewalCard(f))
	} else {
		all = append(all, s.hardshipCard(f))
	}
	if v.c.App.Loan.Supplementary {
		all = append(all, s.priorCard(f))
	}
	all = append(all, kit.Card("本案所需材料", s.count, s.list,
		kit.NewText("请家庭现在就把材料都拿出来核对，缺的当场告知；按 F5 到“人证与影像”拍摄。", kit.TextCaption), s.forms))
	s.content = cards(all...)
	return s
}

// printForms asks which forms are printed, to be signed with a pen: those that
// the case still lacks are ticked.
func (s *papersStep) printForms() {
	var ticked []desk.Paper
	c := s.v.c
	lacks := func(d loan.Doc) bool { return len(c.Slot(loan.DocSlot(d))) == 0 }
	if lacks(loan.ApplicationForm) {
		ticked = append(ticked, desk.PaperApplication)
	}
	if lacks(loan.HardshipForm) {
		ticked = append(ticked, desk.PaperHardship)
	}
	if c.App.Kind == loan.Renewal && !c.App.Loan.RenewalStatement {
		ticked = append(ticked, desk.PaperStatement)
	}
	askPrint(s.v, nil, ticked...)
}

func (s *papersStep) kindCard(f *form) fyne.CanvasObject {
	a := s.v.c.App
	words := map[string]string{
		"首贷":   "第一次办理国家助学贷款：学生与共同借款人双方到场，本人签名。",
		"续贷":   "以前年度办理过：一方到场即可，可代签并注明代签人。",
		"补充申请": "本学年已有贷款、额度还有剩余：只申请剩余的部分。",
	}[kindLabel(a.Kind, a.Loan.Supplementary)]
	head := kit.NewText(kindLabel(a.Kind, a.Loan.Supplementary)+"　"+words, kit.TextBody)
	first, show := s.v.urgeButton()
	s.first = show
	show()
	if a.Kind != loan.Renewal {
		return kit.Card("申请类型", first, head)
	}
	channel := f.choice("channel", "办理方式", true, string(loan.OnSite), string(loan.Remote))
	changed := f.check("loan.key_info_changed", "姓名、身份证号等关键信息有变更（不能远程续贷）")
	return kit.Card("申请类型", first, head, kit.Columns([]float32{1, 2}, channel.label, below(changed.object)))
}

func (s *papersStep) hardshipCard(f *form) fyne.CanvasObject {
	pre := f.check("hardship.pre_applied", "高中已通过预申请（免交认定表）")
	separate := f.check("separate_hukou", "学生与共同借款人不在同一户口簿（两本都要）")
	kinds := f.checks("hardship.categories", hardshipKinds())
	return kit.Card("资格", nil, kit.Columns(nil, pre.object, separate.object),
		kit.NewText("家庭经济困难类型（学生自述，无须盖章，可多选）", kit.TextCaption), kinds.object)
}

func (s *papersStep) renewalCard(f *form) fyne.CanvasObject {
	no := f.text("loan.previous.contract_no", "上一份合同编号", true, func(k *kit.Field) { k.MaxLen = 40 })
	no.paths = append(no.paths, "loan.previous")
	amount := f.amount("loan.previous.amount", "上一份合同金额（元）", false)
	e := f.check("loan.previous.e_contract", "上一份是电子合同")
	grad := f.check("loan.previous.graduated_since", "此后已毕业并升学（如专升本、考研）")
	change := f.check("loan.previous.study_change_done", "已在学生在线系统办完毕业确认和就学信息变更")
	statement := f.check("loan.renewal_statement", "已提交续贷声明")
	separate := f.check("separate_hukou", "学生与共同借款人不在同一户口簿")
	return kit.Card("以前年度的贷款", nil, kit.Columns([]float32{2, 1}, no.label, amount.label),
		kit.Columns(nil, statement.object, e.object), kit.Columns(nil, grad.object, change.object), separate.object)
}

func (s *papersStep) priorCard(f *form) fyne.CanvasObject {
	kind := f.choice(priorLoan+"type", "贷款种类", true, loan.OriginLoan, loan.CampusLoan)
	kind.paths = append(kind.paths, "loan.same_year_prior")
	amount := f.amount(priorAmount, "本学年已贷金额（元）", true)
	no := f.text(priorLoan+"contract_no", "合同编号", false, func(k *kit.Field) { k.MaxLen = 40 })
	return kit.Card("本学年已有的贷款", nil, kit.Columns(nil, kind.label, amount.label, no.label))
}

// below gives a box beside a labelled field the room of the label above it.
func below(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVBox(kit.NewLine(" ", kit.TextBody), o)
}

func (s *papersStep) refresh() {
	s.first()
	papers, key := papersOf(&s.v.c.App), ""
	for _, p := range papers {
		key += fmt.Sprint(p.label, p.needed, p.pages(s.v.c), p.held(s.v.c), p.lacks(s.v.c))
	}
	if key == s.drawn {
		return
	}
	s.drawn = key
	var rows []fyne.CanvasObject
	lacking := 0
	for _, p := range papers {
		n := p.pages(s.v.c)
		state := kit.NewStatusLine(kit.Warning, "还缺")
		switch {
		case p.held(s.v.c):
			state.Set(kit.Good, fmt.Sprintf("已有 %d 页", n))
		case !p.needed:
			state.Set(kit.Info, "需要时补充")
		default:
			lacking++
			if all := p.lacks(s.v.c); n > 0 && len(all) > 0 {
				state.Set(kit.Warning, "还缺"+partLabels(all))
			}
		}
		rows = append(rows, container.New(&named{}, kit.NewLine(p.label, kit.TextBody), state))
	}
	if len(rows) == 0 {
		rows = append(rows, kit.NewText("远程续贷不需要现场材料。", kit.TextMuted))
	}
	half := (len(rows) + 1) / 2
	s.list.Objects = []fyne.CanvasObject{kit.Columns(nil, container.NewVBox(rows[:half]...), container.NewVBox(rows[half:]...))}
	s.list.Refresh()
	relay(s.content)
	if lacking > 0 {
		s.count.Set(kit.Warning, fmt.Sprintf("还缺 %d 样", lacking))
	} else {
		s.count.Set(kit.Good, "已齐")
	}
}

func (s *papersStep) object() fyne.CanvasObject { return s.content }

// shown puts the focus where filling in begins, past what is done beside it.
func (s *papersStep) shown() {
	for _, b := range s.v.form.fields {
		if b.step == stepPapers && !b.locked {
			kit.Focus(b.object)
			return
		}
	}
	if s.v.locked() {
		kit.Focus(s.v.main) // Return is to lead on, and to send nothing
		return
	}
	kit.Focus(s.content)
}

func (s *papersStep) left()          {}
func (s *papersStep) close()         {}
func (s *papersStep) action() action { return s.v.next() }

package ui

import (
	"context"
	"fmt"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// showOwn shows a person what this laptop keeps of him: 本人信息查询.
func (v *visit) showOwn() { v.showOwnOf(loan.StudentParty) }

func (v *visit) showOwnOf(party loan.Party) {
	var own desk.Own
	shown := v.revealing.timer
	v.u.act("own data", func(ctx context.Context) (err error) {
		own, err = v.u.desk.OwnData(ctx, v.id, party)
		return err
	}, func(err error) {
		if err != nil {
			v.u.fail(err)
			return
		}
		switch {
		case v.closed:
		case shown != v.revealing.timer: // what was shown is masked by now
			v.showOwnOf(party)
		default:
			v.ownDialog(party, own)
		}
	})
}

func (v *visit) ownDialog(party loan.Party, own desk.Own) {
	p := own.Person
	rows := []fyne.CanvasObject{
		kit.NewText("请本人看屏幕核对。有错的在案件里更正；同意可以撤回。本次查询已记入日志。", kit.TextMuted),
		fact("姓名", p.Name), fact("身份证号", p.IDNo), fact("出生日期", string(p.Birth)), fact("手机号码", p.Phone), fact("通讯地址", p.Address)}
	if own.Masked {
		rows = append(rows, kit.NewText("您不是本案经办人，内容已遮盖。请先关闭本窗，按“显示…”写明原因，30 秒内再打开给本人看。", kit.TextWarn))
	}
	if own.Relation != "" {
		rows = append(rows, fact("与学生关系", string(own.Relation)))
	}
	if k := own.Card; k != nil {
		rows = append(rows, fact("证件上的内容", cardWords(k.Card)+"；"+v.stamp(k.At)+" 由 "+v.person(k.By)+" 读取"))
	}
	kept := fmt.Sprintf("影像和材料 %d 份", own.Papers)
	if own.Contract {
		kept += "，已签合同 1 份"
	}
	at := "还没有送达中心"
	if own.AtCentre {
		at = "已送达县资助中心"
	}
	rows = append(rows, fact("本机保存", kept+"；"+at), fact("同意", strings.Join(v.consentLines(own), "\n")),
		fact("查看记录", fmt.Sprintf("共 %d 次，最近 %s，导出 %d 次；经手人员 %s", own.Looks, v.stamp(own.LastLook), own.Exports, strings.Join(v.persons(own.Operators), "、"))))
	erase := "案件已作废，可以请系统数据管理员删除。"
	if own.MayErase != nil {
		erase = sentence(own.MayErase)
	}
	rows = append(rows, fact("删除", erase))
	var d *kit.Dialog
	other, label := loan.CoborrowerParty, "看共同借款人的…"
	if party == loan.CoborrowerParty {
		other, label = loan.StudentParty, "看学生的…"
	}
	if len(v.c.App.Coborrowers) > 0 {
		rows = append(rows, container.NewHBox(kit.NewQuiet(label, nil, func() {
			d.Close()
			v.showOwnOf(other)
		})))
	}
	who := map[loan.Party]string{loan.StudentParty: "借款学生", loan.CoborrowerParty: "共同借款人"}[party]
	d = kit.NewDialog(v.u.win, "本人信息 · "+who, container.New(&stacked{gap: 8}, rows...), "关闭", "", nil)
	d.SetWidth(660)
	d.SetOnClosed(func() { v.revealing.own = nil })
	v.revealing.own = d
	d.Show()
}

// cardWords is all that a card said, in words.
func cardWords(k loan.Card) string {
	out := []string{k.Kind.Label()}
	for _, f := range [][2]string{{"", k.Name}, {"", k.Latin}, {"", k.Number}, {"", string(k.Sex)}, {"", k.Ethnic}, {"国籍 ", k.Country}, {"", string(k.Birth)}, {"", k.Address},
		{"签发机关 ", k.Issuer}, {"通行证 ", k.Pass}, {"签发次数 ", k.Issues}, {"自 ", string(k.From)}, {"至 ", k.To}} {
		if f[1] != "" {
			out = append(out, f[0]+f[1])
		}
	}
	return strings.Join(out, "，")
}

// persons are the names of operators.
func (v *visit) persons(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = v.person(id)
	}
	return out
}

func (v *visit) consentLines(own desk.Own) []string {
	var out []string
	for _, c := range own.Consents {
		word := "同意"
		if !c.Given {
			word = "撤回"
		}
		line := v.stamp(c.At) + " " + word + consentLabel(c.Purpose)
		if c.Text != "" {
			line += "：" + textWords(c.Text)
		}
		out = append(out, line)
	}
	if len(out) == 0 {
		out = []string{"没有登记"}
	}
	return out
}

// consentLabel is what a consent is for, on screen.
func consentLabel(purpose string) string {
	switch purpose {
	case loan.ConsentSensitive:
		return "处理敏感个人信息"
	case loan.ConsentCredit:
		return "查询征信"
	case loan.ConsentShare:
		return "向银行和学校提供信息"
	}
	return purpose
}

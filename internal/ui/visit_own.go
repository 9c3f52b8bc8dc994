package ui

import (
	"context"
	"fmt"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// showOwn shows a person what this laptop keeps of him: 本人信息查询.
func (v *visit) showOwn() { v.showOwnOf(loan.StudentParty) }

// showOwnOf reads beside what is saved meanwhile: of looks the whole record is read.
func (v *visit) showOwnOf(party loan.Party) {
	var own desk.Own
	shown, gone := v.revealing.timer, false
	wait := kit.NewDialog(v.u.win, ownTitle(party), kit.NewText("正在读取保存的内容和查看记录…", kit.TextMuted), "取消", "", nil)
	wait.SetWidth(760)
	wait.SetOnClosed(func() { gone = true })
	wait.Show()
	saved := make(chan struct{})
	v.u.act("save before own data", func(context.Context) error { close(saved); return nil }, func(error) {})
	v.u.run("own data", func(ctx context.Context) (err error) {
		select {
		case <-saved: // what was typed before is part of it
		case <-ctx.Done():
			return ctx.Err()
		}
		own, err = v.u.desk.OwnData(ctx, v.id, party)
		return err
	}, func(err error) {
		if gone {
			return
		}
		wait.Close()
		switch {
		case v.closed:
		case err != nil:
			v.u.fail(err)
		case shown != v.revealing.timer: // what was shown is masked by now
			v.showOwnOf(party)
		default:
			v.ownDialog(party, own)
		}
	})
}

func ownTitle(party loan.Party) string { return "本人信息 · " + partyLabel(party) }

func (v *visit) ownDialog(party loan.Party, own desk.Own) {
	head := []fyne.CanvasObject{kit.NewText("请本人看屏幕核对。有错的在案件里更正；同意可以撤回。本次查询已记入日志。", kit.TextMuted)}
	if own.Masked {
		head = append(head, kit.NewText("您不是本案经办人，内容已遮盖。请先关闭本窗，按“显示…”写明原因，30 秒内再打开给本人看。", kit.TextWarn))
	}
	var d *kit.Dialog
	other, label := loan.CoborrowerParty, "看共同借款人的…"
	if party == loan.CoborrowerParty {
		other, label = loan.StudentParty, "看学生的…"
	}
	if len(v.c.App.Coborrowers) > 0 {
		head = append(head, container.NewHBox(kit.NewQuiet(label, nil, func() {
			d.Close()
			v.showOwnOf(other)
		})))
	}
	var rows []fyne.CanvasObject
	for _, g := range v.ownGroups(party, own) {
		rows = append(rows, kit.NewText(g.title, kit.TextHeading), ownPairs(g.rows))
	}
	rows = append(rows, kit.NewText("保存和使用", kit.TextHeading))
	rows = append(rows, v.ownKept(own)...)
	content := container.NewBorder(container.New(&stacked{gap: 6}, head...), nil, nil, nil,
		container.New(&paperRoom{height: scaled(430)}, container.NewVScroll(container.NewBorder(nil, nil, nil, gap(16), inset(0, 8, container.New(&stacked{gap: 8}, rows...))))))
	d = kit.NewDialog(v.u.win, ownTitle(party), content, "关闭", "", nil)
	d.SetWidth(760)
	d.SetOnClosed(func() { v.revealing.own = nil })
	v.revealing.own = d
	d.Show()
}

// ownPairs sets names and values in two columns.
func ownPairs(rows [][2]string) fyne.CanvasObject {
	var cells []fyne.CanvasObject
	for _, p := range rows {
		cells = append(cells, container.New(&stacked{gap: 1}, kit.NewText(p[0], kit.TextCaption), kit.NewText(p[1], kit.TextBody)))
	}
	return container.New(&pairs2{}, cells...)
}

// ownKept says what is kept of a person besides what was entered, who looked at it,
// and whether it can be erased.
func (v *visit) ownKept(own desk.Own) []fyne.CanvasObject {
	at := "还没有送达中心"
	if own.AtCentre {
		at = "已送达县资助中心"
	}
	erase := "案件已作废，可以请系统数据管理员删除。"
	if own.MayErase != nil {
		erase = sentence(own.MayErase)
	}
	return []fyne.CanvasObject{fact("影像和材料", paperWords(own)+"；"+at), fact("同意", strings.Join(v.consentLines(own), "\n")),
		fact("查看记录", fmt.Sprintf("共 %d 次，最近 %s，导出 %d 次；经手人员 %s", own.Looks, v.stamp(own.LastLook), own.Exports, strings.Join(v.persons(own.Operators), "、"))),
		fact("删除", erase)}
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
			line += "：" + rulebook.TextWords(c.Text)
		}
		out = append(out, line)
	}
	if len(out) == 0 {
		out = []string{"没有登记"}
	}
	return out
}

// consentLabel is what a consent is for, on screen.
func consentLabel(purpose string) string { return loan.PurposeLabel(purpose) }

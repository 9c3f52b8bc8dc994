package ui

import (
	"context"
	"fmt"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
)

// showBack lists the operator's answers that took no effect.
func (s *grantSection) showBack(back []desk.AnswerBack) {
	s.back.Objects = nil
	for _, b := range back {
		buttons := container.NewHBox()
		if b.Answer == desk.SaidNo && b.Why == desk.BackApproved {
			buttons.Add(kit.NewSecondary("撤销授权…", nil, func() {
				s.takeBack(desk.Leave{Grant: b.Grant, Operator: b.Asker, Name: b.Name, Fields: b.Fields, Where: "-"})
			}))
		}
		buttons.Add(kit.NewQuiet("知道了", nil, func() { s.putAway(b) }))
		s.back.Add(acted([]float32{3, 4, 2}, buttons, kit.NewText(backOf(b), kit.TextBody), kit.NewText(s.backWords(b), kit.TextWarn)))
	}
	setVisible(s.backCard, len(back) > 0)
}

// backOf is whose request it was, and for what.
func backOf(b desk.AnswerBack) string {
	whose := b.Asker
	if b.Name != "" {
		whose = b.Name + "（" + b.Asker + "）"
	}
	if b.Answer == desk.SaidBack {
		return whose + " 的授权"
	}
	of := shortCase(b.Case)
	if b.Count > 0 {
		of = fmt.Sprintf("最多 %d 件", b.Count)
	}
	return fmt.Sprintf("%s 的申请：%s，%s，%d 小时", whose, strings.Join(fieldNames(b.Fields), "、"), of, b.Hours)
}

// backWords say that an answer took no effect, why, and what to do next.
func (s *grantSection) backWords(b desk.AnswerBack) string {
	by := s.named(b.By)
	if b.By == s.u.desk.Operator().ID {
		by = "您自己"
	}
	said := map[desk.Answer]string{desk.SaidYes: "您批准了这份申请", desk.SaidNo: "您没有批准这份申请", desk.SaidBack: "您撤销了这份授权"}[b.Answer]
	why := map[desk.BackWhy]string{
		desk.BackApproved: "已由" + by + "批准过", desk.BackDeclined: "已由" + by + "答复不批准，或撤销", desk.BackGone: "申请人已撤回申请",
		desk.BackOver: "申请已超过 72 小时，或中心没有这份申请", desk.BackMayNot: "您的层级或机构不符，或经手过本案", desk.BackDamaged: "案件在中心读不出来",
	}[b.Why]
	next := ""
	switch {
	case b.Answer == desk.SaidNo && b.Why == desk.BackApproved:
		next = "对方仍可查看；不该看的，请按“撤销授权…”。"
	case b.Answer == desk.SaidYes && (b.Why == desk.BackDeclined || b.Why == desk.BackOver):
		next = "对方看不到；确有需要，请对方重新申请。"
	case b.Answer == desk.SaidBack:
		next = "对方仍可使用；请申请人上一级的系统数据管理员撤销。"
	case b.Why == desk.BackMayNot:
		next = "请另一位系统数据管理员答复。"
	case b.Why == desk.BackDamaged:
		next = "申请仍在等待，请联系县资助中心。"
	default:
		next = "不必再办。"
	}
	return said + "，但没有生效：" + why + "。" + next
}

func (s *grantSection) putAway(b desk.AnswerBack) {
	s.u.act("put answer away", func(ctx context.Context) error { return s.u.desk.PutAway(ctx, b) }, func(err error) {
		if err != nil {
			s.u.fail(err)
		}
		s.refresh()
	})
}

// showLeaves lists the grants that the operator may take back.
func (s *grantSection) showLeaves(leaves []desk.Leave) {
	s.leaves.Objects = nil
	for _, l := range leaves {
		s.leaves.Add(acted([]float32{3, 4, 2}, kit.NewSecondary("撤销…", nil, func() { s.takeBack(l) }),
			kit.NewText(l.Name+"（"+l.Operator+"）："+strings.Join(fieldNames(l.Fields), "、"), kit.TextBody), kit.NewText(s.leaveWords(l), kit.TextCaption)))
	}
	if len(leaves) == 0 {
		s.leaves.Add(kit.NewText("本机没有可以撤销的授权。在中心直接给出的，由县资助中心撤销；在别的电脑批准的，也可以在那台电脑撤销。", kit.TextMuted))
	}
}

// leaveWords are of what a grant is, where it is good, until when, and who approved it.
func (s *grantSection) leaveWords(l desk.Leave) string {
	of := "案件 " + l.Case
	if l.Case == "" {
		of = fmt.Sprintf("最多 %d 件", l.Count)
	}
	if l.Export {
		of = "导出 " + of
	}
	where, reason := "本机", "批准，申请理由："
	if l.Where != "" {
		where, reason = "电脑 "+l.Where, "批准："
	}
	until := "到 " + l.Until.In(s.u.deps.Now().Location()).Format("01-02 15:04")
	if l.Hours > 0 {
		until = fmt.Sprintf("对方取得授权后 %d 小时内有效，最迟%s", l.Hours, until)
	}
	return fmt.Sprintf("%s，%s，%s；%s"+reason+"%s", of, where, until, s.named(l.By), l.Reason)
}

// takeBack takes a grant back, for a reason.
func (s *grantSection) takeBack(l desk.Leave) {
	reason := kit.NewField()
	reason.MaxLen = 100
	reason.SetPlaceholder("例如：申请人不是本人")
	reasonOf := kit.NewLabeled("撤销理由", true, reason)
	words, done := "本机立即停用，撤销记入日志。没有网络也可以撤销。", "已撤销，本机不能再用。"
	if l.Where != "" {
		words, done = "现在登记，下次同步送到中心，对方的电脑同步或收到U盘后停用；急的话请同时打电话告诉对方。没有网络也可以登记，记入日志。", "已登记撤销。同步后送到中心，对方同步后停用。"
	}
	which := kit.NewText("", kit.TextBody)
	if which.Hide(); !l.Until.IsZero() { // two grants may differ in this alone
		which.SetText(s.leaveWords(l))
		which.Show()
	}
	var d *kit.Dialog
	d = kit.NewDialog(s.u.win, "撤销授权", container.New(&stacked{gap: 12},
		kit.NewText(l.Name+"（"+l.Operator+"）："+strings.Join(fieldNames(l.Fields), "、"), kit.TextBold), which, kit.NewText(words, kit.TextBody), reasonOf), "撤销", "取消", func() bool {
		d.YesButton().SetBusy("正在登记…")
		s.u.act("take grant back", func(ctx context.Context) error {
			return s.u.desk.TakeBack(ctx, l.Grant, strings.TrimSpace(reason.Text()))
		}, func(err error) {
			d.YesButton().SetBusy("")
			if err != nil {
				reasonOf.SetError(sentence(err))
				return
			}
			d.Close()
			kit.Notice(s.u.win, kit.Good, done)
			s.refresh()
		})
		return false
	})
	d.SetWidth(560)
	d.Show()
}

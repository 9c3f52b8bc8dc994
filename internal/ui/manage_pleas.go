package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// showPleas lists what others ask for: at this laptop, which is answered at once, and at
// other laptops, as it came down with the last sync.
func (s *grantSection) showPleas(pleas []desk.Plea, here []desk.Asked) {
	s.pleas.Objects = nil
	for _, a := range here {
		buttons := container.NewHBox(s.answering(a))
		if i := slices.IndexFunc(pleas, func(p desk.Plea) bool { return p.Of(a) }); i >= 0 {
			p := pleas[i]
			buttons.Add(kit.NewQuiet("答复…", nil, func() { s.decide(p) }))
			pleas = slices.Delete(pleas, i, i+1)
		}
		s.pleas.Add(acted([]float32{3, 5, 2}, buttons, kit.NewText(s.named(a.Operator), kit.TextBody),
			kit.NewText("在本机"+strings.TrimSpace(asksFor(a))+strings.Join(fieldNames(a.Fields), "、")+"，"+asksOf(a)+"："+a.Reason+"。"+s.u.askedAt(a.At), kit.TextCaption)))
	}
	for _, p := range pleas {
		s.pleas.Add(acted([]float32{3, 5, 2}, kit.NewSecondary("答复…", nil, func() { s.decide(p) }), kit.NewText(p.Name+"（"+p.Operator+"）", kit.TextBody),
			kit.NewText(pleaWords(p)+"："+p.Reason+"。"+s.u.askedAt(p.At), kit.TextCaption)))
	}
	if len(s.pleas.Objects) == 0 {
		s.pleas.Add(kit.NewText("没有等待批准的申请。各受理点的申请随同步到来，答复随同步回去。", kit.TextMuted))
	}
	s.u.arranged()
}

// pleaWords is what is asked for.
func pleaWords(p desk.Plea) string {
	of := fmt.Sprintf("最多 %d 件", p.Count)
	if p.Case != uuid.Nil {
		of = "案件 " + loan.ShortID(p.Case)
	}
	return fmt.Sprintf("%s，%s，%d 小时", strings.Join(fieldNames(p.Fields), "、"), of, p.Hours)
}

// askedAt says when a request was made, by which equal ones are told apart.
func (u *Window) askedAt(at time.Time) string {
	return "申请时间 " + at.In(u.deps.Now().Location()).Format("01-02 15:04")
}

// decide answers a request of another laptop.
func (s *grantSection) decide(p desk.Plea) {
	answer := kit.NewChoice(kit.Option{ID: "yes", Text: "批准"}, kit.Option{ID: "no", Text: "不批准"})
	reason := kit.NewField()
	reason.MaxLen = 100
	answerOf, reasonOf := kit.NewLabeled("答复", true, answer), kit.NewLabeled("理由", true, reason)
	var d *kit.Dialog
	d = kit.NewDialog(s.u.win, "答复授权申请", container.New(&stacked{gap: 12},
		kit.NewText(p.Name+" · "+p.Operator+" · "+p.Where, kit.TextBold),
		kit.NewText("从电脑 末 8 位 "+loan.ShortID(p.Device)+" 申请", kit.TextBody),
		kit.NewText(pleaWords(p), kit.TextBody),
		kit.NewText("申请理由："+p.Reason, kit.TextBody),
		kit.NewText(s.u.askedAt(p.At), kit.TextMuted),
		answerOf, reasonOf), "确定", "取消", func() bool {
		answerOf.SetError("")
		if answer.Value() == "" {
			answerOf.SetError("请选择批准或不批准")
			return false
		}
		d.YesButton().SetBusy("正在登记…")
		s.u.act("answer plea", func(ctx context.Context) error {
			return s.u.desk.AnswerPlea(ctx, p, answer.Value() == "yes", strings.TrimSpace(reason.Text()))
		}, func(err error) {
			d.YesButton().SetBusy("")
			if err != nil {
				reasonOf.SetError(sentence(err))
				return
			}
			d.Close()
			kit.Notice(s.u.win, kit.Good, "已登记。下次同步送到中心，再随对方的同步生效；没有生效的会在今日告诉您。")
			s.refresh()
		})
		return false
	})
	d.SetWidth(560)
	d.Show()
}

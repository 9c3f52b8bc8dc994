package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// grantSection is 授权: what the operator may see and asked for, what a data
// administrator answers for other laptops, and emergencies to be looked at.
type grantSection struct {
	u       *Window
	mine    *fyne.Container
	breaks  *fyne.Container
	pleas   *fyne.Container
	leaves  *fyne.Container
	back    *fyne.Container
	reviews bool // shows breaks
	answers bool // shows pleas, leaves and back
	named   func(account string) string
	all     []fyne.CanvasObject

	backCard *fyne.Container // of back, out of view while there is none
}

func newGrantSection(u *Window) *grantSection {
	s := &grantSection{u: u, mine: container.New(&stacked{gap: 8}), breaks: container.New(&stacked{gap: 8}), pleas: container.New(&stacked{gap: 8}),
		leaves: container.New(&stacked{gap: 8}), back: container.New(&stacked{gap: 8}), named: u.namer()}
	s.all = []fyne.CanvasObject{kit.Card("我的授权和申请", kit.NewSecondary("申请导出…", kit.Icon("download"), func() { u.askExport(nil, s.refresh) }), s.mine)}
	if s.answers = u.desk.MayApprove(); s.answers {
		s.backCard = container.NewStack(kit.Card("没有生效的答复", nil, s.back))
		s.backCard.Hide()
		s.all = append([]fyne.CanvasObject{s.backCard}, s.all...)
		s.all = append(s.all, kit.Card("等待我批准的申请", nil, s.pleas))
		s.all = append(s.all, kit.Card("批准另一台电脑的申请", kit.NewSecondary("输入申请码…", kit.Icon("phone"), s.answer),
			kit.NewText("对方报出设备编号、账号和申请码。核对是本人、确有需要后批准，把批准码报给对方；只能在那台电脑、由那个账号、当天使用一次。", kit.TextBody)))
		s.all = append(s.all, kit.Card("可以撤销的授权", nil, s.leaves))
	}
	if s.reviews = u.desk.MayReviewGlass(); s.reviews {
		s.all = append(s.all, kit.Card("紧急查看的复查", nil, s.breaks))
	}
	s.refresh()
	return s
}

func (s *grantSection) cards() []fyne.CanvasObject { return s.all }

func (s *grantSection) refresh() {
	var grants []desk.Given
	var asks []desk.Asked
	var breaks []desk.Glass
	var reviewed []desk.Reviewed
	var pleas []desk.Plea
	var releases, heard []desk.Given
	var leaves []desk.Leave
	var back []desk.AnswerBack
	s.u.run("grants", func(ctx context.Context) (err error) {
		if grants, err = s.u.desk.Grants(ctx); err == nil {
			asks, err = s.u.desk.Asks(ctx)
		}
		if err == nil && s.answers {
			if pleas, err = s.u.desk.Pleas(ctx); err == nil {
				leaves, err = s.u.desk.Leaves(ctx)
			}
			if err == nil {
				back, err = s.u.desk.AnswersBack(ctx)
			}
		}
		if err == nil {
			releases, err = s.u.desk.Releases(ctx)
		}
		if err == nil {
			heard, err = s.u.desk.GrantsHeard(ctx)
		}
		if err == nil && s.reviews {
			breaks, err = s.u.desk.Glasses(ctx)
		}
		if err == nil {
			reviewed, err = s.u.desk.ReviewedAbove(ctx)
		}
		return err
	}, func(err error) {
		if err != nil {
			s.u.fail(err)
			return
		}
		own := func(a desk.Asked) bool { return a.Operator == s.u.desk.Operator().ID }
		s.show(grants, slices.DeleteFunc(slices.Clone(asks), func(a desk.Asked) bool { return !own(a) }), releases, breaks, reviewed)
		s.showRevoked(heard, reviewed)
		if s.answers {
			s.showBack(back)
			s.showLeaves(leaves)
		}
		s.showPleas(pleas, slices.DeleteFunc(asks, func(a desk.Asked) bool { return own(a) || a.Over() }))
	})
}

func (s *grantSection) show(grants []desk.Given, asks []desk.Asked, releases []desk.Given, breaks []desk.Glass, reviewed []desk.Reviewed) {
	s.mine.Objects, s.breaks.Objects = nil, nil
	for _, g := range grants {
		if g.Release != nil {
			continue // with those that may still be used
		}
		s.mine.Add(s.grantRow(g))
	}
	for _, a := range asks {
		if a.Over() {
			s.mine.Add(kit.Columns([]float32{3, 4, 2}, kit.NewText(s.named(a.Operator)+asksFor(a)+strings.Join(fieldNames(a.Fields), "、"), kit.TextBody),
				kit.NewText(asksOf(a)+"。"+overWords(a, s.named), kit.TextCaption), kit.NewLine(overWord(a), kit.TextBad)))
			continue
		}
		words := asksOf(a) + "：" + a.Reason + "。" + s.u.askedAt(a.At)
		if a.Behind {
			words += "。排在前面的申请答复后，才送到其他电脑；急用请打电话报申请码。"
		}
		s.mine.Add(acted([]float32{3, 4, 2}, s.handling(a), kit.NewText(s.named(a.Operator)+asksFor(a)+strings.Join(fieldNames(a.Fields), "、"), kit.TextBody),
			kit.NewText(words, kit.TextCaption)))
	}
	for _, g := range releases {
		s.mine.Add(s.u.releaseRow(g, s.refresh))
	}
	for _, g := range breaks {
		s.breaks.Add(acted([]float32{3, 4, 2}, kit.NewSecondary("复查…", nil, func() { s.review(g) }), kit.NewText(s.named(g.Operator)+"，"+g.At.In(s.u.deps.Now().Location()).Format("01-02 15:04"), kit.TextBody),
			kit.NewText("案件 "+loan.ShortID(g.Case)+"："+g.Reason, kit.TextCaption)))
	}
	if len(breaks) == 0 {
		s.breaks.Add(kit.NewText("没有等待复查的紧急查看。", kit.TextMuted))
	}
	for _, r := range reviewed {
		s.breaks.Add(s.reviewedRow(r))
	}
	s.u.arranged()
}

// grantRow is of what is in force: what it lets be seen, of which cases, who gave it and why.
func (s *grantSection) grantRow(g desk.Given) fyne.CanvasObject {
	what, why := strings.Join(fieldNames(g.Fields), "、"), s.named(g.By)+" 批准，理由："+g.Reason
	switch {
	case isEmergency(g):
		what, why = "紧急查看：本案全部内容", "本人写的原因："+g.Reason
	case !g.Asked():
		why = "县资助中心签发（" + s.named(g.By) + "），理由：" + g.Reason
	}
	return kit.Columns([]float32{3, 4, 2}, kit.NewText(what, kit.TextBody), kit.NewText(reachOf(g)+"。"+why, kit.TextCaption),
		kit.NewLine("至 "+g.Until.In(s.u.deps.Now().Location()).Format("01-02 15:04"), kit.TextMuted))
}

// reviewedRow is what was said at the centre of an emergency.
func (s *grantSection) reviewedRow(r desk.Reviewed) fyne.CanvasObject {
	found := kit.NewLine("不应使用", kit.TextBad)
	if r.Right {
		found = kit.NewLine("属实，使用得当", kit.TextOK)
	}
	return kit.Columns([]float32{3, 4, 2}, kit.NewText(s.named(r.Operator)+" 的紧急查看，"+r.At.In(s.u.deps.Now().Location()).Format("01-02 15:04")+" 由中心的 "+r.By+" 复查", kit.TextBody),
		kit.NewText("案件 "+loan.ShortID(r.Case)+"："+r.Word, kit.TextCaption), found)
}

// asksOf is of which case a request is, or of how many.
func asksOf(a desk.Asked) string {
	if a.Case != uuid.Nil {
		return "案件 " + loan.ShortID(a.Case)
	}
	return ofCases(0, a.Count)
}

// answering is the button by which a request gets its answer.
func (s *grantSection) answering(a desk.Asked) fyne.CanvasObject {
	if a.Export {
		return kit.NewSecondary("批准导出…", nil, func() { s.u.approveExport(a, s.refresh) })
	}
	words := "填批准码…"
	if a.Operator != s.u.desk.Operator().ID {
		words = "当场批准…"
	}
	return kit.NewSecondary(words, nil, func() { s.u.answerAsk(a, s.refresh) })
}

// handling are the buttons of an own request that waits: its answer, and to take it back.
func (s *grantSection) handling(a desk.Asked) fyne.CanvasObject {
	return container.NewHBox(s.answering(a), kit.NewQuiet("撤回…", nil, func() { s.withdraw(a) }))
}

// withdraw takes a request back, once that is confirmed.
func (s *grantSection) withdraw(a desk.Asked) {
	words := "撤回后不再等待答复，已给出的批准码也不作数；需要时可以重新申请。撤回记入日志。"
	kit.NewDialog(s.u.win, "撤回申请", container.New(&stacked{gap: 12}, kit.NewText(strings.TrimSpace(asksFor(a))+strings.Join(fieldNames(a.Fields), "、")+"，"+asksOf(a)+"："+a.Reason, kit.TextBody), kit.NewText(words, kit.TextMuted)),
		"撤回", "取消", func() bool {
			s.u.act("withdraw ask", func(ctx context.Context) error { return s.u.desk.WithdrawAsk(ctx, a.Code) }, func(err error) {
				if err != nil {
					s.u.fail(err)
				} else {
					kit.Notice(s.u.win, kit.Good, "已撤回。")
				}
				s.refresh()
			})
			return true
		}).Open()
}

// reachOf is of which cases a grant in force is, or of how many, and what is left of it.
func reachOf(g desk.Given) string {
	used := max(len(g.Used), len(g.Taken), g.Searched)
	switch {
	case slices.Contains(g.Fields, desk.SearchField):
		return fmt.Sprintf("最多 %d 次，已用 %d 次，还可用 %d 次", g.Count, used, max(g.Count-used, 0))
	case g.Count > 0 && len(g.Used) > 0: // of those it is good yet
		return fmt.Sprintf("最多 %d 件，已用于%s，还可用 %d 件", g.Count, casesOf(g.Used), max(g.Count-used, 0))
	case g.Count > 0:
		return fmt.Sprintf("最多 %d 件，已用 %d 件，还可用 %d 件", g.Count, used, max(g.Count-used, 0))
	}
	return casesOf(g.Cases)
}

// casesOf names cases, the first five of many.
func casesOf(all []uuid.UUID) string {
	var tails []string
	for _, id := range all[:min(len(all), 5)] {
		tails = append(tails, loan.ShortID(id))
	}
	words := "案件 " + strings.Join(tails, "、")
	if n := len(all); n > len(tails) {
		words += fmt.Sprintf(" 等 %d 件", n)
	}
	return words
}

func ofCases(named, count int) string {
	if count > 0 {
		return fmt.Sprintf("最多 %d 件", count)
	}
	return fmt.Sprintf("指定 %d 件", named)
}

// review notes what an administrator or auditor found of an emergency.
func (s *grantSection) review(g desk.Glass) {
	found := kit.NewChoice(kit.Option{ID: "right", Text: "属实，使用得当"}, kit.Option{ID: "wrong", Text: "不应使用"})
	foundOf := kit.NewLabeled("结论", true, found)
	found.OnChanged = func(string) { foundOf.SetError("") }
	note := kit.NewField()
	note.MaxLen = 100
	noteOf := kit.NewLabeled("说明", true, note)
	var d *kit.Dialog
	d = kit.NewDialog(s.u.win, "复查紧急查看", container.New(&stacked{gap: 12},
		s.glassFacts(g, func() { d.Refresh() }), foundOf, noteOf), "记入日志", "取消", func() bool {
		if found.Value() == "" {
			foundOf.SetError("请先选定结论")
			return false
		}
		d.YesButton().SetBusy("正在登记…")
		s.u.act("review glass", func(ctx context.Context) error {
			return s.u.desk.ReviewGlass(ctx, g.ID, found.Value() == "right", strings.TrimSpace(note.Text()))
		}, func(err error) {
			d.YesButton().SetBusy("")
			if err != nil {
				noteOf.SetError(sentence(err))
				return
			}
			d.Close()
			kit.Notice(s.u.win, kit.Good, "复查结果已记入日志。")
			s.refresh()
		})
		return false
	})
	d.SetWidth(520)
	d.Show()
}

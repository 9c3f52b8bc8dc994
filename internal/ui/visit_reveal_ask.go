package ui

import (
	"context"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// revealAsk is the dialog that asks what is to be shown, and why.
type revealAsk struct {
	v          *visit
	boxes      *fieldBoxes
	reason     *kit.Field
	why, which *kit.Labeled
	granted    *kit.Text    // what leave there is for the case, and until when
	leaves     []desk.Given // those that serve in the case now
	from       desk.Given   // whose reason was filled in
	glass      *kit.Button  // the way to an emergency
	content    *fyne.Container
	dialog     *kit.Dialog
}

// askReveal asks what is to be shown, and why.
func (v *visit) askReveal() {
	v.askRevealBy("只显示所选内容，30 秒后自动遮盖。谁在什么时候、因为什么查看了哪些内容，都记入日志。", "")
}

// askRevealBy is askReveal with what is said above it, a reason that was given, and what
// was ticked.
func (v *visit) askRevealBy(words, given string, ticked ...string) {
	if !v.active {
		return
	}
	if len(ticked) == 0 {
		ticked = []string{"phone"}
	}
	a := &revealAsk{v: v, boxes: newFieldBoxes(ticked...), reason: kit.NewField(), granted: kit.NewText("", kit.TextOK)}
	a.reason.MaxLen = 100
	a.reason.SetText(given)
	a.reason.SetPlaceholder("例如：家长来电核对进度")
	a.reason.OnEnter = func() { a.dialog.YesButton().Tapped(nil) }
	a.why, a.which = kit.NewLabeled("原因", true, a.reason), kit.NewLabeled("显示哪些", true, a.boxes.row)
	a.granted.Hide()
	a.content = container.New(&stacked{gap: 12}, kit.NewText(words, kit.TextBody), a.why, a.which, a.granted, a.others())
	a.dialog = kit.NewDialog(v.u.win, "显示遮盖的内容", a.content, "显示 30 秒", "取消", func() bool {
		a.show()
		return false
	})
	a.dialog.SetWidth(640)
	a.dialog.Show()
	a.tellGranted()
}

// others are the other ways, which go on with what was filled in.
func (a *revealAsk) others() fyne.CanvasObject {
	other := func(words string, do func()) *kit.Button {
		return kit.NewQuiet(words, nil, func() {
			a.dialog.Close()
			do()
		})
	}
	v := a.v
	a.glass = other("紧急查看…", func() { v.breakGlassFor(a.reason.Text(), a.boxes.ticked()...) })
	more := container.NewHBox(other("申请授权…", func() { v.askGrantFor(a.reason.Text(), a.boxes.ticked()...) }), a.glass)
	if v.mayTakeOn() {
		more.Add(other("接着办理：接手…", v.takeOver))
	}
	return more
}

// show shows what is ticked. A refusal that is not about the reason stands at the boxes.
func (a *revealAsk) show() {
	v, fields, text := a.v, a.boxes.chosen(), strings.TrimSpace(a.reason.Text())
	a.why.SetError("")
	a.which.SetError("")
	switch {
	case len(fields) == 0:
		a.which.SetError("请至少选一项")
		return
	case text == "":
		a.why.SetError("请写明原因")
		return
	}
	a.dialog.YesButton().SetBusy("正在登记…")
	v.u.act("reveal", func(ctx context.Context) error { return v.u.desk.Reveal(ctx, v.id, fields, text) }, func(err error) {
		a.dialog.YesButton().SetBusy("")
		switch {
		case fault.KindOf(err) == fault.Input:
			a.why.SetError(sentence(err))
			return
		case err != nil:
			a.which.SetError(sentence(err))
			return
		}
		a.dialog.Close()
		if v.closed {
			return
		}
		v.refresh()
		v.showWhere(fields)
		if slices.Contains(fields, desk.ImagesField) {
			v.showPictures()
		}
	})
}

// showWhere goes to where values stand that are shown for a while, unless the step in view
// has some of them: half the time would go by while they are looked for.
func (v *visit) showWhere(fields []string) {
	at := -1
	for _, f := range fields {
		switch s := stepOf(f); {
		case f == desk.ImagesField:
		case s == v.at || v.at == stepReview: // which has them all
			return
		case at < 0:
			at = s
		}
	}
	if at >= 0 {
		v.show(at)
	}
}

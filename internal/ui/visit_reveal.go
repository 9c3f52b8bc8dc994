package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// revealing is what is shown in full for a while in a case of another.
type revealing struct {
	timer    *time.Timer // masks again
	pictures *kit.Dialog // that shows them
	own      *kit.Dialog // that shows the person's own data
}

// showMasked is the banner of a case of which names and numbers are masked: it
// offers to show them, or says until when they are shown.
func (v *visit) showMasked(words string) {
	left, fields := v.u.desk.Revealed(v.id)
	if left <= 0 {
		v.banner.set(kit.Info, words, "显示…", v.askReveal)
		if v.mayTakeOn() {
			v.banner.also("接手…", v.takeOver)
		}
		return
	}
	until := v.local(v.u.deps.Now().Add(left)).Format("15:04:05")
	v.banner.set(kit.Warning, "已显示"+strings.Join(fieldNames(fields), "、")+"，到 "+until+" 自动遮盖。本次查看已记入日志。", "立即遮盖", v.conceal)
	if v.revealing.timer == nil {
		v.revealing.timer = time.AfterFunc(left, func() { v.u.back(v.conceal) })
	}
}

// conceal masks again what was shown.
func (v *visit) conceal() {
	if v.revealing.timer == nil {
		return
	}
	v.revealing.timer.Stop()
	v.revealing.timer = nil
	v.u.desk.Conceal(v.id)
	if d := v.revealing.pictures; d != nil {
		v.revealing.pictures = nil
		d.Close()
	}
	if d := v.revealing.own; d != nil {
		d.Close()
	}
	v.u.root.Forget() // a copy of it would last
	if !v.closed && v.u.shell != nil {
		v.refresh()
	}
}

// fieldNames are the fields of a grant or reveal on screen.
func fieldNames(fields []string) []string { return desk.FieldNames(fields) }

// revealChoices are what one may ask to see, by what it is for.
func revealChoices() map[string][]string {
	both := func(names ...string) (out []string) {
		for _, party := range []string{"student.", "coborrowers.0."} {
			for _, n := range names {
				out = append(out, party+n)
			}
		}
		return out
	}
	return map[string][]string{"phone": both("phone"), "name": both("name"), "id": both("id_no", "birth"), "address": both("address"),
		"images": {desk.ImagesField}}
}

// askReveal asks what is to be shown, and why.
func (v *visit) askReveal() {
	v.askRevealBy("只显示所选内容，30 秒后自动遮盖。谁在什么时候、因为什么查看了哪些内容，都记入日志。", "")
}

// askRevealBy is askReveal with what is said above it, and a reason that was given.
func (v *visit) askRevealBy(words, given string) {
	if !v.active {
		return
	}
	boxes := newFieldBoxes("phone")
	reason := kit.NewField()
	reason.MaxLen = 100
	reason.SetText(given)
	reason.SetPlaceholder("例如：家长来电核对进度")
	why := kit.NewLabeled("原因", true, reason)
	content := container.New(&stacked{gap: 12},
		kit.NewText(words, kit.TextBody),
		why, kit.NewLabeled("显示哪些", true, boxes.row))
	var d *kit.Dialog
	reason.OnEnter = func() { d.YesButton().Tapped(nil) }
	other := func(words string, do func()) fyne.CanvasObject {
		return kit.NewQuiet(words, nil, func() {
			d.Close()
			do()
		})
	}
	more := container.NewHBox(other("申请授权…", v.askGrant), other("紧急查看…", v.breakGlass))
	if v.mayTakeOn() {
		more.Add(other("接着办理：接手…", v.takeOver))
	}
	content.Add(more)
	d = kit.NewDialog(v.u.win, "显示遮盖的内容", content, "显示 30 秒", "取消", func() bool {
		fields := boxes.chosen()
		text := strings.TrimSpace(reason.Text())
		switch {
		case len(fields) == 0:
			why.SetError("请至少选一项")
			return false
		case text == "":
			why.SetError("请写明原因")
			return false
		}
		why.SetError("")
		d.YesButton().SetBusy("正在登记…")
		v.u.act("reveal", func(ctx context.Context) error { return v.u.desk.Reveal(ctx, v.id, fields, text) }, func(err error) {
			d.YesButton().SetBusy("")
			if err != nil {
				why.SetError(sentence(err))
				return
			}
			d.Close()
			if v.closed {
				return
			}
			v.refresh()
			if slices.Contains(fields, desk.ImagesField) {
				v.showPictures()
			}
		})
		return false
	})
	d.SetWidth(640)
	d.Show()
}

// mayTakeOn says whether the operator could work on the case once it is taken
// over at this laptop, as when two change places.
func (v *visit) mayTakeOn() bool {
	switch v.c.Status {
	case loan.Void, loan.Received, loan.Accepted:
		return false
	}
	return v.u.desk.HeldHere(v.c) && v.u.desk.CouldHandle(v.c) == nil
}

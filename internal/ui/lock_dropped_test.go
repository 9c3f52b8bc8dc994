package ui

import (
	"slices"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// TestALockByItselfSaysWhatItDropped leaves something open that nobody confirmed.
func TestALockByItselfSaysWhatItDropped(t *testing.T) {
	for name, c := range map[string]struct {
		begin func(r *rig, v *visit)
		want  string
	}{
		"nothing": {func(*rig, *visit) {}, "案件里填的内容都保存了"},
		"a dialog that only tells": {func(r *rig, _ *visit) {
			r.ui(func() { kit.Message(r.u.win, "请注意", "说明", nil) })
		}, "案件里填的内容都保存了"},
		"a reason in a dialog": {func(r *rig, v *visit) { r.ui(func() { v.askGrantFor("核对投诉", "images") }) }, "对话框里还没有确认的内容没有保存"},
		"texts that were read to one": {func(r *rig, v *visit) {
			r.ui(func() {
				v.show(stepSign)
				v.steps[stepSign].(*signStep).known[0].SetChecked(true)
			})
		}, "宣读"},
		"a contract that is read": {func(r *rig, v *visit) {
			r.ui(func() {
				s := v.steps[stepSign].(*signStep)
				v.show(stepSign)
				s.known[0].SetChecked(true)
				s.known[1].SetChecked(true)
				v.forward()
			})
			r.settle()
		}, "没有确认的签名"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, kit.Light)
			v := r.open(loan.First, false, entered, submitted, reviewed)
			c.begin(r, v)
			r.ui(func() { r.u.idled(idleLimit - idleWarning) })
			r.snap("idle-" + strings.ReplaceAll(name, " ", "-"))
			r.ui(func() {
				if got := r.notices(); c.want != "案件里填的内容都保存了" && !strings.Contains(got, c.want) {
					t.Errorf("before, it says %q", got)
				}
				if d := r.dialog(); d != nil && !overDialog(d, "即将自动锁定") {
					t.Error("before, the dialog covers what is said")
				}
				r.u.idled(idleLimit)
			})
			r.locked()
			r.ui(func() {
				said := textsIn(r.u.win.Canvas().Content())
				if !strings.Contains(said, c.want) || strings.Contains(said, "都保存了") != strings.Contains(c.want, "都保存了") {
					t.Errorf("it says %s", said)
				}
			})
		})
	}
}

// TestWhatAReviewerWroteIsNotDroppedWithoutAWord has the window locked by hand.
func TestWhatAReviewerWroteIsNotDroppedWithoutAWord(t *testing.T) {
	for want, written := range map[string]string{"还没有提交的复核意见没有保存，请登录后重做": "户口簿缺首页", "": " "} {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered, submitted)
		r.ui(func() {
			v.show(stepReview)
			v.steps[stepReview].(*reviewStep).note.SetText(written)
			r.u.lock()
		})
		r.locked()
		r.ui(func() {
			if said := textsIn(r.u.win.Canvas().Content()); !strings.Contains(said, want) || want == "" && strings.Contains(said, "没有保存") {
				t.Errorf("after %q it says %s", written, said)
			}
		})
	}
}

// overDialog says whether a notice with these words stands over a dialog.
func overDialog(d *kit.Dialog, words string) bool {
	return slices.ContainsFunc(test.LaidOutObjects(d), func(o fyne.CanvasObject) bool {
		x, ok := o.(*canvas.Text)
		return ok && strings.HasPrefix(x.Text, words)
	})
}

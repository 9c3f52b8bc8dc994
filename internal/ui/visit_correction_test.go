package ui

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

func TestWhatWasTypedForACorrectionIsGivenUpByASecondWordAlone(t *testing.T) {
	const phone, why = "15400000009", "手机号录错一位"
	begin := func(t *testing.T) (*rig, *visit, *kit.Field) {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered, submitted, reviewed, signed)
		r.ui(func() { v.correct(map[string]any{"student.phone": phone}, func(bool, error) {}) })
		f := r.u.win.Canvas().Focused().(*kit.Field)
		r.ui(func() { f.SetText(why) })
		return r, v, f
	}
	key := func(r *rig, name fyne.KeyName) {
		r.ui(func() { r.u.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: name}) })
		r.settle()
	}
	t.Run("Return, pressed by habit, leads back to the reason that was typed", func(t *testing.T) {
		r, v, f := begin(t)
		for range 3 {
			key(r, fyne.KeyReturn)
		}
		if d := r.dialog(); d == nil || d.YesButton().Text() != "作废签名并保存" || !f.Focused() || f.Text() != why {
			t.Fatalf("the reason is not before the clerk: %q, focused %t", f.Text(), f.Focused())
		}
		r.answer()
		c := r.saved(v.id)
		if got := c.App.Student.Phone; string(got) != phone {
			t.Errorf("what was typed is not saved: got %s, want %s", got, phone)
		}
	})
	t.Run("a lock asks nothing", func(t *testing.T) {
		r, _, _ := begin(t)
		r.ui(r.u.lock)
		r.locked()
		if r.dialog() != nil {
			t.Errorf("over the sign-in page it says %q", r.dialogWords())
		}
	})
	t.Run("Escape asks too", func(t *testing.T) {
		r, _, f := begin(t)
		r.ui(r.dialog().Close)
		r.settle()
		if d := r.dialog(); d == nil || d.YesButton().Text() != "放弃改动" {
			t.Fatal("it is not asked")
		}
		r.ui(r.dialog().Close)
		r.settle()
		if d := r.dialog(); d == nil || d.YesButton().Text() != "作废签名并保存" || f.Text() != why {
			t.Error("the reason is lost")
		}
	})
	t.Run("the red word gives it up", func(t *testing.T) {
		r, v, _ := begin(t)
		r.ui(r.dialog().Close)
		r.settle()
		r.answer()
		if r.dialog() != nil {
			t.Error("a question is left")
		}
		if c := r.saved(v.id); c.Status != loan.Signed || string(c.App.Student.Phone) == phone {
			t.Errorf("it is %s, %s", c.Status, c.App.Student.Phone)
		}
	})
}

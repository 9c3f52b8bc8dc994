package ui

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// elsewhere goes to 管理, may choose another size of type there, and comes back.
func (r *rig) elsewhere(scale float32) *signStep {
	r.t.Helper()
	var s *signStep
	r.ui(func() {
		r.u.shell.visit("manage")
		if scale > 0 {
			r.u.setLook(Look{r.u.look.Variant, scale})
		}
		r.u.shell.visit("visit")
		s = r.u.shell.current.steps[stepSign].(*signStep)
	})
	r.settle()
	return s
}

func TestWhatWasConfirmedAndReadIsKept(t *testing.T) {
	for name, scale := range map[string]float32{"in another screen meanwhile": 0, "with another size of type": 1.3} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, kit.Light)
			sign := contractShown(r)
			r.drawn(sign)
			r.ui(func() {
				r.wheel(sign, -5000)
				sign.looks[1].Tapped(nil) // the co-borrower leaves after the first page
				sign.view.show(1)
			})
			r.drawn(sign)
			r.ui(func() { r.wheel(sign, -5000) })
			now := r.elsewhere(scale)
			if (now == sign) == (scale > 0) {
				t.Fatalf("the step is the same one: %v", now == sign)
			}
			r.until("the contract is shown", func() bool { return now.view.view != nil && now.stage() == signReads })
			r.drawn(now)
			r.ui(func() {
				if student, co := now.reader.seen(loan.StudentParty), now.reader.seen(loan.CoborrowerParty); student != 2 || co != 1 {
					t.Errorf("the student has read %d pages, the co-borrower %d; want 2, 1", student, co)
				}
				if !now.known[0].Checked() || !now.known[1].Checked() || !now.looks[0].Checked() || now.looks[1].Checked() {
					t.Error("what was ticked is lost")
				}
				if got := now.view.view.Page(); got != 1 {
					t.Errorf("page %d is shown, want 2", got+1)
				}
				if got := now.v.main.Text(); got != "看下一页（借款学生还剩 1 页）" {
					t.Errorf("the button says %q", got)
				}
			})
			r.readsOn(now)
			r.ui(func() {
				if got := now.v.main.Text(); got != "请借款学生签名" {
					t.Errorf("all is read, the button says %q", got)
				}
			})
		})
	}
	t.Run("before there is a contract", func(t *testing.T) {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered, submitted, reviewed)
		r.ui(func() { v.steps[stepSign].(*signStep).known[1].Tapped(nil) })
		now := r.elsewhere(1.15)
		r.ui(func() {
			if now.known[0].Checked() || !now.known[1].Checked() || now.stage() != signTexts {
				t.Error("what was ticked is lost")
			}
		})
	})
}

func TestPageDownPressesNothingOnceTheContractIsRead(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signedByBoth)
	sign := v.steps[stepSign].(*signStep)
	r.until("the contract is shown", func() bool { return sign.view.view != nil && sign.view.drawn })
	before := 0
	r.ui(func() {
		if sign.stage() != signSeals || v.main.Text() != "封存合同" {
			t.Errorf("the button says %q", v.main.Text())
		}
		before = sign.view.view.Page()
	})
	for range 30 {
		r.ui(func() { v.keys()[fyne.KeyPageDown]() })
		r.settle()
	}
	r.ui(func() {
		if got := sign.view.view.Page(); got != v.c.Contract.Pages-1 || before != 0 {
			t.Errorf("page %d is shown, from %d", got+1, before+1)
		}
	})
	if r.saved(v.id).Contract.Sealed != nil {
		t.Error("Page Down sealed the contract")
	}
}

func TestTheLineOverTheContractSaysWhosePagesItCounts(t *testing.T) {
	r := newRig(t, kit.Light)
	sign := contractShown(r)
	r.drawn(sign)
	words := func(want ...string) {
		t.Helper()
		r.ui(func() {
			for i, w := range want {
				if got := sign.marks[i].Text(); got != w {
					t.Errorf("mark %d says %q, want %q", i, got, w)
				}
			}
		})
	}
	words("合同 3 页，双方都看过 0 页", "借款学生：未签名", "共同借款人：未签名")
	r.ui(func() {
		sign.looks[1].Tapped(nil)
		r.wheel(sign, -5000)
	})
	words("合同 3 页，双方分别看", "借款学生：已看 1 页，未签名", "共同借款人：已看 0 页，未签名")
	r.ui(func() { sign.looks[1].Tapped(nil) })
	words("合同 3 页，双方分别看")
}

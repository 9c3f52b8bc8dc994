package ui

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// Return is pressed by habit, twice, and held: it must take nothing away for good.
func TestReturnTakesNothingAwayForGood(t *testing.T) {
	returns := func(r *rig) {
		r.ui(func() {
			for range 3 {
				if r.dialog() == nil {
					return
				}
				r.u.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
			}
		})
		r.settle()
	}
	typed := func(r *rig, text string) {
		r.ui(func() { r.u.win.Canvas().Focused().(*kit.Field).SetText(text) })
	}
	t.Run("a case is not made void", func(t *testing.T) {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered)
		r.ui(v.steps[stepReceipt].(*receiptStep).askVoid)
		typed(r, "学生决定不申请")
		returns(r)
		if got := r.saved(v.id).Status; got == loan.Void {
			t.Error("it is void")
		}
		if r.dialog() != nil {
			t.Error("the second Return, on the other button, does not close the dialog")
		}
	})
	t.Run("nor the signatures of one", func(t *testing.T) {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered, submitted, reviewed, signed)
		r.ui(func() { v.askResign("", "学生漏签") })
		returns(r)
		r.ui(func() {
			v.correct(map[string]any{"student.phone": "15400000009"}, func(bool, error) {})
		})
		typed(r, "手机号录错一位")
		returns(r)
		if got := r.saved(v.id); got.Status != loan.Signed || got.Contract == nil {
			t.Errorf("it is %s", got.Status)
		}
	})
	t.Run("nor a case erased that a person asks to have erased", func(t *testing.T) {
		r := newRig(t, kit.Light)
		v := r.open(loan.First, false, entered, voided)
		if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
			t.Fatal(err)
		}
		r.ui(r.u.lock)
		r.locked()
		r.enter("admin-1", reviewPassword)
		s := &keptSection{u: r.u}
		r.ui(s.askRequest)
		typed(r, v.id.String()[28:])
		r.ui(func() { kit.Focus(r.labelled()[1].Field()) })
		typed(r, "本人当面要求删除")
		r.ui(func() { r.u.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) })
		r.until("it is asked again", func() bool { return r.dialog() != nil && r.dialog().YesButton().Text() == "删除" })
		returns(r)
		if _, err := r.u.desk.Store().Case(t.Context(), v.id); err != nil {
			t.Errorf("the case: %v", err)
		}
	})
}

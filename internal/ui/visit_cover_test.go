package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// takenBack is another clerk's case that was taken over before, and that its own clerk
// takes back while it is looked at.
func takenBack(t *testing.T, at int, prepare ...func(*rig, *visit)) (*rig, *visit) {
	t.Helper()
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered, submitted, reviewed, signed, finished).id
	other := testClerk()
	other.ID, other.Name = "clerk-2", "另一操作员"
	if err := r.u.desk.Store().EnableOperator(t.Context(), other, []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("clerk-2", clerkPassword)
	r.must(r.u.desk.TakeOver(t.Context(), id, loan.EntryStation, "经办人生病"))
	r.openFor(id)
	v := r.visit()
	r.ui(func() { v.show(at) })
	r.settle()
	r.ui(func() {
		if !v.full() {
			t.Fatal("who took it over does not see it")
		}
	})
	for _, p := range prepare {
		p(r, v)
	}
	back := store.Entry{Case: id, Kind: loan.ChangeTake, Operator: "clerk-1", Body: loan.TakeBody{Station: loan.EntryStation, Reason: "经办人回来了"}}
	if _, err := r.u.desk.Store().CommitCase(t.Context(), []store.Entry{back}, nil); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.shell.arrived)
	r.settle()
	r.ui(func() {
		if v.full() || !v.c.Veiled {
			t.Fatal("it is still his")
		}
	})
	return r, v
}

func TestWhatIsMaskedMeanwhileIsTakenOffTheScreen(t *testing.T) {
	t.Run("the sealed contract", func(t *testing.T) {
		r, v := takenBack(t, stepSign, func(r *rig, v *visit) {
			r.until("the contract is shown", func() bool { return v.steps[stepSign].(*signStep).view.view != nil })
		})
		gone := func() {
			t.Helper()
			r.ui(func() {
				s := v.steps[stepSign].(*signStep)
				if s.view.hash != (loan.Hash{}) || s.view.pdf != nil || s.view.view != nil || !strings.Contains(textsIn(s.view.content), onlyHandler) {
					t.Error("the contract is there")
				}
			})
		}
		gone()
		r.ui(func() { v.show(stepStudent) })
		r.ui(func() { v.show(stepSign) })
		r.settle()
		gone()
		r.seesNothing(v)
	})
	t.Run("receipt and contract of the last step", func(t *testing.T) {
		r, v := takenBack(t, stepReceipt, func(r *rig, v *visit) {
			s := v.steps[stepReceipt].(*receiptStep)
			r.ui(func() { s.which.SetValue(showContract); s.which.OnChanged(showContract) })
			r.until("the contract is shown", func() bool { return s.view.view != nil })
			r.ui(func() { s.pdf = []byte("%PDF") })
		})
		r.ui(func() {
			s := v.steps[stepReceipt].(*receiptStep)
			if s.view.view != nil || s.view.pdf != nil || s.pdf != nil {
				t.Error("a paper is there")
			}
		})
	})
	for name, c := range map[string]struct {
		at   int
		show func(r *rig, v *visit)
	}{
		"a page that is looked at": {stepImages, func(r *rig, v *visit) {
			r.ui(func() {
				for _, a := range v.c.Attachments {
					if _, ok := a.Slot.Doc(); ok {
						v.steps[stepImages].(*imagesStep).look(a, 0)
						return
					}
				}
			})
		}},
		"the person's own data":     {stepReceipt, func(r *rig, v *visit) { r.ui(v.showOwn); r.ownShown(v) }},
		"the contract for a phone":  {stepReceipt, func(r *rig, v *visit) { r.ui(func() { askGift(v, desk.PaperContract, nil) }) }},
		"what is to be printed":     {stepReceipt, func(r *rig, v *visit) { r.ui(func() { v.steps[stepReceipt].(*receiptStep).print() }) }},
		"a question about the case": {stepReceipt, func(r *rig, v *visit) { r.ui(func() { kit.Message(r.u.win, "", "韦测𬎆", nil) }) }},
	} {
		t.Run(name, func(t *testing.T) {
			var above fyne.CanvasObject
			r, v := takenBack(t, c.at, c.show, func(r *rig, v *visit) {
				r.settle()
				if r.ui(func() { above = r.u.win.Canvas().Overlays().Top() }); above == nil {
					t.Fatal("nothing is shown")
				}
			})
			r.ui(func() {
				if r.u.win.Canvas().Overlays().Top() != nil {
					t.Error("it is there")
				}
				s := v.steps[stepImages].(*imagesStep)
				if len(s.pictures)+len(s.thumbs) > 0 {
					t.Error("pictures are kept")
				}
				if v.gift != nil && v.gift.link.ctx.Err() == nil {
					t.Error("the phone's page is there")
				}
			})
			r.seesNothing(v)
		})
	}
}

func TestWhatIsTypedAsTheCaseIsMaskedIsNotDroppedWithoutAWord(t *testing.T) {
	typed := func(r *rig, v *visit) {
		r.ui(func() {
			v.unlocked = true
			v.refresh()
			kit.Focus(field(v, "student.phone"))
			test.Type(field(v, "student.phone"), "1")
		})
	}
	asked := func(r *rig, v *visit) {
		typed(r, v)
		r.ui(r.u.leave)
		r.settle()
	}
	for name, prepare := range map[string]func(*rig, *visit){
		"in a field":                         typed,
		"while the reason for it is asked":   asked,
		"while it is asked whether it drops": func(r *rig, v *visit) { asked(r, v); r.ui(r.dialog().Close); r.settle() },
	} {
		t.Run(name, func(t *testing.T) {
			r, v := takenBack(t, stepStudent, prepare)
			r.ui(func() {
				if got := r.notices(); !strings.Contains(got, "刚才正在填写的内容没有存下") {
					t.Errorf("said %q", got)
				}
				if v.leftOut() {
					t.Error("it is said once more at a lock")
				}
			})
			r.seesNothing(v)
		})
	}
}

// TestWhatIsTypedAsTheCaseIsTakenOverIsToldWithTheReason has a case that is still filled in
// taken back while its clerk types.
func TestWhatIsTypedAsTheCaseIsTakenOverIsToldWithTheReason(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	r.another("clerk-2", guard.Clerk)
	r.must(r.u.desk.TakeOver(t.Context(), id, loan.EntryStation, "经办人生病"))
	r.openFor(id)
	v := r.visit()
	r.ui(func() {
		v.show(stepStudent)
		r.typesOver(v, "student.phone", "15400000009")
	})
	back := store.Entry{Case: id, Kind: loan.ChangeTake, Operator: "clerk-1", Body: loan.TakeBody{Station: loan.EntryStation, Reason: "经办人回来了"}}
	if _, err := r.u.desk.Store().CommitCase(t.Context(), []store.Entry{back}, nil); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.shell.arrived)
	r.settle()
	r.ui(func() {
		got := r.notices()
		if !strings.Contains(got, "接手，原因：经办人回来了。刚才正在填写的内容没有存下") || strings.Count(got, "不能直接修改") > 1 { // the banner has it once
			t.Errorf("said %q", got)
		}
	})
	r.seesNothing(v)
}

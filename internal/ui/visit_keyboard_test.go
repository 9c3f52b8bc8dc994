package ui

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

func TestTypingBeginsAtTheFirstTickOfANewCase(t *testing.T) {
	r := newRig(t, kit.Light)
	r.open(loan.First, false)
	r.ui(func() {
		if f, ok := r.u.win.Canvas().Focused().(*kit.Check); !ok {
			t.Errorf("the focus is on %T, want a tick", f)
		}
	})
}

func TestTheBirthDateIsFilledThoughTheCaretIsInIt(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	r.ui(func() {
		v.jump("student.id_no")
		f := r.u.win.Canvas().Focused()
		for _, c := range studentID {
			f.TypedRune(c)
		}
		r.u.win.Canvas().Focus(v.form.find("student.birth").inner)
	})
	r.settle()
	r.ui(func() {
		b := v.form.find("student.birth")
		if !b.inner.Focused() || b.inner.Text() != "2005-03-14" {
			t.Errorf("with the caret it shows %q", b.inner.Text())
		}
		if v.typing != nil {
			t.Error("it counts as being typed in")
		}
	})
}

func TestPageDownTurnsTheReadBackBeforeItSubmits(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.ui(func() { v.show(stepReview) })
	r.settle()
	s := v.steps[stepReview].(*reviewStep).content
	foot := func() bool { return s.Offset.Y+s.Size().Height >= s.Content.MinSize().Height-1 }
	for i := 0; ; i++ {
		at := false
		r.ui(func() { at = foot() })
		if at {
			break
		}
		if i == 0 {
			defer func() {
				if r.saved(v.id).Status != loan.ToReview {
					t.Error("at its foot it does not submit")
				}
			}()
		}
		if i > 50 {
			t.Fatal("the foot is never reached")
		}
		r.ui(func() { v.keys()[fyne.KeyPageDown]() })
		r.settle()
		if got := r.saved(v.id).Status; got != loan.Draft {
			t.Fatalf("after %d pages it is %s", i+1, got)
		}
	}
	r.ui(func() { v.keys()[fyne.KeyPageDown]() })
	r.settle()
}

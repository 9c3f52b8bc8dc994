package ui

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestAnEmptyListDoesNotSayHowARowIsOpened(t *testing.T) {
	r := newRig(t, kit.Light)
	hint := func(want bool, when string) {
		t.Helper()
		r.ui(func() {
			r.u.shell.visit("today")
			if got := r.u.shell.screen.(*today).how.Visible(); got != want {
				t.Errorf("%s: the hint is in view: %v", when, got)
			}
		})
		r.settle()
	}
	hint(false, "without a case")
	r.open(loan.First, false)
	hint(true, "with a case")
}

package ui

import (
	"slices"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

func TestTodayOffersNoNewCaseToWhoTakesNoneIn(t *testing.T) {
	for role, want := range map[guard.Role][2]bool{guard.Clerk: {true, true}, guard.Reviewer: {false, true}, guard.DataAdmin: {false, false}} {
		r := newRig(t, kit.Light)
		r.another("some-1", role)
		r.duties()
		r.ui(func() {
			start, waiting := fyne.CanvasObject(kit.NewText("", kit.TextBody)), fyne.CanvasObject(kit.NewText("", kit.TextBody))
			all := r.u.shell.screen.(*today).parts(start, waiting)
			if got := [2]bool{slices.Contains(all, start), slices.Contains(all, waiting)}; got != want {
				t.Errorf("%s: a new case and what waits %v, want %v", role, got, want)
			}
		})
		r.snap("today-parts-" + string(role))
	}
}

func TestTodayOfAnAdministratorSaysThatNothingWaits(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	r.another("admin-1", guard.DataAdmin)
	idle := func() (yes bool) {
		r.duties()
		r.ui(func() { yes = r.u.shell.screen.(*today).idle.Visible() })
		return yes
	}
	if !idle() {
		t.Error("the page is empty")
	}
	r.snap("today-idle")
	r.another("clerk-2", guard.Clerk)
	if _, err := r.u.desk.BreakGlass(t.Context(), id, "断网应急核对"); err != nil {
		t.Fatal(err)
	}
	r.another("admin-1", guard.DataAdmin)
	if idle() {
		t.Error("it says that nothing waits while an emergency does")
	}
}

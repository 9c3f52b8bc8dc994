package ui

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

func TestCasesKeepTheirPlaceWhenNewsArrives(t *testing.T) {
	r := newRig(t, kit.Light)
	first := r.open(loan.First, false).id
	r.open(loan.First, false)
	r.ui(func() { r.u.shell.visit("cases") })
	s := r.u.shell.screen.(*cases)
	r.ui(func() {
		for i, row := range s.rows {
			if row.ID == first {
				s.list.Select(i)
			}
		}
	})
	r.open(loan.First, false)
	r.ui(func() {
		r.u.shell.screen = s
		r.u.shell.arrived()
		if i := s.list.Selected(); i < 0 || s.rows[i].ID != first {
			t.Errorf("got row %d of %d selected", i, len(s.rows))
		}
		if s.timer != nil {
			t.Error("news from the centre counts as a search of the person")
		}
	})
}

func TestReturnOpensTheOnlyCaseFound(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false).id
	r.ui(func() { r.u.shell.visit("cases") })
	r.ui(func() {
		s := r.u.shell.screen.(*cases)
		s.query.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	})
	r.settle()
	if v := r.visit(); v == nil || v.id != id {
		t.Errorf("the case was not opened")
	}
	r.ui(func() {
		if _, ok := r.u.shell.screen.(*visit); !ok {
			t.Errorf("got the screen %T", r.u.shell.screen)
		}
	})
}

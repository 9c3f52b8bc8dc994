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

// TestASearchIsNotedHoweverItEnds: the person need not wait on the screen for it.
func TestASearchIsNotedHoweverItEnds(t *testing.T) {
	r := newRig(t, kit.Light)
	r.open(loan.First, false, entered)
	noted := func() (n int) {
		r.u.idle(t)
		all, err := r.u.desk.Store().Pending(t.Context(), 0, 10000)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range all {
			if ch.Kind == loan.ChangeSearch {
				n++
			}
		}
		return n
	}
	for name, c := range map[string]struct {
		typed string
		end   func(s *cases)
		want  int
	}{
		"Return opens the one found": {"9914", func(s *cases) { s.query.OnEnter() }, 1},
		"another screen":             {"0001", func(*cases) { r.u.shell.visit("today") }, 1},
		"nothing was typed":          {"", func(*cases) { r.u.shell.visit("today") }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := noted()
			var s *cases
			r.ui(func() {
				r.u.shell.visit("cases")
				s = r.u.shell.screen.(*cases)
				for _, k := range c.typed {
					kit.Focus(s.query)
					s.query.TypedRune(k)
				}
				c.end(s)
			})
			r.u.idle(t)
			if got := noted() - before; got != c.want {
				t.Errorf("%d searches are noted, want %d", got, c.want)
			}
			r.ui(func() {
				s.leave()
				if s.timer != nil {
					t.Error("it would be noted twice")
				}
			})
			if got := noted() - before; got != c.want {
				t.Errorf("%d searches are noted after leaving again, want %d", got, c.want)
			}
		})
	}
}

package ui

import (
	"slices"
	"strings"
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

// TestEachSearchHasItsLine types, takes back and rests without a pause between.
func TestEachSearchHasItsLine(t *testing.T) {
	r := newRig(t, kit.Light)
	r.open(loan.First, false, entered)
	r.open(loan.First, false, entered)
	noted := func() (out []string) {
		r.u.idle(t)
		all, err := r.u.desk.Store().Pending(t.Context(), 0, 10000)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range all {
			if ch.Kind != loan.ChangeSearch {
				continue
			}
			b, err := loan.Body[loan.ViewBody](ch)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b.Detail)
		}
		return out
	}
	const back, clear, rest, leave = '<', '!', '.', '|' // what is done beside typing
	for name, c := range map[string]struct {
		keys string
		want string // found, one for each line
	}{
		"a term typed on is one search":                           {"9914|", "2"},
		"another term is another":                                 {"9914!0001|", "2 2"},
		"also where it finds nobody":                              {"9914!7777|", "0 2"},
		"and where the first was not waited for, nor the second":  {"9914!7777!0001|", "0 2 2"},
		"taken back key by key it is one still":                   {"9914<<<<|", "2"},
		"taken back and typed on otherwise it is another":         {"9914<<<<0001|", "2 2"},
		"and from the middle":                                     {"9914<<77|", "0 2"},
		"a slip of the pen is none":                               {"991<14|", "2"},
		"where one rests on what is left, that is one too":        {"99147<.|", "0 2"},
		"what was rested on is not noted again by taking it back": {"9914.<<<<|", "2"},
		"nor by another after it":                                 {"9914.<<<<0001.|", "2 2"},
		"what is typed on after a rest is another":                {"991.4.|", "0 2"},
		"the same anew is another":                                {"9914.!9914.|", "2 2"},
		"a part of it anew, and then another":                     {"9914.!99!0001|", "0 2 2"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(noted())
			r.ui(func() {
				r.u.shell.visit("cases")
				s := r.u.shell.screen.(*cases)
				for _, k := range c.keys {
					switch kit.Focus(s.query); k {
					case back:
						s.query.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
					case clear:
						s.query.TypedShortcut(&fyne.ShortcutSelectAll{})
						s.query.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
						if got := s.query.Text(); got != "" {
							t.Fatalf("left is %q", got)
						}
					case rest:
						s.noteSearch(s.timer)
					case leave:
						r.u.shell.visit("today")
					default:
						s.query.TypedRune(k)
					}
				}
			})
			got := noted()[before:]
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("noted are %v, want %s", got, c.want)
			}
		})
	}
}

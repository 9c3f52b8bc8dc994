package kit

import (
	"testing"

	"fyne.io/fyne/v2"
)

// guarded is a field under the guard, with the driver's order of events.
type guarded struct {
	*stage
	f, g *Field
}

func newGuarded(t *testing.T) *guarded {
	f, g := NewField(), NewField()
	s := show(t, Columns(nil, f, g), 600, 60)
	s.root.im = &InputMethod{guard: &imGuard{}}
	s.focus(f)
	return &guarded{s, f, g}
}

// key is a press of a key whose character comes, or is taken by the window
// system's input method.
func (s *guarded) key(name fyne.KeyName, char rune) {
	f := s.w.Canvas().Focused().(*Field)
	ev := &fyne.KeyEvent{Name: name}
	f.KeyDown(ev)
	f.TypedKey(ev)
	if char != 0 {
		f.TypedRune(char)
	}
	f.KeyUp(ev)
}

func (s *guarded) commit(text string) { s.write(text) }

func TestGuard(t *testing.T) {
	t.Run("plain typing is as ever", func(t *testing.T) {
		s := newGuarded(t)
		s.key("A", 'a')
		s.key("B", 'b')
		s.key(fyne.KeyBackspace, 0)
		check(t, "text", s.f.Text(), "a")
		s.key(fyne.KeyReturn, 0)
		check(t, "gone on", s.g.Focused(), true)
	})
	t.Run("BackSpace belongs to the letters being composed", func(t *testing.T) {
		s := newGuarded(t)
		s.commit("甲")
		s.key("S", 0)
		s.key("H", 0)
		s.key(fyne.KeyBackspace, 0)
		s.key(fyne.KeyBackspace, 0)
		check(t, "text", s.f.Text(), "甲")
		s.key(fyne.KeyBackspace, 0)
		check(t, "once all letters are gone", s.f.Text(), "")
	})
	t.Run("Return, Tab and arrows belong to the composition until its commit", func(t *testing.T) {
		s := newGuarded(t)
		s.key("S", 0)
		check(t, "Tab is kept", s.f.AcceptsTab(), true)
		s.key(fyne.KeyReturn, 0)
		s.key(fyne.KeyLeft, 0)
		check(t, "stays", s.f.Focused(), true)
		s.commit("是")
		check(t, "Tab is free", s.f.AcceptsTab(), false)
		s.key(fyne.KeyReturn, 0)
		check(t, "gone on", s.g.Focused(), true)
		check(t, "text", s.f.Text(), "是")
	})
	t.Run("Escape ends a composition", func(t *testing.T) {
		s := newGuarded(t)
		s.commit("甲")
		s.key("S", 0)
		s.key(fyne.KeyEscape, 0)
		s.key(fyne.KeyBackspace, 0)
		check(t, "text", s.f.Text(), "")
	})
	t.Run("leaving ends a composition", func(t *testing.T) {
		s := newGuarded(t)
		s.key("S", 0)
		s.focus(s.g)
		s.key(fyne.KeyReturn, 0)
		check(t, "Return goes on", s.g.Focused(), false)
	})
}

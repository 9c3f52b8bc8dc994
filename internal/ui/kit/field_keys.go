package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// AcceptsTab keeps Tab in the field while something is being composed.
func (f *Field) AcceptsTab() bool {
	if s := f.session(); s != nil {
		return s.wantsTab(f)
	}
	return false
}

// KeyDown is Fyne's, before the key is looked at as a shortcut.
func (f *Field) KeyDown(ev *fyne.KeyEvent) {
	touch(f)
	if ev.Name == desktop.KeyShiftLeft || ev.Name == desktop.KeyShiftRight {
		f.shift = true
	}
	if s := f.session(); s != nil {
		s.keyDown(f, ev)
	}
}

// KeyUp is Fyne's.
func (f *Field) KeyUp(ev *fyne.KeyEvent) {
	if ev.Name == desktop.KeyShiftLeft || ev.Name == desktop.KeyShiftRight {
		f.shift = false
	}
	if s := f.session(); s != nil {
		s.keyUp(f, ev)
	}
}

// TypedKey is Fyne's: a key that is no character, or the key of one that
// follows.
func (f *Field) TypedKey(ev *fyne.KeyEvent) {
	touch(f)
	if s := f.session(); s != nil {
		s.typedKey(f, ev)
		return
	}
	f.applyKey(ev, f.mods())
}

// TypedRune is Fyne's: a character that was typed.
func (f *Field) TypedRune(r rune) {
	touch(f)
	if s := f.session(); s != nil {
		s.typedRune(f, r)
		return
	}
	f.applyRune(r)
}

// TypedShortcut is Fyne's.
func (f *Field) TypedShortcut(sc fyne.Shortcut) {
	if s := f.session(); s != nil {
		s.shortcut(f, sc)
		return
	}
	f.applyShortcut(sc)
}

func (f *Field) mods() fyne.KeyModifier {
	m := modifiers()
	if f.shift {
		m |= fyne.KeyModifierShift
	}
	return m
}

func (f *Field) applyRune(r rune) { f.insert(string(r), true) }

func (f *Field) applyKey(ev *fyne.KeyEvent, mods fyne.KeyModifier) {
	if f.onKey != nil && f.onKey(ev) {
		return
	}
	extend := mods&fyne.KeyModifierShift != 0
	from, to := f.selection()
	switch ev.Name {
	case fyne.KeyBackspace:
		if from == to {
			from--
		}
		f.erase(from, to)
	case fyne.KeyDelete:
		if from == to {
			to++
		}
		f.erase(from, to)
	case fyne.KeyLeft:
		if from != to && !extend {
			f.move(from, false)
		} else {
			f.move(f.caret-1, extend)
		}
	case fyne.KeyRight:
		if from != to && !extend {
			f.move(to, false)
		} else {
			f.move(f.caret+1, extend)
		}
	case fyne.KeyUp, fyne.KeyDown:
		f.vertical(ev, extend)
	case fyne.KeyHome:
		f.move(f.lineEdge(false), extend)
	case fyne.KeyEnd:
		f.move(f.lineEdge(true), extend)
	case fyne.KeyReturn, fyne.KeyEnter:
		f.enter()
	case fyne.KeyEscape:
		if f.OnEscape != nil {
			f.OnEscape()
		} else {
			PassKey(f, ev)
		}
	case fyne.KeyTab:
		if extend {
			FocusPrevious(f)
		} else {
			FocusNext(f)
		}
	default:
		PassKey(f, ev)
	}
}

func (f *Field) enter() {
	switch {
	case f.MultiLine:
		f.insert("\n", false)
	case f.OnEnter != nil:
		f.OnEnter()
	default:
		f.goOn()
	}
}

func (f *Field) goOn() {
	if r := rootOf(f); r != nil {
		if d := topDialog(r.window.Canvas()); d != nil && d.lastField(f) {
			d.entered()
			return
		}
	}
	FocusNext(f)
}

func (f *Field) vertical(ev *fyne.KeyEvent, extend bool) {
	if !f.MultiLine || f.look == nil {
		return
	}
	step := 1
	if ev.Name == fyne.KeyUp {
		step = -1
	}
	f.move(f.look.otherLine(step), extend)
}

func (f *Field) lineEdge(end bool) int {
	if f.MultiLine && f.look != nil {
		return f.look.edge(end)
	}
	if end {
		return len(f.text)
	}
	return 0
}

func (f *Field) applyShortcut(sc fyne.Shortcut) {
	switch s := sc.(type) {
	case *fyne.ShortcutCopy:
		f.copyTo(s.Clipboard)
	case *fyne.ShortcutCut:
		if f.copyTo(s.Clipboard) {
			f.erase(f.selection())
		}
	case *fyne.ShortcutPaste:
		f.insert(s.Clipboard.Content(), false)
	case *fyne.ShortcutSelectAll:
		f.SelectAll()
	case *fyne.ShortcutUndo:
		f.Undo()
	case *fyne.ShortcutRedo:
		f.Redo()
	case *desktop.CustomShortcut:
		f.customShortcut(s)
	}
}

func (f *Field) customShortcut(s *desktop.CustomShortcut) {
	extend := s.Modifier&fyne.KeyModifierShift != 0
	if s.Modifier&^fyne.KeyModifierShift == fyne.KeyModifierControl {
		switch s.KeyName {
		case fyne.KeyLeft:
			f.move(f.wordLeft(), extend)
			return
		case fyne.KeyRight:
			f.move(f.wordRight(), extend)
			return
		case fyne.KeyHome:
			f.move(0, extend)
			return
		case fyne.KeyEnd:
			f.move(len(f.text), extend)
			return
		case fyne.KeyBackspace:
			f.erase(f.wordLeft(), f.caret)
			return
		case fyne.KeyDelete:
			f.erase(f.caret, f.wordRight())
			return
		case fyne.KeyZ:
			f.Redo()
			return
		case fyne.KeyReturn, fyne.KeyEnter:
			if f.OnEnter != nil {
				f.OnEnter()
			} else {
				f.goOn()
			}
			return
		}
	}
	if c := canvasOf(f); c != nil {
		if t, ok := c.(interface{ TypedShortcut(fyne.Shortcut) }); ok {
			t.TypedShortcut(s)
		}
	}
}

func (f *Field) copyTo(c fyne.Clipboard) bool {
	s := f.SelectedText()
	if s == "" {
		return false
	}
	c.SetContent(s)
	if r := rootOf(f); r != nil {
		r.copied, r.clipboard = s, c
	}
	return true
}

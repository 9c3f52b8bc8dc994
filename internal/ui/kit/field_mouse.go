package kit

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// doubleClick is the longest time between the clicks of a double click.
const doubleClick = 400 * time.Millisecond

// Cursor is the text cursor.
func (f *Field) Cursor() desktop.Cursor { return desktop.TextCursor }

// MouseDown puts the caret under the pointer; twice selects the word, three
// times everything.
func (f *Field) MouseDown(ev *desktop.MouseEvent) {
	touch(f)
	if s := f.session(); s != nil && f.focused {
		s.settle(f)
	}
	fresh := !f.focused
	f.takeFocus()
	if ev.Button != desktop.MouseButtonPrimary || f.look == nil {
		return
	}
	at := f.look.indexAt(ev.Position)
	now := time.Now()
	near := abs(ev.Position.X-f.clickAt.X) < 4 && abs(ev.Position.Y-f.clickAt.Y) < 4
	if now.Sub(f.click) < doubleClick && near {
		f.clicks++
	} else {
		f.clicks = 1
	}
	f.click, f.clickAt = now, ev.Position
	switch {
	case f.clicks == 2:
		f.anchor, f.caret = f.wordAt(at)
		f.typing = false
		f.Refresh()
	case f.clicks > 2:
		f.SelectAll()
	default:
		f.move(at, !fresh && (f.shift || ev.Modifier&fyne.KeyModifierShift != 0))
	}
}

// MouseUp is Fyne's.
func (f *Field) MouseUp(*desktop.MouseEvent) {}

// Dragged extends the selection to the pointer.
func (f *Field) Dragged(ev *fyne.DragEvent) {
	touch(f)
	if f.look == nil || f.clicks > 1 {
		return
	}
	f.move(f.look.indexAt(ev.Position), true)
}

// DragEnd is Fyne's.
func (f *Field) DragEnd() {}

// Tapped is Fyne's: it gives the focus where no mouse button did (touch).
func (f *Field) Tapped(ev *fyne.PointEvent) {
	if !f.focused {
		f.takeFocus()
		if f.look != nil {
			f.move(f.look.indexAt(ev.Position), false)
		}
	}
	if f.onTap != nil {
		f.onTap()
	}
}

// TappedSecondary shows the menu of cut, copy and paste.
func (f *Field) TappedSecondary(ev *fyne.PointEvent) {
	c := canvasOf(f)
	if c == nil {
		return
	}
	clip := fyne.CurrentApp().Clipboard()
	run := func(sc fyne.Shortcut) func() {
		return func() {
			f.takeFocus()
			f.applyShortcut(sc)
		}
	}
	cut := fyne.NewMenuItem("剪切", run(&fyne.ShortcutCut{Clipboard: clip}))
	cp := fyne.NewMenuItem("复制", run(&fyne.ShortcutCopy{Clipboard: clip}))
	paste := fyne.NewMenuItem("粘贴", run(&fyne.ShortcutPaste{Clipboard: clip}))
	all := fyne.NewMenuItem("全选", run(&fyne.ShortcutSelectAll{}))
	cut.Disabled = f.readOnly || f.SelectedText() == ""
	cp.Disabled = f.SelectedText() == ""
	paste.Disabled = f.readOnly
	popUp(fyne.NewMenu("", cut, cp, paste, all), c, ev.AbsolutePosition)
}

// takeFocus focuses the field without selecting its text.
func (f *Field) takeFocus() {
	if f.focused {
		return
	}
	if c := canvasOf(f); c != nil {
		f.byMouse = true
		c.Focus(f)
		f.byMouse = false
	}
}

func abs(v float32) float32 { return max(v, -v) }

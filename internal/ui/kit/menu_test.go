package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestAMenuOverAField(t *testing.T) {
	menus := func(t *testing.T, text string) (*stage, *Field) {
		t.Helper()
		f := NewField()
		s := show(t, f, 400, 300)
		f.SetText(text)
		s.focus(f)
		f.SelectAll()
		test.TapSecondary(f)
		if s.w.Canvas().Overlays().Top() == nil {
			t.Fatal("no menu is open")
		}
		return s, f
	}
	closed := func(t *testing.T, s *stage) {
		t.Helper()
		if s.w.Canvas().Overlays().Top() != nil {
			t.Error("the menu is open still")
		}
	}
	t.Run("goes at a key that works over everything, which does what it does", func(t *testing.T) {
		s, _ := menus(t, "旧文字")
		pressed := 0
		s.root.SetKeyAbove(fyne.KeyF12, func() { pressed++ })
		s.press(fyne.KeyF12)
		check(t, "the key was pressed", pressed, 1)
		closed(t, s)
	})
	t.Run("keeps any other key of the window to itself", func(t *testing.T) {
		s, _ := menus(t, "旧文字")
		s.root.SetKey(fyne.KeyF9, func() { t.Error("a key went through") })
		s.press(fyne.KeyF9)
		if s.w.Canvas().Overlays().Top() == nil {
			t.Error("the menu is gone")
		}
	})
	t.Run("is led by keys", func(t *testing.T) {
		s, f := menus(t, "旧文字")
		s.press(fyne.KeyDown, fyne.KeyReturn)
		check(t, "what was cut", fyne.CurrentApp().Clipboard().Content(), "旧文字")
		check(t, "what is left", f.Text(), "")
		closed(t, s)
	})
	t.Run("goes at Escape and changes nothing", func(t *testing.T) {
		s, f := menus(t, "旧文字")
		s.press(fyne.KeyEscape)
		check(t, "the text", f.Text(), "旧文字")
		closed(t, s)
	})
	t.Run("goes where it was missed", func(t *testing.T) {
		s, f := menus(t, "旧文字")
		test.TapCanvas(s.w.Canvas(), fyne.NewPos(390, 290))
		check(t, "the text", f.Text(), "旧文字")
		closed(t, s)
		s.write("新")
		check(t, "typed on", f.Text(), "新")
	})
	t.Run("stands within the window", func(t *testing.T) {
		s, f := menus(t, "旧文字")
		s.press(fyne.KeyEscape)
		f.TappedSecondary(&fyne.PointEvent{AbsolutePosition: fyne.NewPos(395, 295)})
		m := s.w.Canvas().Overlays().Top().(*popMenu).menu
		if end := m.Position().AddXY(m.Size().Width, m.Size().Height); end.X > 400 || end.Y > 300 {
			t.Errorf("it ends at %v", end)
		}
	})
}

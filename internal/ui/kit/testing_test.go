package kit

import (
	"os"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// TestMain gives all tests one application with the program's theme, for
// widgets ask for it from their first line on.
func TestMain(m *testing.M) {
	test.NewApp()
	wear(Light, 1)
	os.Exit(m.Run())
}

// wear sets the theme, unless it is worn: with each the fonts are read anew, and what
// shapes the lines keeps them all.
func wear(v Variant, scale float32) {
	s := fyne.CurrentApp().Settings()
	if t, ok := s.Theme().(*kitTheme); !ok || t.variant != v || t.scale != scale {
		s.SetTheme(NewTheme(realFonts(), scale, v))
	}
}

// stage is a window with the program's theme, for one test.
type stage struct {
	t    *testing.T
	w    fyne.Window
	root *Root
}

// show puts o into a window of its own.
func show(t *testing.T, o fyne.CanvasObject, width, height float32) *stage {
	t.Helper()
	return showIn(t, o, width, height, Light)
}

func showIn(t *testing.T, o fyne.CanvasObject, width, height float32, v Variant) *stage {
	t.Helper()
	wear(v, 1)
	w := fyne.CurrentApp().NewWindow("stage")
	s := &stage{t: t, w: w, root: Attach(w, nil, o)}
	w.Resize(fyne.NewSize(width, height))
	t.Cleanup(func() {
		s.root.Close()
		w.Close()
		wear(Light, 1)
	})
	return s
}

// focus gives the focus as Tab would.
func (s *stage) focus(f fyne.Focusable) { s.w.Canvas().Focus(f) }

// press presses keys in whatever has the focus, as the driver does.
func (s *stage) press(names ...fyne.KeyName) {
	for _, name := range names {
		ev := &fyne.KeyEvent{Name: name}
		if f := s.w.Canvas().Focused(); f != nil {
			f.TypedKey(ev)
		} else {
			s.w.Canvas().OnTypedKey()(ev)
		}
	}
}

// write types text into whatever has the focus.
func (s *stage) write(text string) {
	for _, r := range text {
		s.w.Canvas().Focused().TypedRune(r)
	}
}

func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

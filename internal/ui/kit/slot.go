package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// slot is a small icon at a field's right that can be tapped but never takes
// the focus, so that Tab goes from field to field.
type slot struct {
	widget.BaseWidget
	icon   func() fyne.Resource
	tapped func()
	image  *canvas.Image
	tint   tint
}

// newSlot shows a button's icon and presses it.
func newSlot(b *Button) *slot {
	return newIconSlot(func() fyne.Resource { return b.icon }, b.press)
}

func newIconSlot(icon func() fyne.Resource, tapped func()) *slot {
	s := &slot{icon: icon, tapped: tapped}
	s.ExtendBaseWidget(s)
	return s
}

// Tapped presses the icon.
func (s *slot) Tapped(*fyne.PointEvent) { s.tapped() }

// Cursor is the hand.
func (s *slot) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer is Fyne's.
func (s *slot) CreateRenderer() fyne.WidgetRenderer {
	s.image = canvas.NewImageFromResource(nil)
	s.tint = tint{}
	s.tint.show(s.image, s.icon(), ColorMuted)
	s.image.FillMode = canvas.ImageFillContain
	return &drawn{
		objects: []fyne.CanvasObject{s.image},
		layout: func(size fyne.Size) {
			side := 18 * unit()
			place(s.image, (size.Width-side)/2, (size.Height-side)/2, side, side)
		},
		min:     func() fyne.Size { return fyne.NewSize(28*unit(), 28*unit()) },
		refresh: func() { s.tint.show(s.image, s.icon(), ColorMuted) },
	}
}

package ui

import (
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Distances of a screen, at scale 1.
const (
	aside   = 24 // from the window's edge
	between = 16 // between cards
)

// framed is a screen's frame: a title, a line beneath, and cards that scroll.
func framed(title, caption string, cards ...fyne.CanvasObject) fyne.CanvasObject {
	all := append([]fyne.CanvasObject{heading(title, caption)}, cards...)
	return container.NewVScroll(container.New(&column{}, all...))
}

// filled is framed, with the last card as high as the window allows.
func filled(title, caption string, cards ...fyne.CanvasObject) fyne.CanvasObject {
	all := append([]fyne.CanvasObject{heading(title, caption)}, cards...)
	return container.New(&column{fill: true}, all...)
}

func heading(title, caption string) fyne.CanvasObject {
	return container.NewVBox(kit.NewLine(title, kit.TextTitle), kit.NewLine(caption, kit.TextMuted))
}

// column puts objects one under the other, with room around and
// between; with fill the last one takes what is left, with flush there is no
// room above the first.
type column struct {
	fill, flush bool
}

// Layout is Fyne's.
func (c *column) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	y := c.top()
	for i, o := range objs {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(size.Width-2*aside, o.Size().Height))
		h := o.MinSize().Height
		if c.fill && i == len(objs)-1 {
			h = max(h, size.Height-y-aside)
		}
		o.Resize(fyne.NewSize(size.Width-2*aside, h))
		o.Move(fyne.NewPos(aside, y))
		y += h + between
	}
}

func (c *column) top() float32 {
	if c.flush {
		return 0
	}
	return aside
}

// MinSize is Fyne's.
func (c *column) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w, h := float32(0), c.top()-between
	for _, o := range objs {
		if o.Visible() {
			m := o.MinSize()
			w, h = max(w, m.Width), h+m.Height+between
		}
	}
	return fyne.NewSize(w+2*aside, h+aside)
}

// fixedWidth gives its one object a width, and the height it needs there.
type fixedWidth struct{ width float32 }

// MinSize is Fyne's.
func (f *fixedWidth) MinSize(objs []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, o := range objs {
		o.Resize(fyne.NewSize(f.width, o.Size().Height))
		h = max(h, o.MinSize().Height)
	}
	return fyne.NewSize(f.width, h)
}

// Layout is Fyne's.
func (f *fixedWidth) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objs {
		o.Resize(size)
		o.Move(fyne.NewPos(0, 0))
	}
}

// tall gives its object a height at least.
type tall struct{ height float32 }

// MinSize is Fyne's.
func (t *tall) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objs[0].MinSize().Width, t.height)
}

// Layout is Fyne's.
func (t *tall) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	objs[0].Resize(s)
	objs[0].Move(fyne.Position{})
}

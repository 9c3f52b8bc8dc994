package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// floatLayer shows what drops from a field, above the rest of its window or
// dialog, while the field keeps the focus.
type floatLayer struct{ box *fyne.Container }

func newFloatLayer() *floatLayer { return &floatLayer{box: container.NewWithoutLayout()} }

// floats is a window or dialog that has such a layer.
type floats interface {
	fyne.CanvasObject
	floatLayer() *floatLayer
}

// floatHost is what shows o: the dialog on top, else the window.
func floatHost(o fyne.CanvasObject) floats {
	c := canvasOf(o)
	if c == nil {
		return nil
	}
	if top := c.Overlays().Top(); top != nil {
		h, _ := top.(floats)
		return h
	}
	h, _ := c.Content().(floats)
	return h
}

// drop shows what under the field anchor, or above where there is more room.
func drop(anchor, what fyne.CanvasObject, size fyne.Size) {
	host := floatHost(anchor)
	if host == nil {
		return
	}
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(anchor).Subtract(driver.AbsolutePositionForObject(host))
	room := host.Size()
	gap := 3 * unit()
	below := room.Height - at.Y - anchor.Size().Height - 2*gap
	above := at.Y - 2*gap
	y := at.Y + anchor.Size().Height + gap
	if size.Height > below && above > below {
		size.Height = min(size.Height, above)
		y = at.Y - gap - size.Height
	} else {
		size.Height = min(size.Height, max(below, 40*unit()))
	}
	x := max(min(at.X, room.Width-size.Width-gap), 0)
	l := host.floatLayer()
	for _, o := range l.box.Objects {
		if o == what {
			place(what, x, y, size.Width, size.Height)
			return
		}
	}
	l.box.Objects = append(l.box.Objects, what)
	place(what, x, y, size.Width, size.Height)
	l.box.Refresh()
}

// lift takes away what drop showed.
func lift(anchor, what fyne.CanvasObject) {
	remove := func(h floats) {
		l := h.floatLayer()
		for i, o := range l.box.Objects {
			if o == what {
				l.box.Objects = append(l.box.Objects[:i:i], l.box.Objects[i+1:]...)
				l.box.Refresh()
				return
			}
		}
	}
	c := canvasOf(anchor)
	if c == nil {
		c = canvasOf(what)
	}
	if c == nil {
		return
	}
	if h, ok := c.Content().(floats); ok {
		remove(h)
	}
	for _, o := range c.Overlays().List() {
		if h, ok := o.(floats); ok {
			remove(h)
		}
	}
}

package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Focus gives the focus to the first widget inside o that takes it and scrolls
// it into view. It does nothing where none does.
func Focus(o fyne.CanvasObject) {
	f, ok := firstFocusable(o).(fyne.Focusable)
	if !ok {
		return
	}
	if c := settledCanvasOf(f.(fyne.CanvasObject)); c != nil {
		c.Focus(f)
		ScrollTo(f.(fyne.CanvasObject))
	}
}

// settledCanvasOf is canvasOf, for what may have come on the screen just now:
// a real window learns what it shows, and where, only when it next looks.
func settledCanvasOf(o fyne.CanvasObject) fyne.Canvas {
	if c := canvasOf(o); c != nil {
		return c
	}
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		if c, ok := w.Canvas().(interface{ EnsureMinSize() bool }); ok {
			c.EnsureMinSize()
		}
	}
	return canvasOf(o)
}

// FocusNext gives the focus to the next widget after o.
func FocusNext(o fyne.CanvasObject) {
	if c := canvasOf(o); c != nil {
		c.FocusNext()
	}
}

// FocusPrevious gives the focus to the widget before o.
func FocusPrevious(o fyne.CanvasObject) {
	if c := canvasOf(o); c != nil {
		c.FocusPrevious()
	}
}

// ScrollTo moves every scroller that holds o, as little as shows it whole with
// its label and its error.
func ScrollTo(o fyne.CanvasObject) {
	c := canvasOf(o)
	if c == nil {
		return
	}
	path := pathTo(c.Content(), o)
	if path == nil {
		return
	}
	target := o
	for _, p := range path {
		if l, ok := p.(*Labeled); ok {
			target = l
		}
	}
	driver := fyne.CurrentApp().Driver()
	for i := len(path) - 1; i >= 0; i-- {
		if s, ok := path[i].(*container.Scroll); ok {
			at := driver.AbsolutePositionForObject(target).Subtract(driver.AbsolutePositionForObject(s.Content))
			reveal(s, at.Y, target.Size().Height)
		}
	}
}

// InView is ScrollTo for what may have come on the screen just now.
func InView(o fyne.CanvasObject) {
	if settledCanvasOf(o) != nil {
		ScrollTo(o)
	}
}

// reveal scrolls as little as shows height from y of the content; its beginning where the
// view does not hold it all.
func reveal(s *container.Scroll, y, height float32) {
	margin := 8 * unit()
	view := s.Size().Height
	to := s.Offset.Y
	switch {
	case y-margin < to:
		to = y - margin
	case y+height+margin > to+view:
		to = min(y+height+margin-view, y-margin)
	default:
		return
	}
	to = min(max(to, 0), max(s.Content.Size().Height-view, 0))
	s.ScrollToOffset(fyne.NewPos(s.Offset.X, to))
}

// scrollAround turns the scroller around o, for a wheel that o has no use for.
func scrollAround(o fyne.CanvasObject, ev *fyne.ScrollEvent) {
	c := canvasOf(o)
	if c == nil {
		return
	}
	from := c.Content()
	if top := c.Overlays().Top(); top != nil {
		from = top
	}
	path := pathTo(from, o)
	for i := len(path) - 1; i >= 0; i-- {
		if s, ok := path[i].(*container.Scroll); ok {
			s.Scrolled(ev)
			return
		}
	}
}

// noteFocus is called by every widget of this package when it gains focus. It
// reports whether the focus came back to the widget that had it last, which is
// what happens when the window itself regains it.
func noteFocus(o fyne.CanvasObject, byMouse bool) (returned bool) {
	r := rootOf(o)
	if r == nil {
		return false
	}
	returned = r.last == o
	r.last = o
	if !byMouse && !returned {
		ScrollTo(o)
	}
	return returned
}

// inside is what o shows, for the walk from a window to its fields.
func inside(o fyne.CanvasObject) []fyne.CanvasObject {
	switch w := o.(type) {
	case *fyne.Container:
		return w.Objects
	case *container.Scroll:
		return []fyne.CanvasObject{w.Content}
	case *container.Split:
		return []fyne.CanvasObject{w.Leading, w.Trailing}
	case *container.Clip:
		return []fyne.CanvasObject{w.Content}
	case parent:
		return w.children()
	}
	return nil
}

func pathTo(from, target fyne.CanvasObject) []fyne.CanvasObject {
	if from == nil {
		return nil
	}
	if from == target {
		return []fyne.CanvasObject{from}
	}
	for _, child := range inside(from) {
		if rest := pathTo(child, target); rest != nil {
			return append([]fyne.CanvasObject{from}, rest...)
		}
	}
	return nil
}

func firstFocusable(o fyne.CanvasObject) fyne.CanvasObject {
	if o == nil || !o.Visible() {
		return nil
	}
	if _, ok := o.(fyne.Focusable); ok {
		if d, ok := o.(fyne.Disableable); ok && d.Disabled() {
			return nil
		}
		return o
	}
	for _, child := range inside(o) {
		if f := firstFocusable(child); f != nil {
			return f
		}
	}
	return nil
}

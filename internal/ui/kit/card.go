package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// card is a rounded surface with a heading.
type card struct {
	widget.BaseWidget
	title   *canvas.Text
	aside   fyne.CanvasObject
	content []fyne.CanvasObject
	surface *Surface
}

// Card is a rounded surface with a heading (none if title is empty), something
// at the heading's right (nil for nothing) and content below, one above the
// other.
func Card(title string, aside fyne.CanvasObject, content ...fyne.CanvasObject) fyne.CanvasObject {
	c := &card{aside: aside, content: content, surface: NewSurface()}
	if title != "" {
		c.title = newText(title, ColorText, headingSize())
		c.title.TextStyle.Bold = true
	}
	c.ExtendBaseWidget(c)
	return c
}

func (c *card) children() []fyne.CanvasObject {
	if c.aside != nil {
		return append([]fyne.CanvasObject{c.aside}, c.content...)
	}
	return c.content
}

// CreateRenderer is Fyne's.
func (c *card) CreateRenderer() fyne.WidgetRenderer {
	objects := c.surface.Objects()
	if c.title != nil {
		objects = append(objects, c.title)
	}
	d := &drawn{objects: append(objects, c.children()...), layout: c.arrange, min: c.least, refresh: c.repaint}
	c.repaint()
	return d
}

func (c *card) repaint() {
	u := unit()
	look := c.surface.Look
	look.FillColor = paint(ColorCard)
	look.StrokeColor = paint(ColorCardBorder)
	look.StrokeWidth = 1
	look.CornerRadius = 8 * u
	look.Shadow = canvas.Shadow{Color: paint(ColorShadow), BlurRadius: 6 * u, Offset: fyne.NewPos(0, 1*u)}
	c.surface.Refresh()
	if c.title != nil {
		c.title.Color = paint(ColorText)
		c.title.TextSize = headingSize()
		c.title.Refresh()
	}
}

func (c *card) metrics() (pad, gap, head float32) {
	u := unit()
	pad, gap = 18*u, 6*u
	if c.title != nil {
		head = lineHeight(headingSize())
	}
	if c.aside != nil && c.aside.Visible() {
		head = max(head, c.aside.MinSize().Height)
	}
	if head > 0 {
		head += 8 * u
	}
	return pad, gap, head
}

func (c *card) arrange(s fyne.Size) {
	pad, gap, head := c.metrics()
	c.surface.Place(0, 0, s.Width, s.Height)
	top := pad - 4*unit()
	if c.title != nil {
		h := c.title.MinSize().Height
		place(c.title, pad, top+(head-8*unit()-h)/2, s.Width-2*pad, h)
	}
	if c.aside != nil {
		m := c.aside.MinSize()
		place(c.aside, s.Width-pad-m.Width, top+(head-8*unit()-m.Height)/2, m.Width, m.Height)
	}
	y := top + head
	var last fyne.CanvasObject
	rest := s.Height - pad
	for _, o := range c.content {
		if o.Visible() {
			last = o
		}
	}
	for _, o := range c.content {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(s.Width-2*pad, o.MinSize().Height))
		h := o.MinSize().Height
		if o == last {
			h = max(h, rest-y)
		}
		place(o, pad, y, s.Width-2*pad, h)
		y += h + gap
	}
}

func (c *card) least() fyne.Size {
	pad, gap, head := c.metrics()
	var w, h float32
	if c.title != nil {
		w = c.title.MinSize().Width
	}
	if c.aside != nil {
		w += c.aside.MinSize().Width + 12*unit()
	}
	n := 0
	for _, o := range c.content {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		w = max(w, m.Width)
		h += m.Height
		n++
	}
	if n > 1 {
		h += gap * float32(n-1)
	}
	return fyne.NewSize(w+2*pad, h+head+2*pad-4*unit())
}

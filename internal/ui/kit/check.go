package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Check is a box to tick, with its words beside it. Long words wrap.
type Check struct {
	widget.BaseWidget
	OnChanged func(bool) // after a change by the person
	OnEnter   func()     // Return; nil goes to the next field

	text      string
	required  bool
	on        bool
	focused   bool
	hovered   bool
	disabled  bool
	invalid   bool
	veiled    bool
	width     float32
	box, halo *canvas.Rectangle
	mark      *canvas.Image
	tint      tint
	star      *canvas.Text
	lines     *fyne.Container
}

// NewCheck is an empty box; a required one has the red mark.
func NewCheck(text string, required bool) *Check {
	c := &Check{text: text, required: required}
	c.ExtendBaseWidget(c)
	return c
}

// Checked reports whether the box is ticked.
func (c *Check) Checked() bool { return c.on }

// SetChecked ticks or clears the box without calling OnChanged.
func (c *Check) SetChecked(on bool) {
	c.on = on
	c.Refresh()
}

// SetVeiled draws a dash in a box of which is not shown whether it is ticked.
func (c *Check) SetVeiled(on bool) {
	if c.veiled != on {
		c.veiled = on
		c.Refresh()
	}
}

// Veiled reports whether the box hides whether it is ticked.
func (c *Check) Veiled() bool { return c.veiled }

// SetText replaces the words.
func (c *Check) SetText(text string) {
	c.text = text
	c.Refresh()
}

// SetInvalid reddens the box, or takes the red away.
func (c *Check) SetInvalid(on bool) {
	c.invalid = on
	c.Refresh()
}

// Disable greys the box.
func (c *Check) Disable() { c.setDisabled(true) }

// Enable undoes Disable.
func (c *Check) Enable() { c.setDisabled(false) }

// Disabled reports whether the box is greyed.
func (c *Check) Disabled() bool { return c.disabled }

func (c *Check) setDisabled(on bool) {
	c.disabled = on
	c.Refresh()
}

// Tapped ticks or clears the box.
func (c *Check) Tapped(*fyne.PointEvent) {
	touch(c)
	c.toggle()
}

func (c *Check) toggle() {
	if c.disabled {
		return
	}
	c.on = !c.on
	c.Refresh()
	if c.OnChanged != nil {
		c.OnChanged(c.on)
	}
}

// FocusGained is Fyne's.
func (c *Check) FocusGained() {
	c.focused = true
	noteFocus(c, false)
	c.Refresh()
}

// FocusLost is Fyne's.
func (c *Check) FocusLost() {
	c.focused = false
	c.Refresh()
}

// TypedRune is Fyne's.
func (c *Check) TypedRune(rune) {}

// TypedKey ticks at space and goes on at Return.
func (c *Check) TypedKey(ev *fyne.KeyEvent) {
	touch(c)
	switch ev.Name {
	case fyne.KeySpace:
		c.toggle()
	case fyne.KeyReturn, fyne.KeyEnter:
		if c.OnEnter != nil {
			c.OnEnter()
		} else {
			FocusNext(c)
		}
	default:
		PassKey(c, ev)
	}
}

// MouseIn is Fyne's.
func (c *Check) MouseIn(*desktop.MouseEvent) {
	touch(c)
	c.hovered = true
	c.Refresh()
}

// MouseMoved is Fyne's.
func (c *Check) MouseMoved(*desktop.MouseEvent) {
	touch(c)
}

// MouseOut is Fyne's.
func (c *Check) MouseOut() {
	c.hovered = false
	c.Refresh()
}

// CreateRenderer is Fyne's.
func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	c.box, c.halo = canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent)
	c.mark, c.tint = canvas.NewImageFromResource(nil), tint{}
	c.mark.FillMode = canvas.ImageFillContain
	c.star = newText("*", ColorRequired, textSize())
	c.star.TextStyle.Bold = true
	c.lines = &fyne.Container{}
	d := &drawn{
		objects: []fyne.CanvasObject{c.halo, c.box, c.mark, c.lines, c.star},
		layout:  c.arrange,
		min:     c.least,
		refresh: func() { c.repaint(); c.arrange(c.Size()) },
	}
	c.repaint()
	return d
}

func (c *Check) indent() float32 { return 27 * unit() }

func (c *Check) words(width float32) []string {
	return wrap(c.text, textSize(), fyne.TextStyle{}, max(width-c.indent()-12*unit(), 40*unit()))
}

func (c *Check) least() fyne.Size {
	u := unit()
	full := textWidth(c.text, textSize(), fyne.TextStyle{}) + c.indent() + 14*u
	width := min(full, 220*u)
	lines := 1
	if c.width > 0 {
		lines = len(c.words(c.width))
	}
	return fyne.NewSize(width, lineHeight(textSize())*float32(lines)+8*u)
}

func (c *Check) arrange(s fyne.Size) {
	u, h := unit(), lineHeight(textSize())
	side := 18 * u
	top := 4*u + (h-side)/2
	place(c.halo, 1*u, top-3*u, side+6*u, side+6*u)
	place(c.box, 4*u, top, side, side)
	place(c.mark, 5*u, top+1*u, side-2*u, side-2*u)
	c.lines.Objects = nil
	y, x := 4*u, float32(0)
	for _, line := range c.words(s.Width) {
		name := ColorText
		if c.disabled {
			name = ColorMuted
		}
		t := newText(line, name, textSize())
		place(t, c.indent()+2*u, y, s.Width-c.indent(), h)
		c.lines.Objects = append(c.lines.Objects, t)
		x = t.MinSize().Width
		y += h
	}
	c.lines.Refresh()
	place(c.star, c.indent()+6*u+x, y-h, 8*u, h)
	if c.width != s.Width {
		c.width = s.Width
		canvas.Refresh(c)
	}
}

func (c *Check) repaint() {
	u := unit()
	c.box.CornerRadius, c.box.StrokeWidth = 4*u, 1.5
	c.box.FillColor, c.box.StrokeColor = paint(ColorField), paint(ColorFieldEdge)
	switch {
	case c.on && c.disabled:
		c.box.FillColor, c.box.StrokeColor = paint(ColorMuted), paint(ColorMuted)
	case c.on:
		c.box.FillColor, c.box.StrokeColor = paint(ColorAccent), paint(ColorAccent)
	case c.invalid:
		c.box.StrokeColor = paint(ColorBad)
	}
	c.halo.CornerRadius = 6 * u
	c.halo.FillColor, c.halo.StrokeColor = color.Transparent, color.Transparent
	if c.hovered && !c.disabled {
		c.halo.FillColor = paint(ColorHover)
	}
	if c.focused {
		c.halo.StrokeColor, c.halo.StrokeWidth = paint(ColorAccent), 1.5*u
	}
	c.mark.Hidden = !c.on && !c.veiled
	switch {
	case c.on:
		c.tint.show(c.mark, Icon("check"), ColorOnActive)
	case c.veiled:
		c.tint.show(c.mark, Icon("minus"), ColorMuted)
	}
	c.star.Hidden = !c.required
	c.star.Color, c.star.TextSize = paint(ColorRequired), textSize()
	c.halo.Refresh()
	c.box.Refresh()
	c.star.Refresh()
}

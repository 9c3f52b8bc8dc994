package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Choice is one of a few: all are seen, side by side. Arrow keys, the space
// bar, the digits 1–9 and the pointer choose.
type Choice struct {
	widget.BaseWidget
	OnChanged func(id string) // after a change by the person
	OnEnter   func()          // Return; nil goes to the next field

	options  []Option
	chosen   int
	at       int
	focused  bool
	readOnly bool
	invalid  bool
	byMouse  bool
	frame    *canvas.Rectangle
	cells    []*canvas.Rectangle
	texts    []*canvas.Text
}

// NewChoice is a choice among options; nothing is chosen yet.
func NewChoice(options ...Option) *Choice {
	c := &Choice{options: options, chosen: -1}
	c.ExtendBaseWidget(c)
	return c
}

// Value is the chosen option's ID, or nothing.
func (c *Choice) Value() string {
	if c.chosen < 0 {
		return ""
	}
	return c.options[c.chosen].ID
}

// SetValue chooses by ID without calling OnChanged; an ID that is none of the
// options' chooses nothing.
func (c *Choice) SetValue(id string) {
	c.chosen = -1
	for i, o := range c.options {
		if o.ID == id {
			c.chosen, c.at = i, i
		}
	}
	c.Refresh()
}

// SetReadOnly shows the choice without letting it change.
func (c *Choice) SetReadOnly(on bool) {
	c.readOnly = on
	c.Refresh()
}

// Disable is SetReadOnly(true).
func (c *Choice) Disable() { c.SetReadOnly(true) }

// Enable is SetReadOnly(false).
func (c *Choice) Enable() { c.SetReadOnly(false) }

// Disabled reports whether the choice can not be changed.
func (c *Choice) Disabled() bool { return c.readOnly }

// SetInvalid reddens the edge, or takes the red away.
func (c *Choice) SetInvalid(on bool) {
	c.invalid = on
	c.Refresh()
}

func (c *Choice) choose(i int) {
	if c.readOnly || i < 0 || i >= len(c.options) {
		return
	}
	c.at = i
	changed := c.chosen != i
	c.chosen = i
	c.Refresh()
	if changed && c.OnChanged != nil {
		c.OnChanged(c.options[i].ID)
	}
}

// MouseDown chooses what is under the pointer.
func (c *Choice) MouseDown(ev *desktop.MouseEvent) {
	touch(c)
	if c.readOnly {
		return
	}
	if cv := canvasOf(c); cv != nil {
		c.byMouse = true
		cv.Focus(c)
		c.byMouse = false
	}
	for i, cell := range c.cells {
		x := ev.Position.X - cell.Position().X
		if x >= 0 && x < cell.Size().Width {
			c.choose(i)
		}
	}
}

// MouseUp is Fyne's.
func (c *Choice) MouseUp(*desktop.MouseEvent) {}

// FocusGained is Fyne's.
func (c *Choice) FocusGained() {
	c.focused = true
	noteFocus(c, c.byMouse)
	c.Refresh()
}

// FocusLost is Fyne's.
func (c *Choice) FocusLost() {
	c.focused = false
	c.Refresh()
}

// TypedRune chooses by digit, or by the first character of an option.
func (c *Choice) TypedRune(r rune) {
	touch(c)
	if r >= '1' && r <= '9' {
		c.choose(int(r - '1'))
		return
	}
	for i, o := range c.options {
		if first, ok := firstRune(o.Text); ok && first == r {
			c.choose(i)
			return
		}
	}
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

// TypedKey moves the choice.
func (c *Choice) TypedKey(ev *fyne.KeyEvent) {
	touch(c)
	switch ev.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		c.choose(max(c.chosen-1, 0))
	case fyne.KeyRight, fyne.KeyDown:
		c.choose(min(c.chosen+1, len(c.options)-1))
	case fyne.KeySpace:
		if c.chosen < 0 {
			c.choose(0)
		} else {
			c.choose((c.chosen + 1) % len(c.options))
		}
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

// CreateRenderer is Fyne's.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	c.frame = canvas.NewRectangle(color.Transparent)
	d := &drawn{layout: c.arrange, min: c.least}
	c.cells, c.texts = nil, nil
	for _, o := range c.options {
		c.cells = append(c.cells, canvas.NewRectangle(color.Transparent))
		c.texts = append(c.texts, newText(o.Text, ColorText, textSize()))
		d.objects = append(d.objects, c.cells[len(c.cells)-1], c.texts[len(c.texts)-1])
	}
	d.objects = append([]fyne.CanvasObject{c.frame}, d.objects...)
	d.refresh = func() { c.repaint(); c.arrange(c.Size()) }
	c.repaint()
	return d
}

func (c *Choice) least() fyne.Size {
	u := unit()
	w := 6 * u
	for _, o := range c.options {
		w += textWidth(o.Text, textSize(), fyne.TextStyle{}) + 18*u
	}
	return fyne.NewSize(w, lineHeight(textSize())+14*u)
}

func (c *Choice) arrange(s fyne.Size) {
	u := unit()
	place(c.frame, 0, 0, s.Width, s.Height)
	if len(c.cells) == 0 {
		return
	}
	free := s.Width - c.least().Width
	x := 3 * u
	for i, cell := range c.cells {
		tw := textWidth(c.options[i].Text, textSize(), fyne.TextStyle{})
		w := tw + 18*u + max(free, 0)/float32(len(c.cells))
		place(cell, x, 3*u, w, s.Height-6*u)
		h := c.texts[i].MinSize().Height
		place(c.texts[i], x+(w-tw)/2, (s.Height-h)/2, tw, h)
		x += w
	}
}

func (c *Choice) repaint() {
	u := unit()
	c.frame.FillColor = paint(ColorField)
	c.frame.StrokeColor, c.frame.StrokeWidth, c.frame.CornerRadius = paint(ColorFieldEdge), 1, 5*u
	if c.readOnly {
		c.frame.FillColor, c.frame.StrokeColor = paint(ColorReadOnly), paint(ColorCardBorder)
	}
	if c.invalid {
		c.frame.StrokeColor = paint(ColorBad)
	} else if c.focused {
		c.frame.StrokeColor, c.frame.StrokeWidth = paint(ColorAccent), 2
	}
	c.frame.Refresh()
	for i, cell := range c.cells {
		cell.FillColor, cell.CornerRadius = color.Transparent, 4*u
		c.texts[i].Color, c.texts[i].TextSize = paint(ColorMuted), textSize()
		if i == c.chosen {
			cell.FillColor = paint(ColorAccent)
			c.texts[i].Color = paint(ColorOnActive)
			if c.readOnly {
				cell.FillColor = paint(ColorQuiet)
				c.texts[i].Color = paint(ColorText)
			}
		}
		cell.Refresh()
		c.texts[i].Refresh()
	}
}

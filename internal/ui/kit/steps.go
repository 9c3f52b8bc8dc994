package kit

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// StepState says how a step stands.
type StepState uint8

// The states of a step. Which step is shown is apart from them: SetCurrent.
const (
	StepTodo StepState = iota
	StepDone
	StepProblem
)

// Steps is the row of numbered steps of a visit. Any order is allowed; F1 to
// F8 jump when the screen puts Keys into its window's key table.
type Steps struct {
	widget.BaseWidget
	OnSelect func(step int)

	names   []string
	states  []StepState
	current int
	over    int
	back    *Surface
	layer   *fyne.Container
}

// NewSteps is a row of steps, the first one current.
func NewSteps(names ...string) *Steps {
	s := &Steps{names: names, states: make([]StepState, len(names)), over: -1}
	s.ExtendBaseWidget(s)
	return s
}

// SetState sets how a step (from 0) stands.
func (s *Steps) SetState(step int, state StepState) {
	if step < 0 || step >= len(s.states) || s.states[step] == state {
		return
	}
	s.states[step] = state
	s.Refresh()
}

// SetCurrent marks the step shown, without calling OnSelect.
func (s *Steps) SetCurrent(step int) {
	s.current = step
	s.Refresh()
}

// Current is the step shown.
func (s *Steps) Current() int { return s.current }

// Keys is a key table: F1 to F12 select the steps.
func (s *Steps) Keys() map[fyne.KeyName]func() {
	keys := map[fyne.KeyName]func(){}
	for i := range min(len(s.names), 12) {
		keys[fyne.KeyName(fmt.Sprintf("F%d", i+1))] = func() { s.choose(i) }
	}
	return keys
}

func (s *Steps) choose(i int) {
	if s.OnSelect != nil {
		s.OnSelect(i)
	}
}

func (s *Steps) stepAt(p fyne.Position) int {
	if len(s.names) == 0 || p.Y < 0 || p.Y >= s.Size().Height {
		return -1
	}
	for i := range s.names {
		if x, w := s.area(i, s.Size().Width); p.X >= x && p.X < x+w {
			return i
		}
	}
	return -1
}

// Tapped goes to the step under the pointer.
func (s *Steps) Tapped(ev *fyne.PointEvent) {
	if i := s.stepAt(ev.Position); i >= 0 {
		s.choose(i)
	}
}

// MouseIn is Fyne's.
func (s *Steps) MouseIn(ev *desktop.MouseEvent) { s.MouseMoved(ev) }

// MouseMoved marks the step under the pointer.
func (s *Steps) MouseMoved(ev *desktop.MouseEvent) {
	touch(s)
	if i := s.stepAt(ev.Position); i != s.over {
		s.over = i
		s.Refresh()
	}
}

// MouseOut is Fyne's.
func (s *Steps) MouseOut() {
	s.over = -1
	s.Refresh()
}

// CreateRenderer is Fyne's.
func (s *Steps) CreateRenderer() fyne.WidgetRenderer {
	s.back, s.layer = NewSurface(), &fyne.Container{}
	return &drawn{
		objects: append(s.back.Objects(), s.layer),
		layout: func(size fyne.Size) {
			s.back.Place(0, 0, size.Width, size.Height)
			s.draw(size)
		},
		min: func() fyne.Size {
			u := unit()
			return fyne.NewSize(float32(len(s.names))*38*u+100*u, 48*u)
		},
		refresh: func() { s.draw(s.Size()) },
	}
}

// wants is the width of a step with its words.
func (s *Steps) wants(i int) float32 {
	u := unit()
	return textWidth(s.names[i], textSize(), fyne.TextStyle{Bold: i == s.current}) + 44*u
}

// area is where a step stands. Where not all words fit, only the current step
// keeps its own.
func (s *Steps) area(i int, width float32) (x, w float32) {
	u := unit()
	var total float32
	for j := range s.names {
		total += s.wants(j)
	}
	full := total <= width-16*u
	extra := float32(0)
	if full {
		extra = min((width-16*u-total)/float32(len(s.names)), 40*u)
	}
	x = 8 * u
	for j := 0; ; j++ {
		w = 38 * u
		if full || j == s.current {
			w = s.wants(j) + extra
		}
		if j == i {
			return x, w
		}
		x += w
	}
}

func (s *Steps) draw(size fyne.Size) {
	u := unit()
	s.back.Look.FillColor = paint(ColorCard)
	s.back.Refresh()
	s.layer.Objects = nil
	add := func(o fyne.CanvasObject, x, y, w, h float32) {
		place(o, x, y, w, h)
		s.layer.Objects = append(s.layer.Objects, o)
	}
	line := canvas.NewRectangle(paint(ColorCardBorder))
	add(line, 0, size.Height-1, size.Width, 1)
	for i, name := range s.names {
		x, w := s.area(i, size.Width)
		if i == s.over && i != s.current {
			r := canvas.NewRectangle(paint(ColorHover))
			r.CornerRadius = 6 * u
			add(r, x+2*u, 7*u, w-4*u, size.Height-14*u)
		}
		s.disc(add, i, x+8*u, (size.Height-22*u)/2)
		if w > 40*u {
			color, style := ColorText, fyne.TextStyle{}
			if i == s.current {
				color, style = ColorAccentText, fyne.TextStyle{Bold: true}
				under := canvas.NewRectangle(paint(ColorAccent))
				add(under, x+4*u, size.Height-3*u, w-8*u, 3*u)
			}
			t := newText(name, color, textSize())
			t.TextStyle = style
			h := lineHeight(textSize())
			add(t, x+36*u, (size.Height-h)/2, w-38*u, h)
		}
	}
	s.layer.Refresh()
}

// disc draws the number, the tick or the mark of a problem.
func (s *Steps) disc(add func(o fyne.CanvasObject, x, y, w, h float32), i int, x, y float32) {
	u := unit()
	side := 22 * u
	c := canvas.NewCircle(paint(ColorQuiet))
	number := newText(fmt.Sprint(i+1), ColorMuted, captionSize())
	number.TextStyle.Bold = true
	number.Alignment = fyne.TextAlignCenter
	if i == s.current {
		c.FillColor, number.Color = paint(ColorAccent), paint(ColorOnActive)
	}
	icon := ""
	switch s.states[i] {
	case StepDone:
		if i != s.current {
			c.FillColor = paint(ColorOKSoft)
		}
		icon = "check"
	case StepProblem:
		if i != s.current {
			c.FillColor, number.Color = paint(ColorBadSoft), paint(ColorBad)
		}
		c.StrokeColor, c.StrokeWidth = paint(ColorBad), 1.5*u
	}
	add(c, x, y, side, side)
	if icon != "" {
		name := ColorOK
		if i == s.current {
			name = ColorOnActive
		}
		image := canvas.NewImageFromResource(IconIn(icon, name))
		image.FillMode = canvas.ImageFillContain
		add(image, x+4*u, y+4*u, side-8*u, side-8*u)
		return
	}
	h := lineHeight(captionSize())
	add(number, x, y+(side-h)/2, side, h)
}

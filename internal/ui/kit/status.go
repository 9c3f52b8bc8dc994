package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// StatusLine is one line that says how things stand: a dot in the colour of
// its kind and words.
type StatusLine struct {
	widget.BaseWidget
	kind   Kind
	text   string
	onRail bool
	dot    *canvas.Circle
	label  *canvas.Text
}

// NewStatusLine is a status line.
func NewStatusLine(kind Kind, text string) *StatusLine {
	s := &StatusLine{kind: kind, text: text}
	s.ExtendBaseWidget(s)
	return s
}

// Set replaces kind and words.
func (s *StatusLine) Set(kind Kind, text string) {
	if s.kind == kind && s.text == text {
		return
	}
	s.kind, s.text = kind, text
	s.Refresh()
}

// Text is the words.
func (s *StatusLine) Text() string { return s.text }

// CreateRenderer is Fyne's.
func (s *StatusLine) CreateRenderer() fyne.WidgetRenderer {
	s.dot, s.label = canvas.NewCircle(color.Transparent), newText("", ColorText, captionSize())
	d := &drawn{objects: []fyne.CanvasObject{s.dot, s.label}}
	d.layout = func(size fyne.Size) {
		u := unit()
		place(s.dot, 1*u, (size.Height-8*u)/2, 8*u, 8*u)
		s.label.Text = ellipsis(s.text, captionSize(), fyne.TextStyle{}, size.Width-16*u)
		h := s.label.MinSize().Height
		place(s.label, 15*u, (size.Height-h)/2, size.Width-15*u, h)
	}
	d.min = func() fyne.Size {
		w := textWidth(s.text, captionSize(), fyne.TextStyle{}) + 16*unit()
		if s.onRail {
			w = min(w, 100*unit())
		}
		return fyne.NewSize(w, lineHeight(captionSize())+4*unit())
	}
	d.refresh = func() {
		s.repaint()
		d.layout(s.Size())
		s.label.Refresh()
		s.dot.Refresh()
	}
	s.repaint()
	return d
}

func (s *StatusLine) repaint() {
	_, name, _ := s.kind.look()
	s.dot.FillColor = paint(name)
	s.label.Color, s.label.TextSize = paint(name), captionSize()
	if s.kind == Info {
		s.label.Color = paint(ColorMuted)
	}
	if s.onRail {
		s.label.Color, s.dot.FillColor = railKind(s.kind), railKind(s.kind)
	}
}

// railKind is the colour of a kind upon the rail, which is dark in every theme.
func railKind(k Kind) color.Color {
	switch k {
	case Good:
		c, _ := paletteColor(ColorOK, true)
		return c
	case Warning:
		c, _ := paletteColor(ColorWarn, true)
		return c
	case Bad:
		c, _ := paletteColor(ColorBad, true)
		return c
	}
	return paint(ColorRailMuted)
}

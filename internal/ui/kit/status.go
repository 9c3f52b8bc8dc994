package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// StatusLine is one line that says how things stand: a dot in the colour of
// its kind and words. On a Rail, which is narrow, it is two where the words need them.
type StatusLine struct {
	widget.BaseWidget
	kind  Kind
	text  string
	rail  *Rail // that it stands on, or nil
	dot   *canvas.Circle
	label *canvas.Text
	more  *canvas.Text // the second line on a rail
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
	before := s.high()
	s.kind, s.text = kind, text
	s.Refresh()
	if s.high() != before {
		s.rail.Refresh() // the others move
	}
}

// high is how many lines it stands in; one where it is on no rail.
func (s *StatusLine) high() int {
	if s.rail == nil {
		return 1
	}
	return len(s.lines(s.Size().Width))
}

// Text is the words.
func (s *StatusLine) Text() string { return s.text }

// CreateRenderer is Fyne's.
func (s *StatusLine) CreateRenderer() fyne.WidgetRenderer {
	s.dot, s.label, s.more = canvas.NewCircle(color.Transparent), newText("", ColorText, captionSize()), newText("", ColorText, captionSize())
	d := &drawn{}
	d.layout = func(size fyne.Size) {
		u := unit()
		lines := s.lines(size.Width)
		d.objects = []fyne.CanvasObject{s.dot, s.label}
		s.label.Text = lines[0]
		h := s.label.MinSize().Height
		y := (size.Height - h*float32(len(lines))) / 2
		place(s.dot, 1*u, y+(h-8*u)/2, 8*u, 8*u)
		place(s.label, 15*u, y, size.Width-15*u, h)
		if len(lines) > 1 {
			d.objects = append(d.objects, s.more)
			s.more.Text = lines[1]
			place(s.more, 15*u, y+h, size.Width-15*u, h)
		}
	}
	d.min = func() fyne.Size {
		w := textWidth(s.text, captionSize(), fyne.TextStyle{}) + 16*unit()
		if s.rail != nil {
			w = min(w, 100*unit())
		}
		return fyne.NewSize(w, lineHeight(captionSize())+4*unit())
	}
	d.refresh = func() {
		s.repaint()
		d.layout(s.Size())
		s.label.Refresh()
		s.more.Refresh()
		s.dot.Refresh()
	}
	s.repaint()
	return d
}

// lines are the words as they stand at a width.
func (s *StatusLine) lines(width float32) []string {
	size, room := captionSize(), width-16*unit()
	if s.rail == nil {
		return []string{ellipsis(s.text, size, fyne.TextStyle{}, room)}
	}
	return twoLines(s.text, size, fyne.TextStyle{}, room)
}

// highOnRail is how high it stands on a rail that leaves it a width.
func (s *StatusLine) highOnRail(width float32) float32 {
	return lineHeight(captionSize())*float32(len(s.lines(width))) + 5*unit()
}

func (s *StatusLine) repaint() {
	_, name, _ := s.kind.look()
	s.dot.FillColor = paint(name)
	s.label.Color, s.label.TextSize = paint(name), captionSize()
	if s.kind == Info {
		s.label.Color = paint(ColorMuted)
	}
	if s.rail != nil {
		s.label.Color, s.dot.FillColor = railKind(s.kind), railKind(s.kind)
	}
	s.more.Color, s.more.TextSize = s.label.Color, captionSize()
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

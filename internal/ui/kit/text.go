package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// TextKind says how a Text looks.
type TextKind uint8

// The kinds of text.
const (
	TextBody TextKind = iota
	TextMuted
	TextCaption
	TextBold
	TextHeading
	TextTitle
	TextDigits // a number to be read out, large
	TextOK
	TextWarn
	TextBad
)

// Text is words on the screen: they wrap to the width given and follow the
// theme.
type Text struct {
	widget.BaseWidget
	text  string
	kind  TextKind
	align fyne.TextAlign
	one   bool
	width float32
	lines *fyne.Container
	wraps [2]brokenText // as last broken, at the width given and without end
}

// brokenText is how a text was broken last: its size is asked for far more often
// than it changes, and to measure words takes long.
type brokenText struct {
	text  string
	size  float32
	style fyne.TextStyle
	width float32
	lines []string
	reach float32 // of the longest line
}

// NewText is wrapped text of a kind.
func NewText(text string, kind TextKind) *Text {
	t := &Text{text: text, kind: kind}
	t.ExtendBaseWidget(t)
	return t
}

// NewLine is text of a kind on one line, cut with … where it does not fit.
func NewLine(text string, kind TextKind) *Text {
	t := NewText(text, kind)
	t.one = true
	return t
}

// Text is the words.
func (t *Text) Text() string { return t.text }

// LineHeight is how high one line of it is.
func (t *Text) LineHeight() float32 {
	_, size, _ := t.look()
	return lineHeight(size)
}

// SetText replaces the words.
func (t *Text) SetText(s string) {
	if t.text == s {
		return
	}
	t.text = s
	t.Refresh()
}

// SetKind changes the look.
func (t *Text) SetKind(k TextKind) {
	t.kind = k
	t.Refresh()
}

// SetAlign sets where the lines stand.
func (t *Text) SetAlign(a fyne.TextAlign) {
	t.align = a
	t.Refresh()
}

func (t *Text) look() (fyne.ThemeColorName, float32, fyne.TextStyle) {
	switch t.kind {
	case TextMuted:
		return ColorMuted, textSize(), fyne.TextStyle{}
	case TextCaption:
		return ColorMuted, captionSize(), fyne.TextStyle{}
	case TextBold:
		return ColorText, textSize(), fyne.TextStyle{Bold: true}
	case TextHeading:
		return ColorText, headingSize(), fyne.TextStyle{Bold: true}
	case TextTitle:
		return ColorText, 20 * unit(), fyne.TextStyle{Bold: true}
	case TextDigits:
		return ColorText, 32 * unit(), fyne.TextStyle{Bold: true}
	case TextOK:
		return ColorOK, textSize(), fyne.TextStyle{}
	case TextWarn:
		return ColorWarn, textSize(), fyne.TextStyle{}
	case TextBad:
		return ColorBad, textSize(), fyne.TextStyle{}
	}
	return ColorText, textSize(), fyne.TextStyle{}
}

func (t *Text) broken(width float32) []string {
	_, size, style := t.look()
	if t.one {
		return []string{ellipsis(t.text, size, style, width)}
	}
	return t.breaks(0, width).lines
}

// breaks breaks the text at a width, or tells how it was broken.
func (t *Text) breaks(at int, width float32) *brokenText {
	_, size, style := t.look()
	b := &t.wraps[at]
	if b.lines != nil && b.text == t.text && b.size == size && b.style == style && b.width == width {
		return b
	}
	*b = brokenText{text: t.text, size: size, style: style, width: width, lines: wrap(t.text, size, style, width)}
	for _, line := range b.lines {
		b.reach = max(b.reach, textWidth(line, size, style))
	}
	return b
}

// CreateRenderer is Fyne's.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	t.lines = &fyne.Container{}
	return &drawn{
		objects: []fyne.CanvasObject{t.lines},
		layout:  t.arrange,
		min:     t.least,
		refresh: func() { t.arrange(t.Size()); canvas.Refresh(t) },
	}
}

func (t *Text) least() fyne.Size {
	_, size, _ := t.look()
	h := lineHeight(size)
	widest := t.breaks(1, 1e6).reach
	if t.one {
		return fyne.NewSize(min(widest, 240*unit())+1, h)
	}
	if t.width == 0 {
		return fyne.NewSize(min(widest, 360*unit())+1, h)
	}
	return fyne.NewSize(min(widest, 240*unit())+1, h*float32(len(t.broken(t.width))))
}

func (t *Text) arrange(s fyne.Size) {
	name, size, style := t.look()
	h := lineHeight(size)
	before := 1
	if t.width > 0 {
		before = len(t.broken(t.width))
	}
	t.width = s.Width
	lines := t.broken(s.Width)
	t.lines.Objects = nil
	for i, line := range lines {
		c := newText(line, name, size)
		c.TextStyle, c.Alignment = style, t.align
		place(c, 0, float32(i)*h, s.Width, h)
		t.lines.Objects = append(t.lines.Objects, c)
	}
	t.lines.Refresh()
	if before != len(lines) {
		canvas.Refresh(t)
	}
}

package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Labeled is a field under its label, with room beneath for one line that says
// what is wrong with it or helps to fill it. The room is always there, so
// nothing moves when an error comes or goes.
type Labeled struct {
	widget.BaseWidget
	field            fyne.CanvasObject
	label, star      *canvas.Text
	note             *canvas.Text
	text, hint, fail string
}

// NewLabeled puts label above field, with a red mark where it is required.
func NewLabeled(label string, required bool, field fyne.CanvasObject) *Labeled {
	l := &Labeled{field: field, text: label}
	l.label = newText(label, ColorText, textSize())
	l.star = newText("*", ColorRequired, textSize())
	l.star.TextStyle.Bold = true
	l.star.Hidden = !required
	l.note = newText("", ColorMuted, captionSize())
	l.ExtendBaseWidget(l)
	return l
}

// SetError shows what is wrong under the field and reddens its edge; an empty
// string takes both away.
func (l *Labeled) SetError(text string) {
	if l.fail == text {
		return
	}
	l.fail = text
	if m, ok := l.field.(interface{ SetInvalid(bool) }); ok {
		m.SetInvalid(text != "")
	}
	l.Refresh()
}

// Error is the error shown, or nothing.
func (l *Labeled) Error() string { return l.fail }

// SetHint shows help under the field wherever there is no error.
func (l *Labeled) SetHint(text string) {
	l.hint = text
	l.Refresh()
}

// Hint is the help that stands there.
func (l *Labeled) Hint() string { return l.hint }

// SetLabel replaces the label's words.
func (l *Labeled) SetLabel(text string) {
	l.text = text
	l.Refresh()
}

// SetRequired shows or hides the red mark.
func (l *Labeled) SetRequired(required bool) {
	l.star.Hidden = !required
	l.Refresh()
}

// Field is what was labelled.
func (l *Labeled) Field() fyne.CanvasObject { return l.field }

// Beside is the labelled field with something to the right of it, in the
// field's line.
func (l *Labeled) Beside(o fyne.CanvasObject) *fyne.Container {
	return container.New(&besideField{l, o}, l, o)
}

// besideField gives a labelled field the width that what stands beside it leaves.
type besideField struct {
	labeled *Labeled
	o       fyne.CanvasObject
}

// MinSize is Fyne's.
func (b *besideField) MinSize([]fyne.CanvasObject) fyne.Size {
	m, o := b.labeled.MinSize(), b.o.MinSize()
	return fyne.NewSize(m.Width+8*unit()+o.Width, max(m.Height, b.labeled.labelHeight()+o.Height))
}

// Layout is Fyne's.
func (b *besideField) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	o, field := b.o.MinSize(), b.labeled.field.MinSize().Height
	place(b.labeled, 0, 0, s.Width-o.Width-8*unit(), s.Height)
	place(b.o, s.Width-o.Width, b.labeled.labelHeight()+max(0, (field-o.Height)/2), o.Width, o.Height)
}

func (l *Labeled) children() []fyne.CanvasObject { return []fyne.CanvasObject{l.field} }

// CreateRenderer is Fyne's.
func (l *Labeled) CreateRenderer() fyne.WidgetRenderer {
	d := &drawn{
		objects: []fyne.CanvasObject{l.label, l.star, l.field, l.note},
		layout:  l.arrange,
		min: func() fyne.Size {
			m := l.field.MinSize()
			w := textWidth(l.text, textSize(), fyne.TextStyle{}) + 14*unit()
			return fyne.NewSize(max(m.Width, min(w, 160*unit())), m.Height+l.labelHeight()+l.noteHeight())
		},
		refresh: func() { l.repaint(); l.arrange(l.Size()) },
	}
	l.repaint()
	return d
}

func (l *Labeled) labelHeight() float32 { return lineHeight(textSize()) + 2*unit() }
func (l *Labeled) noteHeight() float32  { return lineHeight(captionSize()) + 2*unit() }

func (l *Labeled) repaint() {
	l.label.Color, l.label.TextSize = paint(ColorText), textSize()
	l.star.Color, l.star.TextSize = paint(ColorRequired), textSize()
	l.note.TextSize = captionSize()
	l.note.Color = paint(ColorMuted)
	if l.fail != "" {
		l.note.Color = paint(ColorBad)
	}
}

// grows reports whether the field uses more height than it needs: one line of
// text does not.
func (l *Labeled) grows() bool {
	switch f := l.field.(type) {
	case *Field:
		return f.MultiLine
	case *MaskedField, *DateField, *Picker, *AmountField, *Choice, *Check, *Text:
		return false
	}
	return true
}

func (l *Labeled) arrange(s fyne.Size) {
	u := unit()
	lh, nh := l.labelHeight(), l.noteHeight()
	l.label.Text = ellipsis(l.text, textSize(), fyne.TextStyle{}, s.Width-12*u)
	place(l.label, 0, 0, s.Width, lh-2*u)
	place(l.star, l.label.MinSize().Width+4*u, 0, 10*u, lh-2*u)
	h := l.field.MinSize().Height
	if l.grows() {
		h = max(h, s.Height-lh-nh)
	}
	place(l.field, 0, lh, s.Width, h)
	note := l.hint
	if l.fail != "" {
		note = l.fail
	}
	l.note.Text = noteFor(note, s.Width)
	place(l.note, 0, lh+h+2*u, s.Width, nh-2*u)
	l.label.Refresh()
	l.star.Refresh()
	l.note.Refresh()
}

// noteFor is as much of a note as its line holds: whole sentences, or the first
// clauses of one where they fill the most of it, and a finding's code only where
// there is room for it.
func noteFor(note string, width float32) string {
	fits := func(s string) bool { return textWidth(s, captionSize(), fyne.TextStyle{}) <= width }
	if fits(note) {
		return note
	}
	if say, _, coded := strings.Cut(note, "　"); coded {
		return noteFor(say, width)
	}
	for rest := note; ; {
		end := strings.LastIndex(strings.TrimSuffix(rest, "。"), "。")
		if end < 0 {
			for end = strings.LastIndex(rest, "，"); end > 0; end = strings.LastIndex(rest[:end], "，") {
				const most = 0.6
				if fits(rest[:end]) && textWidth(rest[:end], captionSize(), fyne.TextStyle{}) >= most*width {
					return rest[:end]
				}
			}
			return ellipsis(note, captionSize(), fyne.TextStyle{}, width)
		}
		if rest = rest[:end+len("。")]; fits(rest) {
			return rest
		}
	}
}

package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// MaskedField is a text field whose text is seen only while it has the focus
// or has been revealed; at all other times MaskFunc's rendering of it is drawn.
type MaskedField struct {
	widget.BaseWidget
	MaskFunc  func(string) string
	OnChanged func(string)
	OnLeave   func(string)
	// OnReveal is asked before the text is revealed by the eye; false keeps it
	// masked. Nil always reveals.
	OnReveal func() bool

	field    *Field
	eye      *Button
	revealed bool
}

// NewMasked is an empty masked field; a nil mask draws a dot a character.
func NewMasked(mask func(string) string) *MaskedField {
	m := &MaskedField{MaskFunc: mask, field: NewField()}
	m.eye = NewQuiet("", Icon("eye"), func() { m.SetRevealed(!m.revealed) })
	m.eye.small = true
	m.field.trailing = newSlot(m.eye)
	m.field.OnChanged = func(s string) {
		if m.OnChanged != nil {
			m.OnChanged(s)
		}
	}
	m.field.OnLeave = func(s string) {
		if m.OnLeave != nil {
			m.OnLeave(s)
		}
	}
	m.remask()
	m.ExtendBaseWidget(m)
	return m
}

// Text is the real text.
func (m *MaskedField) Text() string { return m.field.Text() }

// SetText replaces the real text; it is masked again.
func (m *MaskedField) SetText(s string) {
	m.revealed = false
	m.remask()
	m.field.SetText(s)
	m.field.Refresh()
}

// SetRevealed shows the text, if OnReveal allows, or masks it again.
func (m *MaskedField) SetRevealed(on bool) {
	if on && !m.revealed && m.OnReveal != nil && !m.OnReveal() {
		return
	}
	m.revealed = on
	m.remask()
	m.field.Refresh()
}

// Revealed reports whether the text is shown without focus.
func (m *MaskedField) Revealed() bool { return m.revealed }

// Field is the field within, for its placeholder, filter, OnEnter and focus.
func (m *MaskedField) Field() *Field { return m.field }

// SetInvalid reddens the edge, or takes the red away.
func (m *MaskedField) SetInvalid(on bool) { m.field.SetInvalid(on) }

// SetReadOnly keeps the text from changing; focus then shows the mask too, so
// that only the eye reveals.
func (m *MaskedField) SetReadOnly(on bool) { m.field.SetReadOnly(on) }

func (m *MaskedField) remask() {
	m.eye.SetIcon(Icon("eye"))
	if m.revealed {
		m.field.mask = nil
		m.eye.SetIcon(Icon("eye-off"))
		return
	}
	m.field.mask = func(s string) string {
		if m.MaskFunc != nil {
			return m.MaskFunc(s)
		}
		dots := make([]rune, 0, len(s))
		for range s {
			dots = append(dots, '•')
		}
		return string(dots)
	}
}

func (m *MaskedField) children() []fyne.CanvasObject { return []fyne.CanvasObject{m.field} }

// CreateRenderer is Fyne's.
func (m *MaskedField) CreateRenderer() fyne.WidgetRenderer { return onlyField(m.field) }

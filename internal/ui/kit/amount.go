package kit

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// longestAmount is the most digits an amount takes.
const longestAmount = 9

// AmountField takes whole yuan: digits only, shown with thousands apart while
// it has no focus.
type AmountField struct {
	widget.BaseWidget
	OnChanged func(yuan int, ok bool) // after each change; ok is false when empty
	OnLeave   func(yuan int, ok bool) // focus leaves and the amount changed

	field *Field
}

// NewAmount is an empty amount.
func NewAmount() *AmountField {
	a := &AmountField{field: NewField()}
	a.field.MaxLen = longestAmount
	a.field.Filter = Digits
	a.field.alignRight = true
	a.field.mask = thousands
	a.field.OnChanged = func(string) {
		if a.OnChanged != nil {
			a.OnChanged(a.Value())
		}
	}
	a.field.OnLeave = func(string) {
		if a.OnLeave != nil {
			a.OnLeave(a.Value())
		}
	}
	a.ExtendBaseWidget(a)
	return a
}

// Value is the amount in whole yuan, and whether there is one.
func (a *AmountField) Value() (yuan int, ok bool) {
	yuan, err := strconv.Atoi(a.field.Text())
	return yuan, err == nil
}

// SetValue shows an amount.
func (a *AmountField) SetValue(yuan int) { a.field.SetText(strconv.Itoa(max(yuan, 0))) }

// Clear empties the field.
func (a *AmountField) Clear() { a.field.SetText("") }

// Field is the field within, for placeholder, OnEnter and focus.
func (a *AmountField) Field() *Field { return a.field }

// SetInvalid reddens the edge, or takes the red away.
func (a *AmountField) SetInvalid(on bool) { a.field.SetInvalid(on) }

// SetReadOnly lets the amount be read but not changed.
func (a *AmountField) SetReadOnly(on bool) { a.field.SetReadOnly(on) }

func (a *AmountField) children() []fyne.CanvasObject { return []fyne.CanvasObject{a.field} }

// CreateRenderer is Fyne's.
func (a *AmountField) CreateRenderer() fyne.WidgetRenderer { return onlyField(a.field) }

// onlyField is the renderer of a widget that is a field with more sense.
func onlyField(f *Field) fyne.WidgetRenderer {
	return &drawn{
		objects: []fyne.CanvasObject{f},
		layout:  func(s fyne.Size) { place(f, 0, 0, s.Width, s.Height) },
		min:     f.MinSize,
		refresh: f.Refresh,
	}
}

func thousands(s string) string {
	n := len(s)
	out := make([]byte, 0, n+n/3)
	for i := range n {
		if i > 0 && (n-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, s[i])
	}
	return string(out)
}

// Digits is a Filter that keeps digits; full-width ones become plain.
func Digits(r rune) rune {
	if r >= '０' && r <= '９' {
		r -= '０' - '0'
	}
	if r < '0' || r > '9' {
		return 0
	}
	return r
}

// DigitsX is Digits that keeps an X as well, a small one made capital.
func DigitsX(r rune) rune {
	switch r {
	case 'x', 'X', 'ｘ', 'Ｘ':
		return 'X'
	}
	return Digits(r)
}

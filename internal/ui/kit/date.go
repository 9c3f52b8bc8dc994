package kit

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// LongTerm is the value of a date without end.
const LongTerm = "长期"

// isoDate is how a date is shown and given out.
const isoDate = "2006-01-02"

// DateField takes a date: typed (20070315, 2007-3-15, 2007.3.15, 2007年3月15日)
// or from its calendar. Text that is no date stays for the person to mend.
type DateField struct {
	widget.BaseWidget
	// AllowLongTerm offers 长期 in the calendar and takes it typed.
	AllowLongTerm bool
	// Min and Max, where set, bound what the calendar offers and what is valid.
	Min, Max time.Time
	// Start is where an empty field's calendar opens; zero is today.
	Start time.Time
	// Now is the clock, for tests; nil is time.Now.
	Now func() time.Time

	OnChanged func(value string)       // a new valid value, or "" when emptied
	OnInvalid func(text, words string) // left with what is no date
	OnEnter   func()                   // Return; nil goes to the next field

	field    *Field
	calendar *calendar
	value    string
	open     bool
	held     bool
}

// NewDate is an empty date.
func NewDate() *DateField {
	d := &DateField{field: NewField()}
	d.field.Placeholder = "年-月-日"
	d.field.MaxLen = 12
	d.field.trailing = newIconSlot(func() fyne.Resource { return Icon("calendar") }, d.toggle)
	d.calendar = newCalendar(d)
	d.field.OnFocus = d.focusChanged
	d.field.OnEnter = d.enter
	d.field.onKey = d.key
	d.field.OnChanged = func(string) { d.typed() }
	d.ExtendBaseWidget(d)
	return d
}

// Value is the date as 2007-03-15, 长期, or nothing while there is no valid
// date.
func (d *DateField) Value() string { return d.value }

// SetValue shows a value as Value gives it, without calling OnChanged; text
// that is no date is shown and Value is then empty.
func (d *DateField) SetValue(s string) {
	value, _ := d.read(s)
	d.value = value
	if value != "" {
		s = value
	}
	d.field.SetText(s)
}

// Field is the field within, for its placeholder and focus.
func (d *DateField) Field() *Field { return d.field }

// SetInvalid reddens the edge, or takes the red away.
func (d *DateField) SetInvalid(on bool) { d.field.SetInvalid(on) }

// SetReadOnly lets the date be read but not changed.
func (d *DateField) SetReadOnly(on bool) {
	d.field.SetReadOnly(on)
	if on {
		d.close()
	}
}

func (d *DateField) now() time.Time {
	if d.Now != nil {
		return d.Now()
	}
	return time.Now()
}

// read is the value of typed text, or the words that say why there is none.
func (d *DateField) read(s string) (value, words string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", ""
	}
	if d.AllowLongTerm && (s == LongTerm || strings.EqualFold(s, "cq")) {
		return LongTerm, ""
	}
	t, ok := ParseDate(s)
	switch {
	case !ok:
		return "", "日期应为 年-月-日，如 2007-03-15"
	case !d.Min.IsZero() && t.Before(d.Min):
		return "", "日期不能早于 " + d.Min.Format(isoDate)
	case !d.Max.IsZero() && t.After(d.Max):
		return "", "日期不能晚于 " + d.Max.Format(isoDate)
	}
	return t.Format(isoDate), ""
}

// ParseDate reads a date as people type it: eight digits, or year, month and
// day apart by any of - / . 年 月 日 and spaces. A date that no calendar has
// (2月30日) is not one.
func ParseDate(s string) (time.Time, bool) {
	parts := make([]int, 0, 3)
	widths := make([]int, 0, 3)
	in := false
	for _, r := range s {
		if n := Digits(r); n != 0 {
			if !in {
				if len(parts) == 3 {
					return time.Time{}, false
				}
				parts, widths, in = append(parts, 0), append(widths, 0), true
			}
			last := len(parts) - 1
			parts[last] = parts[last]*10 + int(n-'0')
			widths[last]++
			if widths[last] > 8 {
				return time.Time{}, false
			}
			continue
		}
		if !strings.ContainsRune("-/.年月日 　－／．—", r) {
			return time.Time{}, false
		}
		in = false
	}
	if len(parts) == 1 && widths[0] == 8 {
		n := parts[0]
		parts, widths = []int{n / 10000, n / 100 % 100, n % 100}, []int{4, 2, 2}
	}
	if len(parts) != 3 || widths[0] != 4 || widths[1] > 2 || widths[2] > 2 {
		return time.Time{}, false
	}
	t := time.Date(parts[0], time.Month(parts[1]), parts[2], 0, 0, 0, 0, time.UTC)
	if parts[0] < 1800 || t.Year() != parts[0] || int(t.Month()) != parts[1] || t.Day() != parts[2] {
		return time.Time{}, false
	}
	return t, true
}

// typed follows the text: the open calendar shows it.
func (d *DateField) typed() {
	if t, ok := ParseDate(d.field.Text()); ok && d.open {
		d.calendar.show(t)
	}
}

// settle takes the text as the value, when the field is left.
func (d *DateField) settle() {
	value, words := d.read(d.field.Text())
	if words != "" {
		d.set("")
		if d.OnInvalid != nil {
			d.OnInvalid(d.field.Text(), words)
		}
		return
	}
	d.field.SetText(value)
	d.set(value)
}

func (d *DateField) set(value string) {
	if d.value == value {
		return
	}
	d.value = value
	if d.OnChanged != nil {
		d.OnChanged(value)
	}
}

func (d *DateField) toggle() {
	if d.field.readOnly {
		return
	}
	if d.open {
		d.close()
		return
	}
	d.field.takeFocus()
	d.show()
}

func (d *DateField) show() {
	if d.field.readOnly {
		return
	}
	at := d.Start
	if at.IsZero() {
		at = d.now()
	}
	if t, ok := ParseDate(d.field.Text()); ok {
		at = t
	}
	d.calendar.show(at)
	d.open = true
	drop(d.field, d.calendar, d.calendar.MinSize())
}

func (d *DateField) close() {
	if d.open {
		d.open = false
		lift(d.field, d.calendar)
	}
}

func (d *DateField) key(ev *fyne.KeyEvent) bool {
	if !d.open {
		if ev.Name == fyne.KeyDown {
			d.show()
			return true
		}
		return false
	}
	c := d.calendar
	switch ev.Name {
	case fyne.KeyLeft:
		c.moveDays(-1)
	case fyne.KeyRight:
		c.moveDays(1)
	case fyne.KeyUp:
		c.moveDays(-7)
	case fyne.KeyDown:
		c.moveDays(7)
	case fyne.KeyPageUp:
		c.moveMonths(-1)
	case fyne.KeyPageDown:
		c.moveMonths(1)
	case fyne.KeyEscape:
		d.close()
	default:
		return false
	}
	return true
}

func (d *DateField) enter() {
	if d.open {
		if d.calendar.moved {
			d.field.SetText(d.calendar.day.Format(isoDate))
		}
		d.close()
	}
	d.settle()
	if d.OnEnter != nil {
		d.OnEnter()
		return
	}
	d.field.goOn()
}

// pick takes a value from the calendar.
func (d *DateField) pick(value string) {
	d.field.SetText(value)
	d.settle()
}

func (d *DateField) focusChanged(on bool) {
	if on || d.held {
		return
	}
	d.close()
	d.settle()
}

func (d *DateField) children() []fyne.CanvasObject { return []fyne.CanvasObject{d.field} }

// CreateRenderer is Fyne's.
func (d *DateField) CreateRenderer() fyne.WidgetRenderer { return onlyField(d.field) }

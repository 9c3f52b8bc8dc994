package kit

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
)

func TestParseDate(t *testing.T) {
	for text, want := range map[string]string{
		"20070315": "2007-03-15", "2007-3-15": "2007-03-15", "2007.3.15": "2007-03-15",
		"2007/03/15": "2007-03-15", "2007年3月15日": "2007-03-15", "２００７－０３－１５": "2007-03-15",
		"2007 3 15": "2007-03-15", "2024-2-29": "2024-02-29",
		"2023-2-29": "", "2007-13-1": "", "2007-0-10": "", "200703": "", "070315": "", "2007-3": "",
		"2007-3-15-1": "", "abc": "", "": "", "0001-01-01": "", "200703150": "", "2007-3-15x": "",
	} {
		t.Run("reads "+text, func(t *testing.T) {
			got := ""
			if d, ok := ParseDate(text); ok {
				got = d.Format(isoDate)
			}
			check(t, "date", got, want)
		})
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"20070315", "2007年3月15日", "2007--3..15", "９９９９９９９９"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := ParseDate(s)
		if !ok {
			return
		}
		again, ok := ParseDate(d.Format(isoDate))
		if !ok || !again.Equal(d) {
			t.Errorf("%v does not read back", d)
		}
	})
}

func newTestDate() (*DateField, *[]string, *[]string) {
	d := NewDate()
	d.Now = func() time.Time { return time.Date(2026, 8, 20, 9, 0, 0, 0, time.UTC) }
	var values, bad []string
	d.OnChanged = func(v string) { values = append(values, v) }
	d.OnInvalid = func(text, words string) { bad = append(bad, text) }
	return d, &values, &bad
}

func TestDateField(t *testing.T) {
	t.Run("typed digits become a date on leaving", func(t *testing.T) {
		d, values, _ := newTestDate()
		g := NewField()
		s := show(t, container.NewVBox(d, g), 300, 400)
		s.focus(d.Field())
		s.write("20070315")
		s.focus(g)
		check(t, "value", d.Value(), "2007-03-15")
		check(t, "shown", d.Field().Text(), "2007-03-15")
		check(t, "told once", len(*values), 1)
	})
	t.Run("what is no date stays and is reported", func(t *testing.T) {
		d, values, bad := newTestDate()
		d.SetValue("2007-03-15")
		g := NewField()
		s := show(t, container.NewVBox(d, g), 300, 400)
		s.focus(d.Field())
		s.write("20070231")
		s.focus(g)
		check(t, "shown", d.Field().Text(), "20070231")
		check(t, "value", d.Value(), "")
		check(t, "reported", len(*bad), 1)
		check(t, "told that there is none", (*values)[0], "")
	})
	t.Run("bounds hold", func(t *testing.T) {
		d, _, bad := newTestDate()
		d.Max = time.Date(2026, 8, 20, 0, 0, 0, 0, time.UTC)
		s := show(t, d, 300, 400)
		s.focus(d.Field())
		s.write("20270101")
		s.press(fyne.KeyReturn)
		check(t, "value", d.Value(), "")
		check(t, "reported", len(*bad), 1)
	})
	t.Run("long term only where it is allowed", func(t *testing.T) {
		d, _, _ := newTestDate()
		d.SetValue(LongTerm)
		check(t, "not allowed", d.Value(), "")
		d.AllowLongTerm = true
		d.SetValue(LongTerm)
		check(t, "allowed", d.Value(), LongTerm)
	})
	t.Run("the calendar is used by keys", func(t *testing.T) {
		d, _, _ := newTestDate()
		s := show(t, d, 300, 400)
		s.focus(d.Field())
		s.press(fyne.KeyDown)
		check(t, "opens on today", d.calendar.day.Format(isoDate), "2026-08-20")
		s.press(fyne.KeyDown, fyne.KeyRight, fyne.KeyPageUp, fyne.KeyReturn)
		check(t, "a week and a day on, a month back", d.Value(), "2026-07-28")
		check(t, "closed", d.open, false)
	})
	t.Run("Escape closes the calendar and keeps the text", func(t *testing.T) {
		d, _, _ := newTestDate()
		d.SetValue("2007-03-15")
		s := show(t, d, 300, 400)
		s.focus(d.Field())
		s.press(fyne.KeyDown, fyne.KeyRight, fyne.KeyEscape)
		check(t, "closed", d.open, false)
		check(t, "value", d.Value(), "2007-03-15")
	})
	t.Run("years and months are three presses away", func(t *testing.T) {
		d, _, _ := newTestDate()
		d.Start = time.Date(2008, 9, 1, 0, 0, 0, 0, time.UTC)
		s := show(t, d, 300, 400)
		s.focus(d.Field())
		d.show()
		d.calendar.turn(yearsView)()
		d.press(t, "2007", 0)
		d.press(t, "3月", 0)
		d.press(t, "15", 0)
		check(t, "value", d.Value(), "2007-03-15")
		check(t, "closed", d.open, false)
		check(t, "focus is back", d.Field().Focused(), true)
	})
}

// press presses the nth cell of the calendar that bears a text.
func (d *DateField) press(t *testing.T, text string, nth int) {
	t.Helper()
	c := d.calendar
	for i := range c.cells {
		if d.cellText(i) != text {
			continue
		}
		if nth--; nth >= 0 {
			continue
		}
		at := c.cells[i].at.AddXY(c.cells[i].size.Width/2, c.cells[i].size.Height/2)
		// the driver takes the focus at the press and again at the release
		c.MouseDown(&desktop.MouseEvent{})
		canvasOf(d.field).Unfocus()
		c.MouseUp(&desktop.MouseEvent{})
		canvasOf(d.field).Unfocus()
		c.Tapped(&fyne.PointEvent{Position: at})
		return
	}
	t.Fatalf("the calendar shows no %s", text)
}

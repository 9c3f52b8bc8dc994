package kit

import (
	"fmt"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

type calendarView uint8

const (
	daysView calendarView = iota
	monthsView
	yearsView
)

// calendar drops from a date field. Its head opens a page of months or of
// years, so that a birthday is three presses away. The field keeps the focus.
type calendar struct {
	widget.BaseWidget
	field *DateField
	day   time.Time
	moved bool
	view  calendarView
	over  int
	cells []calendarCell
	back  *canvas.Rectangle
	layer *fyne.Container
}

// calendarCell is one thing to press; final closes the calendar.
type calendarCell struct {
	at    fyne.Position
	size  fyne.Size
	do    func()
	final bool
}

func newCalendar(d *DateField) *calendar {
	c := &calendar{field: d, over: -1}
	c.ExtendBaseWidget(c)
	return c
}

func (c *calendar) show(t time.Time) {
	c.day = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	c.view, c.moved = daysView, false
	c.Refresh()
}

func (c *calendar) moveDays(n int) { c.moveTo(c.day.AddDate(0, 0, n)) }

func (c *calendar) moveMonths(n int) {
	first := time.Date(c.day.Year(), c.day.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	c.moveTo(first.AddDate(0, 0, min(c.day.Day(), last)-1))
}

func (c *calendar) moveTo(t time.Time) {
	if t.Year() < 1800 || t.Year() > 9999 {
		return
	}
	c.day, c.moved = t, true
	c.Refresh()
}

func (c *calendar) turn(v calendarView) func() {
	return func() {
		if c.view == v {
			v = daysView
		}
		c.view = v
		c.Refresh()
	}
}

// MouseDown tells the field that the focus it is about to lose was not meant.
func (c *calendar) MouseDown(*desktop.MouseEvent) { c.field.held = true }

// MouseUp is Fyne's. The focus goes once more after it, before Tapped.
func (c *calendar) MouseUp(*desktop.MouseEvent) {}

// Tapped presses the cell under the pointer and gives the focus back to the
// field; after a choice it closes.
func (c *calendar) Tapped(ev *fyne.PointEvent) {
	final := false
	if i := c.cellAt(ev.Position); i >= 0 {
		final = c.cells[i].final
		c.cells[i].do()
	}
	if final {
		c.field.close()
	}
	c.field.held = false
	c.field.field.takeFocus()
}

// MouseIn is Fyne's.
func (c *calendar) MouseIn(ev *desktop.MouseEvent) { c.MouseMoved(ev) }

// MouseMoved marks the cell under the pointer.
func (c *calendar) MouseMoved(ev *desktop.MouseEvent) {
	touch(c)
	if i := c.cellAt(ev.Position); i != c.over {
		c.over = i
		c.Refresh()
	}
}

// MouseOut is Fyne's: a press that ends elsewhere presses nothing.
func (c *calendar) MouseOut() {
	c.over = -1
	c.Refresh()
	if c.field.held {
		c.field.held = false
		c.field.focusChanged(c.field.field.focused)
	}
}

func (c *calendar) cellAt(p fyne.Position) int {
	for i, cell := range c.cells {
		x, y := p.X-cell.at.X, p.Y-cell.at.Y
		if x >= 0 && y >= 0 && x < cell.size.Width && y < cell.size.Height {
			return i
		}
	}
	return -1
}

// CreateRenderer is Fyne's.
func (c *calendar) CreateRenderer() fyne.WidgetRenderer {
	c.back = canvas.NewRectangle(color.Transparent)
	c.layer = &fyne.Container{}
	return &drawn{
		objects: []fyne.CanvasObject{c.back, c.layer},
		layout: func(s fyne.Size) {
			place(c.back, 0, 0, s.Width, s.Height)
			c.draw(s)
		},
		min: func() fyne.Size {
			u := unit()
			return fyne.NewSize(280*u, (44+22+6*32+42)*u)
		},
		refresh: func() { c.draw(c.Size()) },
	}
}

func (c *calendar) draw(s fyne.Size) {
	u := unit()
	popupSurface(c.back)
	c.cells, c.layer.Objects = nil, nil
	c.head(s)
	body := fyne.NewPos(8*u, 44*u)
	width := s.Width - 16*u
	switch c.view {
	case daysView:
		c.days(body, width)
	case monthsView:
		c.grid(body, width, 3, 4, func(i int) (string, bool, func()) {
			m := time.Month(i + 1)
			return fmt.Sprintf("%d月", i+1), m == c.day.Month(), func() {
				c.view = daysView
				c.moveMonths(int(m - c.day.Month()))
			}
		})
	case yearsView:
		first := c.day.Year() - c.day.Year()%12
		c.grid(body, width, 3, 4, func(i int) (string, bool, func()) {
			y := first + i
			return fmt.Sprintf("%d", y), y == c.day.Year(), func() {
				c.view = monthsView
				c.moveMonths((y - c.day.Year()) * 12)
			}
		})
	}
	c.foot(s)
	c.layer.Refresh()
}

func (c *calendar) head(s fyne.Size) {
	u := unit()
	step := 1
	if c.view == monthsView {
		step = 12
	} else if c.view == yearsView {
		step = 12 * 12
	}
	y, h := 8*u, 30*u
	c.cell(fyne.NewPos(8*u, y), fyne.NewSize(h, h), "", ColorText, false, false, func() { c.moveMonths(-step) })
	c.icon("chevron-left", 8*u+h/2, y+h/2, ColorText)
	c.cell(fyne.NewPos(s.Width-8*u-h, y), fyne.NewSize(h, h), "", ColorText, false, false, func() { c.moveMonths(step) })
	c.icon("chevron-right", s.Width-8*u-h/2, y+h/2, ColorText)
	mid := s.Width / 2
	c.title(fyne.NewPos(mid-92*u, y), fyne.NewSize(98*u, h), fmt.Sprintf("%d年", c.day.Year()), yearsView)
	c.title(fyne.NewPos(mid+8*u, y), fyne.NewSize(78*u, h), fmt.Sprintf("%d月", c.day.Month()), monthsView)
}

// title is a part of the head that opens a page of its own.
func (c *calendar) title(at fyne.Position, size fyne.Size, text string, v calendarView) {
	u := unit()
	name := ColorText
	if c.view == v {
		name = ColorOnActive
	}
	c.cell(at, size, text, ColorText, c.view == v, false, c.turn(v))
	label := c.layer.Objects[len(c.layer.Objects)-1]
	label.Move(label.Position().SubtractXY(8*u, 0))
	c.icon("chevron-down", at.X+size.Width-18*u, at.Y+size.Height/2, name)
}

func (c *calendar) icon(name string, x, y float32, color fyne.ThemeColorName) {
	side := 16 * unit()
	image := canvas.NewImageFromResource(IconIn(name, color))
	image.FillMode = canvas.ImageFillContain
	place(image, x-side/2, y-side/2, side, side)
	c.layer.Objects = append(c.layer.Objects, image)
}

func (c *calendar) days(at fyne.Position, width float32) {
	u := unit()
	w, h := width/7, 32*u
	for i, name := range []string{"一", "二", "三", "四", "五", "六", "日"} {
		t := newText(name, ColorMuted, captionSize())
		t.Alignment = fyne.TextAlignCenter
		place(t, at.X+float32(i)*w, at.Y, w, 20*u)
		c.layer.Objects = append(c.layer.Objects, t)
	}
	first := time.Date(c.day.Year(), c.day.Month(), 1, 0, 0, 0, 0, time.UTC)
	start := first.AddDate(0, 0, -(int(first.Weekday())+6)%7)
	today := c.field.now().Format(isoDate)
	for i := range 42 {
		day := start.AddDate(0, 0, i)
		pos := fyne.NewPos(at.X+float32(i%7)*w, at.Y+22*u+float32(i/7)*h)
		name := ColorText
		if day.Month() != c.day.Month() || c.outside(day) {
			name = ColorMuted
		} else if day.Format(isoDate) == today {
			name = ColorAccentText
		}
		do, final := func() { c.field.pick(day.Format(isoDate)) }, true
		if c.outside(day) {
			do, final = func() {}, false
		}
		c.cell(pos, fyne.NewSize(w, h), fmt.Sprint(day.Day()), name, day.Equal(c.day), final, do)
	}
}

func (c *calendar) outside(day time.Time) bool {
	return !c.field.Min.IsZero() && day.Before(c.field.Min) || !c.field.Max.IsZero() && day.After(c.field.Max)
}

func (c *calendar) grid(at fyne.Position, width float32, cols, rows int, item func(int) (string, bool, func())) {
	u := unit()
	w, h := width/float32(cols), (22+6*32)*u/float32(rows)
	for i := range cols * rows {
		text, chosen, do := item(i)
		pos := fyne.NewPos(at.X+float32(i%cols)*w, at.Y+float32(i/cols)*h)
		c.cell(pos, fyne.NewSize(w, h), text, ColorText, chosen, false, do)
	}
}

func (c *calendar) foot(s fyne.Size) {
	u := unit()
	y, h := s.Height-36*u, 28*u
	x := 8 * u
	today := c.field.now()
	c.cell(fyne.NewPos(x, y), fyne.NewSize(56*u, h), "今天", ColorAccentText, false, false, func() { c.moveTo(time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)) })
	if c.field.AllowLongTerm {
		c.cell(fyne.NewPos(x+60*u, y), fyne.NewSize(56*u, h), LongTerm, ColorAccentText, false, true, func() { c.field.pick(LongTerm) })
	}
	c.cell(fyne.NewPos(s.Width-8*u-56*u, y), fyne.NewSize(56*u, h), "清除", ColorMuted, false, true, func() { c.field.pick("") })
}

func (c *calendar) cell(at fyne.Position, size fyne.Size, text string, name fyne.ThemeColorName, chosen, final bool, do func()) {
	u := unit()
	i := len(c.cells)
	c.cells = append(c.cells, calendarCell{at, size, do, final})
	if chosen || i == c.over {
		r := canvas.NewRectangle(paint(ColorHover))
		if chosen {
			r.FillColor = paint(ColorAccent)
			name = ColorOnActive
		}
		r.CornerRadius = 5 * u
		place(r, at.X+1*u, at.Y+1*u, size.Width-2*u, size.Height-2*u)
		c.layer.Objects = append(c.layer.Objects, r)
	}
	t := newText(text, name, textSize())
	t.Alignment = fyne.TextAlignCenter
	h := t.MinSize().Height
	place(t, at.X, at.Y+(size.Height-h)/2, size.Width, h)
	c.layer.Objects = append(c.layer.Objects, t)
}

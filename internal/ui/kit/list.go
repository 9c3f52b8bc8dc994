package kit

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Column is one column of a List.
type Column struct {
	Title  string  // a head is drawn where any column has one
	Weight float32 // its share of the width
	Right  bool    // text stands at the right
}

// Cell is what a row shows in a column: a line, and where the list has two
// lines a row, a smaller grey one beneath.
type Cell struct {
	Text, Detail string
	Color        fyne.ThemeColorName // of Text; empty is the text colour
	Bold         bool
	Bar          bool    // a thin bar at the row's foot
	Part         float32 // of the bar, from 0 to 1
}

// List is a list of any length: only the rows in view are asked for and drawn.
// Arrow keys, page keys, Home and End select; Return and a double click open.
type List struct {
	widget.BaseWidget
	OnSelect func(row int)            // the selection moved, by the person
	OnOpen   func(row int)            // Return or double click
	Menu     func(row int) *fyne.Menu // by the right button or the menu key; may be nil
	TwoLines bool                     // rows show Cell.Detail
	Wraps    bool                     // a text too long for its column stands in two lines; not with TwoLines
	Empty    string                   // shown when there are no rows

	columns  []Column
	length   func() int
	row      func(i int) []Cell
	selected int
	offset   float32
	over     int
	focused  bool
	click    time.Time
	dragging bool
	back     *Surface
	edge     *Surface // while it has the focus
	layer    *fyne.Container
}

// NewList is a list of length() rows; row gives the cells of one, in the order
// of columns. Both run on Fyne's goroutine for each row in view.
func NewList(columns []Column, length func() int, row func(i int) []Cell) *List {
	l := &List{columns: columns, length: length, row: row, selected: -1, over: -1}
	l.ExtendBaseWidget(l)
	return l
}

// Selected is the selected row, or -1.
func (l *List) Selected() int { return l.selected }

// Select selects a row without calling OnSelect and scrolls to it; -1 selects
// none.
func (l *List) Select(row int) {
	l.selected = min(row, l.length()-1)
	l.reveal()
	l.Refresh()
}

// ScrollToTop shows the first row.
func (l *List) ScrollToTop() {
	l.offset = 0
	l.Refresh()
}

func (l *List) rowHeight() float32 {
	switch {
	case l.TwoLines:
		return lineHeight(textSize()) + lineHeight(captionSize()) + 16*unit()
	case l.Wraps:
		return 2*lineHeight(textSize()) + 12*unit()
	}
	return lineHeight(textSize()) + 14*unit()
}

func (l *List) headHeight() float32 {
	for _, c := range l.columns {
		if c.Title != "" {
			return lineHeight(captionSize()) + 12*unit()
		}
	}
	return 0
}

func (l *List) view() float32 { return max(l.Size().Height-l.headHeight(), 0) }

func (l *List) furthest() float32 {
	return max(float32(l.length())*l.rowHeight()-l.view(), 0)
}

func (l *List) reveal() {
	if l.selected < 0 || l.view() == 0 {
		return
	}
	y := float32(l.selected) * l.rowHeight()
	if y < l.offset {
		l.offset = y
	}
	if y+l.rowHeight() > l.offset+l.view() {
		l.offset = y + l.rowHeight() - l.view()
	}
}

func (l *List) pick(row int) {
	n := l.length()
	if n == 0 {
		return
	}
	row = min(max(row, 0), n-1)
	changed := row != l.selected
	l.selected = row
	l.reveal()
	l.Refresh()
	if changed && l.OnSelect != nil {
		l.OnSelect(row)
	}
}

func (l *List) open() {
	if l.selected >= 0 && l.selected < l.length() && l.OnOpen != nil {
		l.OnOpen(l.selected)
	}
}

// TypedKey moves and opens.
func (l *List) TypedKey(ev *fyne.KeyEvent) {
	touch(l)
	page := max(int(l.view()/l.rowHeight())-1, 1)
	switch ev.Name {
	case fyne.KeyDown:
		l.pick(l.selected + 1)
	case fyne.KeyUp:
		l.pick(l.selected - 1)
	case fyne.KeyPageDown:
		l.pick(l.selected + page)
	case fyne.KeyPageUp:
		l.pick(l.selected - page)
	case fyne.KeyHome:
		l.pick(0)
	case fyne.KeyEnd:
		l.pick(l.length() - 1)
	case fyne.KeyReturn, fyne.KeyEnter:
		l.open()
	case desktop.KeyMenu:
		at := fyne.NewPos(16*unit(), l.headHeight()+(float32(l.selected)+1)*l.rowHeight()-l.offset)
		l.menu(fyne.CurrentApp().Driver().AbsolutePositionForObject(l).Add(at))
	default:
		PassKey(l, ev)
	}
}

// TypedRune is Fyne's.
func (l *List) TypedRune(rune) {}

// FocusGained is Fyne's.
func (l *List) FocusGained() {
	l.focused = true
	noteFocus(l, true)
	if l.selected < 0 && l.length() > 0 {
		l.pick(0)
	}
	l.Refresh()
}

// FocusLost is Fyne's.
func (l *List) FocusLost() {
	l.focused = false
	l.Refresh()
}

func (l *List) rowAt(p fyne.Position) int {
	y := p.Y - l.headHeight()
	if y < 0 || y >= l.view() {
		return -1
	}
	row := int((y + l.offset) / l.rowHeight())
	if row >= l.length() {
		return -1
	}
	return row
}

// MouseDown selects the row under the pointer, or grabs the scroll bar.
func (l *List) MouseDown(ev *desktop.MouseEvent) {
	touch(l)
	if ev.Position.X > l.Size().Width-12*unit() && l.furthest() > 0 {
		l.dragging = true
		l.dragBar(ev.Position.Y)
		return
	}
	row := l.rowAt(ev.Position)
	if c := canvasOf(l); c != nil {
		c.Focus(l)
	}
	if row < 0 {
		return
	}
	again := ev.Button != desktop.MouseButtonSecondary && row == l.selected && time.Since(l.click) < doubleClick
	l.click = time.Now()
	l.pick(row)
	if again {
		l.click = time.Time{}
		l.open()
	}
}

// TappedSecondary shows what can be done to the row under the pointer, which
// MouseDown has selected.
func (l *List) TappedSecondary(ev *fyne.PointEvent) {
	if row := l.rowAt(ev.Position); row >= 0 {
		l.pick(row)
		l.menu(ev.AbsolutePosition)
	}
}

func (l *List) menu(at fyne.Position) {
	c := canvasOf(l)
	if l.Menu == nil || c == nil || l.selected < 0 || l.selected >= l.length() {
		return
	}
	popUp(l.Menu(l.selected), c, at)
}

// MouseUp is Fyne's.
func (l *List) MouseUp(*desktop.MouseEvent) { l.dragging = false }

// Dragged moves the scroll bar.
func (l *List) Dragged(ev *fyne.DragEvent) {
	if l.dragging {
		l.dragBar(ev.Position.Y)
	}
}

// DragEnd is Fyne's.
func (l *List) DragEnd() { l.dragging = false }

func (l *List) dragBar(y float32) {
	share := (y - l.headHeight()) / max(l.view(), 1)
	l.offset = min(max(share*l.furthest(), 0), l.furthest())
	l.Refresh()
}

// MouseIn is Fyne's.
func (l *List) MouseIn(ev *desktop.MouseEvent) { l.MouseMoved(ev) }

// MouseMoved marks the row under the pointer.
func (l *List) MouseMoved(ev *desktop.MouseEvent) {
	touch(l)
	if row := l.rowAt(ev.Position); row != l.over {
		l.over = row
		l.Refresh()
	}
}

// MouseOut is Fyne's.
func (l *List) MouseOut() {
	l.over = -1
	l.Refresh()
}

// Scrolled is Fyne's.
func (l *List) Scrolled(ev *fyne.ScrollEvent) {
	touch(l)
	if l.furthest() <= 0 {
		scrollAround(l, ev)
		return
	}
	l.offset = min(max(l.offset-ev.Scrolled.DY*2, 0), l.furthest())
	l.Refresh()
}

// CreateRenderer is Fyne's.
func (l *List) CreateRenderer() fyne.WidgetRenderer {
	l.back, l.edge, l.layer = NewSurface(), NewSurface(), &fyne.Container{}
	clip := newClip(l.layer)
	return &drawn{
		objects: append(l.back.Objects(), clip),
		layout: func(s fyne.Size) {
			l.back.Place(0, 0, s.Width, s.Height)
			place(clip, 0, 0, s.Width, s.Height)
			l.draw(s)
		},
		min:     func() fyne.Size { return fyne.NewSize(200*unit(), l.headHeight()+3*l.rowHeight()) },
		refresh: func() { l.draw(l.Size()) },
	}
}

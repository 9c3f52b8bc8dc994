package kit

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// rowsShown is how many options a list shows at once.
const rowsShown = 9

// dropList is the list under a picker. It never takes the focus; only the rows
// in view are drawn.
type dropList struct {
	widget.BaseWidget
	options []Option
	at      int
	top     int
	press   func()
	choose  func(Option)
	left    func()
	back    *canvas.Rectangle
	rows    *fyne.Container
}

func newDropList(press func(), choose func(Option), left func()) *dropList {
	l := &dropList{press: press, choose: choose, left: left}
	l.ExtendBaseWidget(l)
	return l
}

// Narrow is the options whose text, detail or ID holds query, those that begin
// with it first.
func Narrow(options []Option, query string) []Option {
	query = strings.ToLower(strings.TrimSpace(query))
	if query == "" {
		return options
	}
	var first, rest []Option
	for _, o := range options {
		text, detail := strings.ToLower(o.Text), strings.ToLower(o.Detail+"\n"+o.Also)
		switch {
		case strings.HasPrefix(text, query), strings.HasPrefix(strings.ToLower(o.ID), query):
			first = append(first, o)
		case strings.Contains(text, query), strings.Contains(detail, query):
			rest = append(rest, o)
		}
	}
	return append(first, rest...)
}

func (l *dropList) set(options []Option, id string) {
	l.options, l.at, l.top = options, 0, 0
	for i, o := range options {
		if id != "" && o.ID == id {
			l.at = i
		}
	}
	l.reveal()
	l.Refresh()
}

func (l *dropList) current() (Option, bool) {
	if l.at < 0 || l.at >= len(l.options) {
		return Option{}, false
	}
	return l.options[l.at], true
}

func (l *dropList) moveBy(n int) {
	l.at = min(max(l.at+n, 0), max(len(l.options)-1, 0))
	l.reveal()
	l.Refresh()
}

func (l *dropList) page() int {
	if h := l.Size().Height; h > 0 {
		return max(int((h-8*unit())/l.rowHeight()), 1)
	}
	return rowsShown
}

func (l *dropList) reveal() {
	if l.at < l.top {
		l.top = l.at
	}
	if n := l.page(); l.at >= l.top+n {
		l.top = l.at - n + 1
	}
}

func (l *dropList) rowHeight() float32 { return lineHeight(textSize()) + 10*unit() }

func (l *dropList) rowAt(p fyne.Position) int {
	row := int((p.Y - 4*unit()) / l.rowHeight())
	if row < 0 || row >= l.page() || l.top+row >= len(l.options) {
		return -1
	}
	return l.top + row
}

// MouseDown tells the field that the focus it is about to lose was not meant.
func (l *dropList) MouseDown(*desktop.MouseEvent) { l.press() }

// MouseUp is Fyne's. The focus goes once more after it, before Tapped.
func (l *dropList) MouseUp(*desktop.MouseEvent) {}

// Tapped takes the option under the pointer.
func (l *dropList) Tapped(ev *fyne.PointEvent) {
	if i := l.rowAt(ev.Position); i >= 0 {
		l.at = i
		l.choose(l.options[i])
	}
}

// MouseIn is Fyne's.
func (l *dropList) MouseIn(ev *desktop.MouseEvent) { l.MouseMoved(ev) }

// MouseMoved marks the option under the pointer.
func (l *dropList) MouseMoved(ev *desktop.MouseEvent) {
	touch(l)
	if i := l.rowAt(ev.Position); i >= 0 && i != l.at {
		l.at = i
		l.Refresh()
	}
}

// MouseOut is Fyne's: a press that ends elsewhere chooses nothing.
func (l *dropList) MouseOut() { l.left() }

// Scrolled moves the rows.
func (l *dropList) Scrolled(ev *fyne.ScrollEvent) {
	touch(l)
	step := 3
	if ev.Scrolled.DY > 0 {
		step = -3
	}
	l.top = min(max(l.top+step, 0), max(len(l.options)-l.page(), 0))
	l.Refresh()
}

// CreateRenderer is Fyne's.
func (l *dropList) CreateRenderer() fyne.WidgetRenderer {
	l.back = canvas.NewRectangle(color.Transparent)
	l.rows = &fyne.Container{}
	return &drawn{
		objects: []fyne.CanvasObject{l.back, l.rows},
		layout: func(s fyne.Size) {
			place(l.back, 0, 0, s.Width, s.Height)
			l.draw(s)
		},
		min:     l.least,
		refresh: func() { l.draw(l.Size()) },
	}
}

func (l *dropList) least() fyne.Size {
	u := unit()
	w := 160 * u
	for _, o := range l.options[:min(len(l.options), 40)] {
		tw := textWidth(o.Text, textSize(), fyne.TextStyle{}) + 24*u
		if o.Detail != "" {
			tw += textWidth(o.Detail, captionSize(), fyne.TextStyle{}) + 16*u
		}
		w = max(w, min(tw, 520*u))
	}
	rows := min(max(len(l.options), 1), rowsShown)
	return fyne.NewSize(w, float32(rows)*l.rowHeight()+8*u)
}

func (l *dropList) draw(s fyne.Size) {
	u := unit()
	popupSurface(l.back)
	l.rows.Objects = nil
	if len(l.options) == 0 {
		t := newText("没有相符的选项", ColorMuted, textSize())
		place(t, 12*u, 4*u+5*u, s.Width, lineHeight(textSize()))
		l.rows.Objects = append(l.rows.Objects, t)
	}
	h := l.rowHeight()
	for row := 0; row < l.page() && l.top+row < len(l.options); row++ {
		i := l.top + row
		o := l.options[i]
		y := 4*u + float32(row)*h
		if i == l.at {
			r := canvas.NewRectangle(paint(ColorAccentSoft))
			r.CornerRadius = 4 * u
			place(r, 4*u, y, s.Width-8*u, h)
			l.rows.Objects = append(l.rows.Objects, r)
		}
		free := s.Width - 24*u
		text := ellipsis(o.Text, textSize(), fyne.TextStyle{}, free)
		t := newText(text, ColorText, textSize())
		place(t, 12*u, y+5*u, t.MinSize().Width, lineHeight(textSize()))
		l.rows.Objects = append(l.rows.Objects, t)
		if o.Detail != "" {
			free -= t.MinSize().Width + 16*u
			d := newText(ellipsis(o.Detail, captionSize(), fyne.TextStyle{}, free), ColorMuted, captionSize())
			dh := lineHeight(captionSize())
			place(d, s.Width-12*u-d.MinSize().Width, y+(h-dh)/2, d.MinSize().Width, dh)
			if free > 24*u {
				l.rows.Objects = append(l.rows.Objects, d)
			}
		}
	}
	if more := len(l.options); more > l.page() {
		track := s.Height - 8*u
		bar := canvas.NewRectangle(paint(ColorFieldEdge))
		bar.CornerRadius = 1.5 * u
		size := max(track*float32(l.page())/float32(more), 16*u)
		y := 4*u + (track-size)*float32(l.top)/float32(max(more-l.page(), 1))
		place(bar, s.Width-4*u, y, 3*u, size)
		l.rows.Objects = append(l.rows.Objects, bar)
	}
	l.rows.Refresh()
}

// popupSurface styles the surface of something that floats.
func popupSurface(r *canvas.Rectangle) {
	u := unit()
	r.FillColor, r.StrokeColor, r.StrokeWidth, r.CornerRadius = paint(ColorCard), paint(ColorFieldEdge), 1, 6*u
	r.Shadow = canvas.Shadow{Color: paint(ColorShadow), BlurRadius: 12 * u, Offset: fyne.NewPos(0, 3*u)}
	r.Refresh()
}

package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// railWidth is the rail's width at scale 1.
const railWidth = 168

// RailEntry is one place to go.
type RailEntry struct {
	ID, Text string
	Icon     fyne.Resource
	Badge    string // a count at the right, or nothing
}

// Rail is the navigation at a window's left: a head, entries, and status lines
// at its foot. It takes no focus: function keys go where it goes.
type Rail struct {
	widget.BaseWidget
	OnSelect func(id string)

	title, subtitle string
	entries         []RailEntry
	active          string
	foot            []*StatusLine
	over            int
	back            *Surface
	layer           *fyne.Container
}

// NewRail is a rail with a head.
func NewRail(title, subtitle string, entries ...RailEntry) *Rail {
	r := &Rail{title: title, subtitle: subtitle, entries: entries, over: -1}
	r.ExtendBaseWidget(r)
	return r
}

// SetTitle replaces the head.
func (r *Rail) SetTitle(title, subtitle string) {
	r.title, r.subtitle = title, subtitle
	r.Refresh()
}

// SetEntries replaces the entries.
func (r *Rail) SetEntries(entries ...RailEntry) {
	r.entries = entries
	r.Refresh()
}

// SetBadge sets the count beside an entry.
func (r *Rail) SetBadge(id, badge string) {
	for i := range r.entries {
		if r.entries[i].ID == id && r.entries[i].Badge != badge {
			r.entries[i].Badge = badge
			r.Refresh()
		}
	}
}

// SetActive marks an entry without calling OnSelect.
func (r *Rail) SetActive(id string) {
	r.active = id
	r.Refresh()
}

// Active is the marked entry's ID.
func (r *Rail) Active() string { return r.active }

// SetFooter puts status lines at the foot.
func (r *Rail) SetFooter(lines ...*StatusLine) {
	for _, l := range lines {
		l.rail = r
	}
	r.foot = lines
	r.Refresh()
}

func (r *Rail) entryArea(i int) (y, h float32) {
	u := unit()
	top := 22 * u
	if r.title != "" {
		top += lineHeight(headingSize()) + 4*u
	}
	if r.subtitle != "" {
		top += lineHeight(captionSize()) + 16*u
	}
	return top + float32(i)*41*u, 38 * u
}

func (r *Rail) entryAt(p fyne.Position) int {
	for i := range r.entries {
		if y, h := r.entryArea(i); p.Y >= y && p.Y < y+h {
			return i
		}
	}
	return -1
}

// Tapped goes to the entry under the pointer.
func (r *Rail) Tapped(ev *fyne.PointEvent) {
	if i := r.entryAt(ev.Position); i >= 0 && r.OnSelect != nil {
		r.OnSelect(r.entries[i].ID)
	}
}

// MouseIn is Fyne's.
func (r *Rail) MouseIn(ev *desktop.MouseEvent) { r.MouseMoved(ev) }

// MouseMoved marks the entry under the pointer.
func (r *Rail) MouseMoved(ev *desktop.MouseEvent) {
	touch(r)
	if i := r.entryAt(ev.Position); i != r.over {
		r.over = i
		r.Refresh()
	}
}

// MouseOut is Fyne's.
func (r *Rail) MouseOut() {
	r.over = -1
	r.Refresh()
}

// CreateRenderer is Fyne's.
func (r *Rail) CreateRenderer() fyne.WidgetRenderer {
	r.back = NewSurface()
	r.layer = &fyne.Container{}
	return &drawn{
		objects: append(r.back.Objects(), r.layer),
		layout: func(s fyne.Size) {
			r.back.Place(0, 0, s.Width, s.Height)
			place(r.layer, 0, 0, s.Width, s.Height)
			r.draw(s)
		},
		min: func() fyne.Size {
			y, h := r.entryArea(len(r.entries))
			return fyne.NewSize(railWidth*unit(), y+h+2*float32(len(r.foot))*lineHeight(captionSize()))
		},
		refresh: func() { r.draw(r.Size()) },
	}
}

func (r *Rail) draw(s fyne.Size) {
	u := unit()
	r.back.Look.FillColor = paint(ColorRail)
	r.back.Refresh()
	r.layer.Objects = nil
	add := func(o fyne.CanvasObject, x, y, w, h float32) {
		place(o, x, y, w, h)
		r.layer.Objects = append(r.layer.Objects, o)
	}
	y := 20 * u
	if r.title != "" {
		style := fyne.TextStyle{Bold: true}
		t := newText(ellipsis(r.title, headingSize(), style, s.Width-36*u), ColorRailText, headingSize())
		t.TextStyle = style
		t.Color = paint(ColorOnActive)
		add(t, 18*u, y, s.Width-36*u, lineHeight(headingSize()))
		y += lineHeight(headingSize()) + 4*u
	}
	if r.subtitle != "" {
		t := newText(ellipsis(r.subtitle, captionSize(), fyne.TextStyle{}, s.Width-36*u), ColorRailMuted, captionSize())
		add(t, 18*u, y, s.Width-36*u, lineHeight(captionSize()))
	}
	for i, e := range r.entries {
		r.drawEntry(add, i, e, s.Width)
	}
	w := s.Width - 30*u
	y = s.Height - 14*u
	for _, l := range r.foot {
		y -= l.highOnRail(w)
	}
	for _, l := range r.foot {
		h := l.highOnRail(w)
		add(l, 18*u, y, w, h)
		y += h
	}
	r.layer.Refresh()
}

func (r *Rail) drawEntry(add func(o fyne.CanvasObject, x, y, w, h float32), i int, e RailEntry, width float32) {
	u := unit()
	y, h := r.entryArea(i)
	name, style := ColorRailText, fyne.TextStyle{}
	if e.ID == r.active || i == r.over {
		surface := ColorRailHover
		if e.ID == r.active {
			surface, name, style = ColorRailActive, ColorOnActive, fyne.TextStyle{Bold: true}
		}
		rect := canvas.NewRectangle(paint(surface))
		rect.CornerRadius = 6 * u
		add(rect, 9*u, y, width-18*u, h)
	}
	if e.Icon != nil {
		image := canvas.NewImageFromResource(tinted(e.Icon, name))
		image.FillMode = canvas.ImageFillContain
		add(image, 24*u, y+(h-19*u)/2, 19*u, 19*u)
	}
	t := newText(e.Text, name, 15*u)
	t.TextStyle = style
	th := lineHeight(15 * u)
	add(t, 54*u, y+(h-th)/2, width-70*u, th)
	if e.Badge == "" {
		return
	}
	b := newText(e.Badge, name, captionSize())
	w := b.MinSize().Width + 12*u
	bh := lineHeight(captionSize()) + 2*u
	back := canvas.NewRectangle(paint(ColorRailHover))
	if e.ID == r.active {
		back.FillColor = color.NRGBA{R: 255, G: 255, B: 255, A: 48}
	}
	back.CornerRadius = bh / 2
	add(back, width-18*u-w, y+(h-bh)/2, w, bh)
	b.Alignment = fyne.TextAlignCenter
	add(b, width-18*u-w, y+(h-bh)/2+1*u, w, lineHeight(captionSize()))
}

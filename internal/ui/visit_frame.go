package ui

import (
	"image/color"

	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// scaled is a length of the design at the theme's scale.
func scaled(v float32) float32 { return v * theme.Size(theme.SizeNameText) / 14 }

// plate is a flat surface in a colour of the theme.
type plate struct {
	widget.BaseWidget
	name   fyne.ThemeColorName
	radius float32
	edge   fyne.ThemeColorName
}

func newPlate(name, edge fyne.ThemeColorName, radius float32) *plate {
	p := &plate{name: name, edge: edge, radius: radius}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer is Fyne's.
func (p *plate) CreateRenderer() fyne.WidgetRenderer {
	r := &plateRenderer{plate: p, flat: kit.NewSurface()}
	r.paint()
	return r
}

type plateRenderer struct {
	plate *plate
	flat  *kit.Surface
}

func (r *plateRenderer) paint() {
	r.flat.Look.FillColor = theme.Color(r.plate.name)
	r.flat.Look.CornerRadius = scaled(r.plate.radius)
	if r.plate.edge != "" {
		r.flat.Look.StrokeColor, r.flat.Look.StrokeWidth = theme.Color(r.plate.edge), 1
	}
}

func (r *plateRenderer) Layout(s fyne.Size)           { r.flat.Place(0, 0, s.Width, s.Height) }
func (r *plateRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *plateRenderer) Objects() []fyne.CanvasObject { return r.flat.Objects() }
func (r *plateRenderer) Destroy()                     {}
func (r *plateRenderer) Refresh() {
	r.paint()
	r.flat.Refresh()
}

// surface puts o on a flat surface, as the bars above and below a visit.
func surface(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewStack(newPlate(kit.ColorCard, "", 0), o)
}

// margin is a layout with room at the sides and above and below.
type margin struct{ x, y float32 }

// inset gives o room at its sides (x) and above and below (y).
func inset(x, y float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(&margin{x, y}, o)
}

func (m *margin) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return objs[0].MinSize().AddWidthHeight(2*scaled(m.x), 2*scaled(m.y))
}

func (m *margin) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	objs[0].Move(fyne.NewPos(scaled(m.x), scaled(m.y)))
	objs[0].Resize(s.SubtractWidthHeight(2*scaled(m.x), 2*scaled(m.y)))
}

// wide is a layout of a fixed width.
type wide struct{ width float32 }

func (w *wide) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(scaled(w.width), objs[0].MinSize().Height)
}

func (w *wide) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	objs[0].Move(fyne.Position{})
	objs[0].Resize(s)
}

// atMost is a layout in the middle, no wider than a page is read with ease.
type atMost struct{ width float32 }

func (*atMost) MinSize(objs []fyne.CanvasObject) fyne.Size { return objs[0].MinSize() }

func (a *atMost) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	w := min(s.Width, scaled(a.width))
	objs[0].Move(fyne.NewPos((s.Width-w)/2, 0))
	objs[0].Resize(fyne.NewSize(w, s.Height))
}

// rightward lays objects out in a row that begins at the right.
type rightward struct{}

func (*rightward) MinSize(objs []fyne.CanvasObject) fyne.Size {
	var w, h float32
	for i, o := range objs {
		m := o.MinSize()
		if i > 0 {
			w += scaled(10)
		}
		w, h = w+m.Width, max(h, m.Height)
	}
	return fyne.NewSize(w, h)
}

func (*rightward) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	x := s.Width
	for _, o := range objs {
		m := o.MinSize()
		x -= m.Width
		o.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
		o.Resize(m)
		x -= scaled(10)
	}
}

// gap is room in a row.
func gap(width float32) fyne.CanvasObject {
	return container.New(&wide{width}, canvas.NewRectangle(color.Transparent))
}

// cards are a step's surfaces, one above the other, that scroll.
func cards(all ...fyne.CanvasObject) *container.Scroll {
	return container.NewVScroll(inset(16, 12, container.New(&stacked{gap: 12}, all...)))
}

// stacked lays objects out one above the other with a gap between.
type stacked struct{ gap float32 }

func (l *stacked) MinSize(objs []fyne.CanvasObject) fyne.Size {
	var w, h float32
	for _, o := range objs {
		if !o.Visible() {
			continue
		}
		if h > 0 {
			h += scaled(l.gap)
		}
		m := o.MinSize()
		w, h = max(w, m.Width), h+m.Height
	}
	return fyne.NewSize(w, h)
}

func (l *stacked) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	var y float32
	for _, o := range objs {
		if !o.Visible() {
			continue
		}
		// what wraps knows its height only after it has been given its width
		o.Resize(fyne.NewSize(s.Width, o.MinSize().Height))
		h := o.MinSize().Height
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(s.Width, h))
		y += h + scaled(l.gap)
	}
}

// banner is the line under the steps that says why a case cannot be changed
// now, and what to do.
type banner struct {
	content *fyne.Container
	row     *fyne.Container
	changed func() // its height may have changed
	text    *kit.Text
	button  *kit.Button
	second  *kit.Button
	plate   *plate
}

func newBanner(changed func()) *banner {
	b := &banner{changed: changed, text: kit.NewText("", kit.TextBody), plate: newPlate(kit.ColorWarnSoft, "", 0)}
	b.button = kit.NewSecondary("", nil, nil)
	b.second = kit.NewSecondary("", nil, nil)
	b.second.Hide()
	b.row = container.New(&bannerRow{}, b.text, b.button, b.second)
	b.content = container.NewStack(b.plate, inset(18, 7, b.row))
	b.content.Hide()
	return b
}

// also puts another button left of the one that set has shown, until the next set.
func (b *banner) also(button string, do func()) {
	b.second.SetText(button)
	b.second.OnTapped = do
	b.second.Show()
	b.row.Refresh()
	b.changed()
}

// set shows words in the colour of their kind, and a button where do is set;
// no words hide it.
func (b *banner) set(kind kit.Kind, words, button string, do func()) {
	if words == "" {
		if b.content.Visible() {
			b.content.Hide()
			b.changed()
		}
		return
	}
	soft := kit.ColorAccentSoft
	switch kind {
	case kit.Warning:
		soft = kit.ColorWarnSoft
	case kit.Bad:
		soft = kit.ColorBadSoft
	case kit.Good:
		soft = kit.ColorOKSoft
	}
	b.plate.name = soft
	b.plate.Refresh()
	b.text.SetText(words)
	b.button.SetText(button)
	b.button.OnTapped = do
	b.second.Hide()
	if do == nil {
		b.button.Hide()
	} else {
		b.button.Show()
	}
	b.content.Show()
	b.row.Refresh()
	b.changed()
}

// visitFrame lays out a visit: the step in the middle, bars above and below,
// and the list of problems at the right, which gives way where it is narrow.
type visitFrame struct{}

const sideWidest, sideNarrowest = 286, 196

func (*visitFrame) MinSize(objs []fyne.CanvasObject) fyne.Size {
	body, top, foot := objs[0].MinSize(), objs[1].MinSize(), objs[2].MinSize()
	w := body.Width
	if objs[3].Visible() {
		w += scaled(sideNarrowest)
	}
	return fyne.NewSize(max(w, top.Width, foot.Width), top.Height+foot.Height+max(body.Height, scaled(160)))
}

func (*visitFrame) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	put := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
	}
	top, foot := objs[1].MinSize().Height, objs[2].MinSize().Height
	put(objs[1], 0, 0, s.Width, top)
	put(objs[2], 0, s.Height-foot, s.Width, foot)
	side := float32(0)
	if objs[3].Visible() {
		side = min(max(s.Width-objs[0].MinSize().Width, scaled(sideNarrowest)), scaled(sideWidest))
		put(objs[3], s.Width-side, top, side, s.Height-top-foot)
	}
	put(objs[0], 0, top, s.Width-side, s.Height-top-foot)
}

// bannerRow lays out words that wrap and buttons right of them, the first outermost, all
// in the middle of the height.
type bannerRow struct{}

func (*bannerRow) MinSize(objs []fyne.CanvasObject) fyne.Size {
	h := objs[0].MinSize().Height
	for _, b := range objs[1:] {
		if b.Visible() {
			h = max(h, b.MinSize().Height)
		}
	}
	return fyne.NewSize(scaled(200), h)
}

func (*bannerRow) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	free := s.Width
	if free < scaled(100) {
		return // before the window has a size, words must not be broken to it
	}
	for _, b := range objs[1:] {
		if !b.Visible() {
			continue
		}
		m, gap := b.MinSize(), scaled(16)
		if free < s.Width {
			gap = scaled(10)
			free += scaled(16) - gap
		}
		b.Move(fyne.NewPos(free-m.Width, (s.Height-m.Height)/2))
		b.Resize(m)
		free -= m.Width + scaled(16)
	}
	objs[0].Resize(fyne.NewSize(free, objs[0].MinSize().Height))
	h := objs[0].MinSize().Height
	objs[0].Move(fyne.NewPos(0, max((s.Height-h)/2, 0)))
	objs[0].Resize(fyne.NewSize(free, h))
}

// headRow lays out the case's name, what it is, and at the right how it
// stands; all on one middle line.
type headRow struct{}

func (*headRow) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objs[0].MinSize().Width+objs[2].MinSize().Width+scaled(40), scaled(28))
}

func (*headRow) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	right := objs[2].MinSize().Width
	free := max(s.Width-right-scaled(24), 0)
	name := min(objs[0].MinSize().Width, free)
	put := func(o fyne.CanvasObject, x, w, drop float32) {
		h := o.MinSize().Height
		o.Move(fyne.NewPos(x, (s.Height-h)/2+drop))
		o.Resize(fyne.NewSize(max(w, 0), h))
	}
	put(objs[0], 0, name, 0)
	put(objs[1], name+scaled(12), free-name-scaled(12), scaled(2))
	put(objs[2], s.Width-right, right, 0)
}

// named lays out a name and, at a fixed place right of it, how it stands.
type named struct{}

const namedWidth = 290

func (*named) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(scaled(namedWidth)+objs[1].MinSize().Width, max(objs[0].MinSize().Height, objs[1].MinSize().Height)+scaled(4))
}

func (*named) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	for i, o := range objs {
		h := o.MinSize().Height
		x, w := float32(0), scaled(namedWidth-10)
		if i > 0 {
			x, w = scaled(namedWidth), s.Width-scaled(namedWidth)
		}
		o.Move(fyne.NewPos(x, (s.Height-h)/2))
		o.Resize(fyne.NewSize(max(w, 0), h))
	}
}

// middle is a layout of words in the middle of a free surface.
type middle struct{}

func (*middle) MinSize(objs []fyne.CanvasObject) fyne.Size { return objs[0].MinSize() }

func (*middle) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	w := min(s.Width, scaled(520))
	objs[0].Resize(fyne.NewSize(w, objs[0].MinSize().Height))
	h := objs[0].MinSize().Height
	objs[0].Move(fyne.NewPos((s.Width-w)/2, (s.Height-h)*0.42))
	objs[0].Resize(fyne.NewSize(w, h))
}

// relay lays out anew what a scroller holds, after something in it has grown
// or shrunk.
func relay(s *container.Scroll) {
	before := s.Content.Size()
	if before.IsZero() {
		return
	}
	s.Content.Resize(before.AddWidthHeight(0, 1))
	now := s.Content.MinSize().Max(s.Size())
	s.Content.Resize(fyne.NewSize(s.Size().Width, now.Height))
	if now.Height != before.Height {
		s.Refresh()
	}
}

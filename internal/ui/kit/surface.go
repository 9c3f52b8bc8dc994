package kit

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Surface is a large area of one colour, with the corners, the edge and the
// shadow that its Look has. A window draws it in pieces, to the same pixels: the
// toolkit works out corners and shadow for every pixel of a rectangle, and where
// no graphics card does so, that is nearly all that a frame costs. Only what lies
// along the edge is drawn so; the middle is a broad line, which costs a quarter.
type Surface struct {
	Look   *canvas.Rectangle // how it looks; after a change call Refresh
	middle *pane             // nil outside of a window, which draws Look as it is
	edges  [4]*pane          // above, left, right, below
	hidden bool
}

// NewSurface is a surface without colour or size.
func NewSurface() *Surface {
	s := &Surface{Look: canvas.NewRectangle(nil)}
	if _, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		s.inPieces()
	}
	return s
}

func (s *Surface) inPieces() {
	s.middle = newPane(canvas.NewLine(color.Transparent))
	for i := range s.edges {
		s.edges[i] = newPane(canvas.NewRectangle(nil))
	}
}

// Objects are what the widget that has the surface is to draw, the lowest first.
func (s *Surface) Objects() []fyne.CanvasObject {
	if s.middle == nil {
		return []fyne.CanvasObject{s.Look}
	}
	objects := []fyne.CanvasObject{s.Look, s.middle}
	for _, e := range s.edges {
		objects = append(objects, e)
	}
	return objects
}

// Place puts it within the widget that has it.
func (s *Surface) Place(x, y, w, h float32) {
	place(s.Look, x, y, w, h)
	s.cut()
}

// SetHidden takes it away, or shows it again.
func (s *Surface) SetHidden(hidden bool) {
	s.hidden = hidden
	s.Refresh()
}

// Refresh draws it as Look says.
func (s *Surface) Refresh() {
	s.cut()
	s.Look.Refresh()
}

// leastMiddle is the middle, in square points, from which on drawing it apart
// spares more than drawing five pieces costs.
const leastMiddle = 8000

// cut divides the surface. Where two pieces meet is a whole number of points from
// its corner, and a piece's height ten times one where another is above it: every
// scale the toolkit draws in is a tenth of a whole number, so that to the pixel
// nothing is left out between two, and nothing drawn twice.
func (s *Surface) cut() {
	if s.middle == nil {
		s.Look.Hidden = s.hidden
		return
	}
	l := s.Look
	fill, _ := color.NRGBAModel.Convert(seen(l.FillColor)).(color.NRGBA)
	shade := color.NRGBAModel.Convert(seen(l.Shadow.Color)).(color.NRGBA).A > 0
	stroke := l.StrokeWidth
	if seen(l.StrokeColor) == color.Transparent {
		stroke = 0
	}
	w, h := l.Size().Width, l.Size().Height
	edge := up(max(l.CornerRadius, stroke)) + 4
	veil := fill.A > 0 && fill.A < 255
	apart := (w-2*edge)*(h-2*edge) >= leastMiddle && !(veil && (l.CornerRadius > 0 || stroke > 0 || shade))
	l.Hidden = s.hidden || apart
	s.middle.Hidden = s.hidden || !apart || fill.A == 0
	for _, e := range s.edges {
		e.Hidden = s.hidden || !apart || veil
	}
	if !apart {
		return
	}
	s.middle.object.(*canvas.Line).StrokeColor = fill
	out := float32(2) // a soft edge ends beyond it
	if shade {
		o := l.Shadow.Offset
		out += up(l.Shadow.BlurRadius + l.Shadow.Spread + max(o.X, -o.X, o.Y, -o.Y))
	}
	if veil {
		s.middle.flood(l.Position(), l.Size())
		return
	}
	s.divide(edge, out)
}

// divide places the pieces of a surface whose edge takes as much within and out.
func (s *Surface) divide(edge, out float32) {
	const within = 2 // the middle goes on beneath the others
	l := s.Look
	w, h := l.Size().Width, l.Size().Height
	side := tens(h - 2*edge)
	right := float32(math.Floor(float64(w - edge)))
	s.middle.flood(l.Position().AddXY(edge-within, edge-within), fyne.NewSize(right-edge+2*within, side+2*within))
	wide := up(w + 2*out)
	for i, part := range [4]struct{ x, y, w, h float32 }{
		{-out, -out, wide, edge + out},
		{-out, edge, edge + out, side},
		{right, edge, up(w-right) + out, side},
		{-out, edge + side, wide, tens(h-edge-side+out) + 10},
	} {
		r := s.edges[i].object.(*canvas.Rectangle)
		r.FillColor, r.StrokeColor, r.StrokeWidth, r.CornerRadius, r.Shadow = l.FillColor, l.StrokeColor, l.StrokeWidth, l.CornerRadius, l.Shadow
		s.edges[i].show(l.Position(), fyne.NewPos(part.x, part.y), fyne.NewSize(part.w, part.h), l.Size())
	}
}

func up(v float32) float32   { return float32(math.Ceil(float64(v))) }
func tens(v float32) float32 { return 10 * float32(math.Floor(float64(v/10))) }

// seen is a colour, or none.
func seen(c color.Color) color.Color {
	if c == nil {
		return color.Transparent
	}
	return c
}

// pane shows as much of an object as lies within it.
type pane struct {
	widget.BaseWidget
	object fyne.CanvasObject
}

func newPane(o fyne.CanvasObject) *pane {
	p := &pane{object: o}
	p.ExtendBaseWidget(p)
	return p
}

// show places the pane at an offset from where its object is, which is full large.
func (p *pane) show(object, offset fyne.Position, size, full fyne.Size) {
	p.Move(object.Add(offset))
	p.Resize(size)
	p.object.Move(fyne.NewPos(-offset.X, -offset.Y))
	p.object.Resize(full)
}

// flood places the pane and fills it with its line, whose sides and ends, which are
// not on whole pixels, it cuts off. The line is upright, for the toolkit leaves out
// what has its middle beyond what is seen, and screens scroll up and down.
func (p *pane) flood(at fyne.Position, size fyne.Size) {
	const beyond = 4
	p.Move(at)
	p.Resize(size)
	l := p.object.(*canvas.Line)
	l.StrokeWidth = size.Width + 2*beyond
	l.Position1, l.Position2 = fyne.NewPos(size.Width/2, -beyond), fyne.NewPos(size.Width/2, size.Height+beyond)
	l.Refresh()
}

// CreateRenderer is Fyne's.
func (p *pane) CreateRenderer() fyne.WidgetRenderer {
	return &paneDrawn{drawn{
		objects: []fyne.CanvasObject{p.object},
		layout:  func(fyne.Size) {},
		min:     func() fyne.Size { return fyne.Size{} },
		refresh: p.object.Refresh,
	}}
}

type paneDrawn struct{ drawn }

// IsClip is what Fyne asks a renderer for that cuts off what is beyond it.
func (*paneDrawn) IsClip() {}

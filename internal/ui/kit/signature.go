package kit

import (
	"image"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// the least ink of a signature: fewer points or a smaller extent is a slip of
// the pen.
const (
	leastPoints = 3 // a slow machine samples the pen seldom
	leastExtent = 0.04
	mostPoints  = 40000
)

// Point is where the pen was: X and Y from 0 to 1 across and down the pad, T
// in milliseconds since the first point of the signature, Pressure from 0 to 1
// or 0 where the device tells none.
type Point struct {
	X, Y     float64
	T        int64
	Pressure float64
}

// Stroke is what the pen drew between touching and leaving the pad.
type Stroke []Point

// SignaturePad takes a signature by pen, finger or mouse.
type SignaturePad struct {
	widget.BaseWidget
	OnChanged func()           // after a stroke, an undo or a clear
	Now       func() time.Time // for tests; nil is time.Now

	hint     string
	strokes  []Stroke
	started  time.Time
	drawing  bool
	readOnly bool
	ink      *inkSheet
	back     *Surface
	line     *canvas.Rectangle
	words    *canvas.Text
	image    *canvas.Image
}

// NewSignaturePad is an empty pad; hint is written on it until it is signed.
func NewSignaturePad(hint string) *SignaturePad {
	p := &SignaturePad{hint: hint}
	p.ExtendBaseWidget(p)
	return p
}

// Strokes is a copy of what was drawn.
func (p *SignaturePad) Strokes() []Stroke {
	out := make([]Stroke, len(p.strokes))
	for i, s := range p.strokes {
		out[i] = append(Stroke(nil), s...)
	}
	return out
}

// SetStrokes shows strokes drawn before.
func (p *SignaturePad) SetStrokes(strokes []Stroke) {
	p.strokes = nil
	for _, s := range strokes {
		p.strokes = append(p.strokes, append(Stroke(nil), s...))
	}
	p.redraw()
}

// Empty reports whether there is less ink than a signature has.
func (p *SignaturePad) Empty() bool {
	points := 0
	left, right, top, bottom := 1.0, 0.0, 1.0, 0.0
	for _, s := range p.strokes {
		points += len(s)
		for _, q := range s {
			left, right = min(left, q.X), max(right, q.X)
			top, bottom = min(top, q.Y), max(bottom, q.Y)
		}
	}
	return points < leastPoints || right-left < leastExtent && bottom-top < leastExtent
}

// Aspect is the pad's height divided by its width, to draw strokes undistorted.
func (p *SignaturePad) Aspect() float64 {
	if w := p.Size().Width; w > 0 {
		return float64(p.Size().Height / w)
	}
	return 0.4
}

// Undo takes the last stroke away.
func (p *SignaturePad) Undo() {
	if n := len(p.strokes); n > 0 && !p.readOnly {
		p.strokes = p.strokes[:n-1]
		p.redraw()
		p.tell()
	}
}

// Clear takes everything away.
func (p *SignaturePad) Clear() {
	if len(p.strokes) == 0 || p.readOnly {
		return
	}
	p.strokes, p.started = nil, time.Time{}
	p.redraw()
	p.tell()
}

// SetReadOnly shows the signature and takes no more.
func (p *SignaturePad) SetReadOnly(on bool) {
	p.readOnly = on
	p.Refresh()
}

func (p *SignaturePad) tell() {
	if p.OnChanged != nil {
		p.OnChanged()
	}
}

func (p *SignaturePad) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// MouseDown begins a stroke.
func (p *SignaturePad) MouseDown(ev *desktop.MouseEvent) {
	touch(p)
	if p.readOnly || ev.Button != desktop.MouseButtonPrimary {
		return
	}
	if p.started.IsZero() {
		p.started = p.now()
	}
	p.drawing = true
	p.strokes = append(p.strokes, Stroke{})
	p.add(ev.Position)
}

// Dragged goes on with the stroke.
func (p *SignaturePad) Dragged(ev *fyne.DragEvent) {
	touch(p)
	if p.drawing {
		p.add(ev.Position)
	}
}

// DragEnd is Fyne's.
func (p *SignaturePad) DragEnd() { p.lift() }

// MouseUp ends the stroke.
func (p *SignaturePad) MouseUp(*desktop.MouseEvent) { p.lift() }

func (p *SignaturePad) lift() {
	if p.drawing {
		p.drawing = false
		p.tell()
	}
}

// Cursor is the crosshair.
func (p *SignaturePad) Cursor() desktop.Cursor { return desktop.CrosshairCursor }

func (p *SignaturePad) add(at fyne.Position) {
	s := p.Size()
	if s.Width == 0 || s.Height == 0 {
		return
	}
	total := 0
	for _, stroke := range p.strokes {
		total += len(stroke)
	}
	if total >= mostPoints {
		return
	}
	q := Point{
		X: min(max(float64(at.X/s.Width), 0), 1),
		Y: min(max(float64(at.Y/s.Height), 0), 1),
		T: p.now().Sub(p.started).Milliseconds(),
	}
	last := len(p.strokes) - 1
	stroke := p.strokes[last]
	if n := len(stroke); n > 0 && stroke[n-1].X == q.X && stroke[n-1].Y == q.Y {
		return
	}
	p.strokes[last] = append(stroke, q)
	if p.ink != nil {
		p.ink.extend(p.strokes[last])
		p.show()
	}
}

func (p *SignaturePad) redraw() {
	if p.ink != nil {
		p.ink.clear()
		for _, s := range p.strokes {
			p.ink.stroke(s)
		}
	}
	p.Refresh()
}

func (p *SignaturePad) show() {
	p.words.Hidden = len(p.strokes) > 0
	p.words.Refresh()
	p.image.Image = p.ink.picture
	p.image.Refresh()
}

// CreateRenderer is Fyne's.
func (p *SignaturePad) CreateRenderer() fyne.WidgetRenderer {
	p.back, p.line = NewSurface(), canvas.NewRectangle(nil)
	p.words = newText(p.hint, ColorMuted, textSize())
	p.words.Alignment = fyne.TextAlignCenter
	p.image = &canvas.Image{FillMode: canvas.ImageFillStretch}
	p.ink = newInkSheet(1, 1)
	d := &drawn{objects: append(p.back.Objects(), p.line, p.words, p.image)}
	d.layout = func(s fyne.Size) {
		u := unit()
		p.back.Place(0, 0, s.Width, s.Height)
		place(p.line, 24*u, s.Height*0.76, s.Width-48*u, 1)
		place(p.words, 0, (s.Height-lineHeight(textSize()))/2, s.Width, lineHeight(textSize()))
		place(p.image, 0, 0, s.Width, s.Height)
		scale := float32(1)
		if c := canvasOf(p); c != nil {
			scale = c.Scale()
		}
		w, h := int(s.Width*scale), int(s.Height*scale)
		if b := p.ink.picture.Bounds(); b.Dx() != w || b.Dy() != h {
			p.ink = newInkSheet(w, h)
			p.redraw()
		}
	}
	d.min = func() fyne.Size { return fyne.NewSize(320*unit(), 140*unit()) }
	d.refresh = func() {
		p.back.Look.FillColor, p.back.Look.StrokeColor = paint(ColorPaper), paint(ColorFieldEdge)
		p.back.Look.StrokeWidth, p.back.Look.CornerRadius = 1, 5*unit()
		p.back.Refresh()
		p.line.FillColor = color.NRGBA{R: 0xc5, G: 0xcc, B: 0xd6, A: 255}
		p.line.Refresh()
		p.words.Color = color.NRGBA{R: 0x75, G: 0x80, B: 0x90, A: 255}
		p.words.TextSize = textSize()
		p.show()
	}
	d.refresh()
	return d
}

// inkSheet is the picture the strokes are drawn into.
type inkSheet struct{ picture *image.NRGBA }

func newInkSheet(w, h int) *inkSheet {
	return &inkSheet{picture: image.NewNRGBA(image.Rect(0, 0, min(max(w, 1), 4096), min(max(h, 1), 4096)))}
}

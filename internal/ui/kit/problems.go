package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Problem is one thing still wrong: its code, what to do, and where.
type Problem struct {
	Code, Text string
	Kind       Kind // Bad, Warning or Info
	Jump       func()
}

// Problems is the panel of what is still wrong; a tap jumps to the place.
type Problems struct {
	widget.BaseWidget
	// None is shown when nothing is wrong.
	None string

	all   []Problem
	over  int
	tops  []float32
	width float32
	layer *fyne.Container
}

// NewProblems is an empty panel.
func NewProblems(none string) *Problems {
	p := &Problems{None: none, over: -1}
	p.ExtendBaseWidget(p)
	return p
}

// Set replaces the problems.
func (p *Problems) Set(all []Problem) {
	p.all, p.over = all, -1
	p.Refresh()
}

// Len is how many there are.
func (p *Problems) Len() int { return len(p.all) }

func (p *Problems) at(y float32) int {
	for i := range p.all {
		if i+1 < len(p.tops) && y >= p.tops[i] && y < p.tops[i+1] {
			return i
		}
	}
	return -1
}

// Tapped jumps to the problem under the pointer.
func (p *Problems) Tapped(ev *fyne.PointEvent) {
	if i := p.at(ev.Position.Y); i >= 0 && p.all[i].Jump != nil {
		p.all[i].Jump()
	}
}

// Cursor is the hand over problems.
func (p *Problems) Cursor() desktop.Cursor {
	if len(p.all) > 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// MouseIn is Fyne's.
func (p *Problems) MouseIn(ev *desktop.MouseEvent) { p.MouseMoved(ev) }

// MouseMoved marks the problem under the pointer.
func (p *Problems) MouseMoved(ev *desktop.MouseEvent) {
	touch(p)
	if i := p.at(ev.Position.Y); i != p.over {
		p.over = i
		p.Refresh()
	}
}

// MouseOut is Fyne's.
func (p *Problems) MouseOut() {
	p.over = -1
	p.Refresh()
}

// CreateRenderer is Fyne's.
func (p *Problems) CreateRenderer() fyne.WidgetRenderer {
	p.layer = &fyne.Container{}
	return &drawn{
		objects: []fyne.CanvasObject{p.layer},
		layout:  func(s fyne.Size) { p.draw(s.Width) },
		min: func() fyne.Size {
			width := p.width
			if width == 0 {
				width = 260 * unit()
			}
			return fyne.NewSize(200*unit(), p.height(width))
		},
		refresh: func() {
			p.draw(p.Size().Width)
			canvas.Refresh(p)
		},
	}
}

func (p *Problems) lines(i int, width float32) []string {
	return wrap(p.all[i].Text, textSize(), fyne.TextStyle{}, max(width-42*unit(), 60*unit()))
}

func (p *Problems) height(width float32) float32 {
	u := unit()
	if len(p.all) == 0 {
		return lineHeight(textSize()) + 16*u
	}
	var h float32
	for i := range p.all {
		h += p.rowHeight(i, width)
	}
	return h
}

func (p *Problems) rowHeight(i int, width float32) float32 {
	h := float32(len(p.lines(i, width)))*lineHeight(textSize()) + 14*unit()
	if p.all[i].Code != "" {
		h += lineHeight(captionSize())
	}
	return h
}

func (p *Problems) draw(width float32) {
	u := unit()
	before := p.width
	p.width = width
	p.layer.Objects = nil
	add := func(o fyne.CanvasObject, x, y, w, h float32) {
		place(o, x, y, w, h)
		p.layer.Objects = append(p.layer.Objects, o)
	}
	if len(p.all) == 0 && p.None != "" {
		image := canvas.NewImageFromResource(IconIn("check", ColorOK))
		image.FillMode = canvas.ImageFillContain
		add(image, 8*u, 8*u, 18*u, 18*u)
		add(newText(ellipsis(p.None, textSize(), fyne.TextStyle{}, width-36*u), ColorOK, textSize()), 34*u, 7*u, width-36*u, lineHeight(textSize()))
	}
	y := float32(0)
	p.tops = []float32{0}
	for i, problem := range p.all {
		h := p.rowHeight(i, width)
		icon, name, soft := problem.Kind.look()
		back := canvas.NewRectangle(color.Transparent)
		if i == p.over {
			back.FillColor = paint(soft)
		}
		back.CornerRadius = 5 * u
		add(back, 0, y+1*u, width, h-2*u)
		image := canvas.NewImageFromResource(IconIn(icon, name))
		image.FillMode = canvas.ImageFillContain
		add(image, 8*u, y+8*u, 18*u, 18*u)
		ty := y + 7*u
		for _, line := range p.lines(i, width) {
			add(newText(line, ColorText, textSize()), 34*u, ty, width-36*u, lineHeight(textSize()))
			ty += lineHeight(textSize())
		}
		if problem.Code != "" {
			add(newText(problem.Code, ColorMuted, captionSize()), 34*u, ty, width-36*u, lineHeight(captionSize()))
		}
		y += h
		p.tops = append(p.tops, y)
	}
	p.layer.Refresh()
	if before != width {
		canvas.Refresh(p)
	}
}

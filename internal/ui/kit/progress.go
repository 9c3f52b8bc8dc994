package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Progress is a bar that fills as work goes on, with words above it.
type Progress struct {
	widget.BaseWidget
	words string
	part  float32

	label *canvas.Text
	track *canvas.Rectangle
	bar   *canvas.Rectangle
}

// NewProgress is an empty bar.
func NewProgress() *Progress {
	p := &Progress{}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows words and how much of the whole is done, from 0 to 1.
func (p *Progress) Set(words string, part float32) {
	p.words, p.part = words, min(max(part, 0), 1)
	p.Refresh()
}

// CreateRenderer is Fyne's.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer {
	p.label = newText("", ColorMuted, captionSize())
	p.track, p.bar = canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	d := &drawn{objects: []fyne.CanvasObject{p.label, p.track, p.bar}}
	d.layout = func(s fyne.Size) {
		u := unit()
		h := lineHeight(captionSize())
		p.label.Text = ellipsis(p.words, captionSize(), fyne.TextStyle{}, s.Width)
		place(p.label, 0, 0, s.Width, h)
		place(p.track, 0, h+5*u, s.Width, 6*u)
		place(p.bar, 0, h+5*u, max(s.Width*p.part, 6*u), 6*u)
	}
	d.min = func() fyne.Size { return fyne.NewSize(160*unit(), lineHeight(captionSize())+13*unit()) }
	d.refresh = func() {
		p.repaint()
		d.layout(p.Size())
		p.label.Refresh()
		p.bar.Refresh()
		p.track.Refresh()
	}
	p.repaint()
	return d
}

func (p *Progress) repaint() {
	u := unit()
	p.label.Color, p.label.TextSize = paint(ColorMuted), captionSize()
	p.track.FillColor, p.track.CornerRadius = paint(ColorQuiet), 3*u
	p.bar.FillColor, p.bar.CornerRadius = paint(ColorAccent), 3*u
	p.bar.Hidden = p.part <= 0
}

package kit

import (
	"fmt"
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// drawnFrom is how many times the frame's size a picture is scaled from well by
// the four pixels about each.
const drawnFrom = 2.2

// PhotoFrame shows a picture, or room for one, with a caption and buttons
// beneath. A watermark is drawn over the picture on the screen, never into it.
type PhotoFrame struct {
	widget.BaseWidget
	empty     string
	width     float32
	aspect    float32
	picture   image.Image
	caption   string
	kind      Kind
	watermark string
	sign      string // the icon of the empty frame; none is a person
	buttons   []fyne.CanvasObject

	frame *Surface
	image *canvas.Image
	icon  *canvas.Image
	words *canvas.Text
	under *canvas.Text
	marks *fyne.Container
	drawn image.Image // the picture that was drawn last
	tint  string      // of the icon that was
}

// NewPhotoFrame is an empty frame of a width at scale 1 and a ratio of height
// to width; empty is what it says without a picture. Buttons stand beneath.
func NewPhotoFrame(empty string, width, aspect float32, buttons ...fyne.CanvasObject) *PhotoFrame {
	p := &PhotoFrame{empty: empty, width: width, aspect: aspect, buttons: buttons}
	p.ExtendBaseWidget(p)
	return p
}

// SetImage shows a picture; nil empties the frame. It is drawn soonest where it
// is an *image.RGBA of at most twice the frame's size.
func (p *PhotoFrame) SetImage(img image.Image) {
	if p.picture != img {
		p.picture = img
		p.Refresh()
	}
}

// HasImage reports whether a picture is shown.
func (p *PhotoFrame) HasImage() bool { return p.picture != nil }

// SetEmpty sets the words of the frame without a picture.
func (p *PhotoFrame) SetEmpty(text string) {
	if p.empty != text {
		p.empty = text
		p.Refresh()
	}
}

// SetIcon sets what stands in the frame without a picture; it is a person else.
func (p *PhotoFrame) SetIcon(name string) {
	p.sign = name
	p.Refresh()
}

// SetCaption sets the line beneath, coloured by its kind.
func (p *PhotoFrame) SetCaption(kind Kind, text string) {
	if p.kind != kind || p.caption != text {
		p.kind, p.caption = kind, text
		p.Refresh()
	}
}

// SetWatermark sets the words drawn over the picture; empty takes them away.
func (p *PhotoFrame) SetWatermark(text string) {
	if p.watermark != text {
		p.watermark = text
		p.Refresh()
	}
}

func (p *PhotoFrame) children() []fyne.CanvasObject { return p.buttons }

// CreateRenderer is Fyne's.
func (p *PhotoFrame) CreateRenderer() fyne.WidgetRenderer {
	p.frame = NewSurface()
	p.image = &canvas.Image{FillMode: canvas.ImageFillContain}
	p.drawn, p.tint = nil, ""
	p.icon = canvas.NewImageFromResource(p.signIcon())
	p.icon.FillMode = canvas.ImageFillContain
	p.words = newText("", ColorMuted, captionSize())
	p.under = newText("", ColorMuted, captionSize())
	p.words.Alignment, p.under.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	p.marks = &fyne.Container{}
	clip := newClip(p.marks)
	objects := append(p.frame.Objects(), p.icon, p.words, p.image, clip, p.under)
	d := &drawn{objects: append(objects, p.buttons...)}
	d.layout = func(s fyne.Size) { p.arrange(s, clip) }
	d.min = p.least
	d.refresh = func() { p.repaint(); p.arrange(p.Size(), clip) }
	p.repaint()
	return d
}

func (p *PhotoFrame) least() fyne.Size {
	u := unit()
	w, h := p.width*u, p.width*p.aspect*u+lineHeight(captionSize())+6*u
	for _, b := range p.buttons {
		if b.Visible() {
			h += b.MinSize().Height + 6*u
			w = max(w, b.MinSize().Width)
		}
	}
	return fyne.NewSize(w, h)
}

func (p *PhotoFrame) arrange(s fyne.Size, clip fyne.CanvasObject) {
	u := unit()
	w, h := p.width*u, p.width*p.aspect*u
	x := (s.Width - w) / 2
	p.frame.Place(x, 0, w, h)
	place(p.image, x+1, 1, w-2, h-2)
	place(clip, x, 0, w, h)
	side := min(w, h) * 0.42
	place(p.icon, x+(w-side)/2, (h-side)/2-10*u, side, side)
	place(p.words, x, (h+side)/2-6*u, w, lineHeight(captionSize()))
	p.water(fyne.NewSize(w, h))
	y := h + 4*u
	place(p.under, 0, y, s.Width, lineHeight(captionSize()))
	y += lineHeight(captionSize()) + 2*u
	for _, b := range p.buttons {
		if b.Visible() {
			place(b, x, y, max(w, b.MinSize().Width), b.MinSize().Height)
			y += b.MinSize().Height + 6*u
		}
	}
}

// water lays the watermark over the frame, line under line.
func (p *PhotoFrame) water(s fyne.Size) {
	p.marks.Objects = nil
	if p.watermark == "" || p.picture == nil {
		p.marks.Refresh()
		return
	}
	u := unit()
	step := lineHeight(captionSize()) * 2.6
	width := textWidth(p.watermark, captionSize(), fyne.TextStyle{}) + 26*u
	for row := 0; float32(row)*step < s.Height; row++ {
		for x := -width * 0.5 * float32(row%2); x < s.Width; x += width {
			for _, shade := range []struct {
				d float32
				c color.Color
			}{{1, color.NRGBA{A: 70}}, {0, color.NRGBA{R: 255, G: 255, B: 255, A: 120}}} {
				t := canvas.NewText(p.watermark, shade.c)
				t.TextSize = captionSize()
				place(t, x+8*u+shade.d, float32(row)*step+10*u+shade.d, width, lineHeight(captionSize()))
				p.marks.Objects = append(p.marks.Objects, t)
			}
		}
	}
	p.marks.Refresh()
}

func (p *PhotoFrame) signIcon() fyne.Resource {
	if p.sign == "" {
		return IconIn("user", ColorFieldEdge)
	}
	return IconIn(p.sign, ColorFieldEdge)
}

func (p *PhotoFrame) repaint() {
	p.frame.Look.FillColor, p.frame.Look.StrokeColor = paint(ColorReadOnly), paint(ColorCardBorder)
	p.frame.Look.StrokeWidth, p.frame.Look.CornerRadius = 1, 4*unit()
	p.frame.Refresh()
	p.icon.Hidden, p.words.Hidden = p.picture != nil, p.picture != nil
	if tint := fmt.Sprint(p.sign, paint(ColorFieldEdge)); tint != p.tint {
		p.tint, p.icon.Resource = tint, p.signIcon()
		p.icon.Refresh()
	}
	p.words.Text, p.words.Color, p.words.TextSize = p.empty, paint(ColorMuted), captionSize()
	p.words.Refresh()
	p.image.Hidden = p.picture == nil
	if mode := p.scaling(); p.picture != p.drawn || mode != p.image.ScaleMode {
		p.image.Image, p.image.ScaleMode, p.drawn = p.picture, mode, p.picture
		p.image.Refresh()
	}
	_, name, _ := p.kind.look()
	if p.kind == Info {
		name = ColorMuted
	}
	p.under.Text, p.under.Color, p.under.TextSize = p.caption, paint(name), captionSize()
	p.under.Refresh()
}

// scaling leaves it to where it is drawn to scale a picture that is near its
// size: Fyne's own scaling is finer, and the window stands still for it.
func (p *PhotoFrame) scaling() canvas.ImageScale {
	if img, ok := p.picture.(*image.RGBA); ok && float32(img.Rect.Dx()) <= p.width*unit()*drawnFrom {
		return canvas.ImageScaleFastest
	}
	return canvas.ImageScaleSmooth
}

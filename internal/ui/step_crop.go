package ui

import (
	"context"
	"image"
	"image/color"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// cropper shows a picture and the part of it that becomes the portrait. The
// pointer drags the part, the wheel and + − size it, the arrow keys move it.
type cropper struct {
	widget.BaseWidget
	img     image.Image
	shown   image.Image
	crop    image.Rectangle
	onEnter func()
	onEsc   func()
	focused bool

	picture *canvas.Image
	veils   [4]*canvas.Rectangle
	frame   *canvas.Rectangle
}

func newCropper(img image.Image) *cropper {
	c := &cropper{img: img, crop: desk.PortraitShape(img.Bounds(), image.Rectangle{})}
	c.ExtendBaseWidget(c)
	return c
}

// set makes r, held within the picture, the crop.
func (c *cropper) set(r image.Rectangle) {
	b := c.img.Bounds()
	r = r.Sub(image.Pt(min(r.Min.X-b.Min.X, 0), min(r.Min.Y-b.Min.Y, 0)))
	r = r.Sub(image.Pt(max(r.Max.X-b.Max.X, 0), max(r.Max.Y-b.Max.Y, 0)))
	c.crop = desk.PortraitShape(b, r)
	c.Refresh()
}

func (c *cropper) move(dx, dy int) { c.set(c.crop.Add(image.Pt(dx, dy))) }

// size makes the crop larger or smaller about its middle.
func (c *cropper) size(factor float64) {
	full := desk.PortraitShape(c.img.Bounds(), image.Rectangle{})
	w := min(max(int(float64(c.crop.Dx())*factor), 100), full.Dx())
	h := w * full.Dy() / max(full.Dx(), 1)
	mid := c.crop.Min.Add(c.crop.Max).Div(2)
	c.set(image.Rect(mid.X-w/2, mid.Y-h/2, mid.X-w/2+w, mid.Y-h/2+h))
}

// scale is how many points of the screen a pixel of the picture takes.
func (c *cropper) scale() float32 {
	b := c.img.Bounds()
	s := c.Size()
	return min(s.Width/float32(b.Dx()), s.Height/float32(b.Dy()))
}

// Dragged moves the crop.
func (c *cropper) Dragged(ev *fyne.DragEvent) {
	if k := c.scale(); k > 0 {
		c.move(int(ev.Dragged.DX/k), int(ev.Dragged.DY/k))
	}
}

// DragEnd is Fyne's.
func (c *cropper) DragEnd() {}

// Scrolled sizes the crop.
func (c *cropper) Scrolled(ev *fyne.ScrollEvent) {
	if ev.Scrolled.DY > 0 {
		c.size(0.95)
	} else {
		c.size(1.05)
	}
}

// FocusGained is Fyne's.
func (c *cropper) FocusGained() { c.focused = true; c.Refresh() }

// FocusLost is Fyne's.
func (c *cropper) FocusLost() { c.focused = false; c.Refresh() }

// TypedRune sizes the crop.
func (c *cropper) TypedRune(r rune) {
	switch r {
	case '+', '=':
		c.size(0.95)
	case '-', '－':
		c.size(1.05)
	}
}

// TypedKey moves the crop.
func (c *cropper) TypedKey(ev *fyne.KeyEvent) {
	step := max(c.img.Bounds().Dx()/60, 1)
	switch ev.Name {
	case fyne.KeyLeft:
		c.move(-step, 0)
	case fyne.KeyRight:
		c.move(step, 0)
	case fyne.KeyUp:
		c.move(0, -step)
	case fyne.KeyDown:
		c.move(0, step)
	case fyne.KeyReturn, fyne.KeyEnter:
		c.onEnter()
	case fyne.KeyEscape:
		c.onEsc()
	default:
		kit.PassKey(c, ev)
	}
}

// CreateRenderer is Fyne's.
func (c *cropper) CreateRenderer() fyne.WidgetRenderer {
	c.picture = &canvas.Image{Image: c.shown, FillMode: canvas.ImageFillStretch, ScaleMode: canvas.ImageScaleFastest}
	objects := []fyne.CanvasObject{c.picture}
	for i := range c.veils {
		c.veils[i] = canvas.NewRectangle(color.NRGBA{A: 120})
		objects = append(objects, c.veils[i])
	}
	c.frame = canvas.NewRectangle(color.Transparent)
	c.frame.StrokeWidth = 2
	return &cropRenderer{c, append(objects, c.frame)}
}

type cropRenderer struct {
	c       *cropper
	objects []fyne.CanvasObject
}

func (r *cropRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *cropRenderer) Destroy()                     {}
func (r *cropRenderer) MinSize() fyne.Size           { return fyne.NewSize(scaled(480), scaled(380)) }
func (r *cropRenderer) Refresh()                     { r.Layout(r.c.Size()) }

func (r *cropRenderer) Layout(s fyne.Size) {
	c := r.c
	b := c.img.Bounds()
	k := c.scale()
	w, h := float32(b.Dx())*k, float32(b.Dy())*k
	x0, y0 := (s.Width-w)/2, (s.Height-h)/2
	put := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x0+x, y0+y))
		o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
		o.Refresh()
	}
	put(c.picture, 0, 0, w, h)
	at := c.crop.Sub(b.Min)
	left, top, right, bottom := float32(at.Min.X)*k, float32(at.Min.Y)*k, float32(at.Max.X)*k, float32(at.Max.Y)*k
	put(c.veils[0], 0, 0, w, top)
	put(c.veils[1], 0, bottom, w, h-bottom)
	put(c.veils[2], 0, top, left, bottom-top)
	put(c.veils[3], right, top, w-right, bottom-top)
	c.frame.StrokeColor = color.White
	if c.focused {
		c.frame.StrokeColor = theme.Color(kit.ColorAccent)
	}
	put(c.frame, left, top, right-left, bottom-top)
}

// showCrop asks for the part of a picture that is the portrait; done gets the
// portrait as it is kept. What the judge finds wrong is shown first, once.
func showCrop(u *Window, title string, img image.Image, done func(desk.Picture)) *kit.Dialog {
	c := newCropper(img)
	words := kit.NewText("拖动或用方向键移动，滚轮或 + − 缩放；头部居中，头顶留一点空。", kit.TextCaption)
	var kept *desk.Picture
	var judged image.Rectangle
	var pose *desk.Pose // once the face has been looked for
	var d *kit.Dialog
	d = kit.NewDialog(u.win, title, container.NewVBox(c, words), "使用", "取消", func() bool {
		if kept != nil && judged == c.crop {
			done(*kept)
			return true
		}
		d.YesButton().SetBusy("正在检查…")
		crop := c.crop
		var pic desk.Picture
		stance := pose
		u.grind("judge portrait", func(context.Context) (err error) {
			if stance == nil {
				var p desk.Pose
				if p, err = desk.JudgePose(img); err != nil {
					return err
				}
				stance = &p
			}
			pic, err = desk.Portrait(img, crop)
			return err
		}, func(err error) {
			d.YesButton().SetBusy("")
			switch {
			case err != nil:
				words.SetKind(kit.TextBad)
				words.SetText(sentence(err))
			case len(pic.Problems)+len(stance.Hints) > 0:
				pic.Problems = together(stance.Hints, pic.Problems)
				kept, judged = &pic, crop
				words.SetKind(kit.TextWarn)
				words.SetText(strings.Join(pic.Problems, "") + "确实拍不好时可以照用。")
				d.YesButton().SetText("仍然使用")
			default:
				d.Close()
				done(pic)
			}
		})
		return false
	})
	c.onEnter = func() { d.YesButton().Tapped(nil) }
	c.onEsc = d.Close
	d.SetWidth(560)
	d.Show()
	c.show(u)
	c.findFace(u, func(found desk.Pose) {
		pose = &found
		if kept == nil && len(found.Hints) > 0 {
			words.SetKind(kit.TextWarn)
			words.SetText(found.Hints[0])
		}
	})
	return d
}

// show makes what is shown of the picture, and shows it.
func (c *cropper) show(u *Window) {
	var small image.Image
	u.grind("show picture", func(context.Context) error {
		small = shrink(c.img, 900)
		return nil
	}, func(error) {
		c.shown = small
		if c.picture != nil {
			c.picture.Image = small
			c.picture.Refresh()
		}
	})
}

// findFace crops about the face, where the clerk has not moved the crop
// meanwhile, and tells what it found. Where that fails the clerk crops by hand.
func (c *cropper) findFace(u *Window, tell func(desk.Pose)) {
	first := c.crop
	var found desk.Pose
	u.grind("find face", func(context.Context) (err error) {
		found, err = desk.JudgePose(c.img)
		return err
	}, func(err error) {
		if err != nil {
			return
		}
		if found.Faces > 0 && c.crop == first {
			c.set(found.Crop)
		}
		tell(found)
	})
}

// together is the first two of what is to be mended, each once.
func together(all ...[]string) []string {
	const most = 2
	var out []string
	for _, list := range all {
		for _, words := range list {
			if len(out) < most && !slices.Contains(out, words) {
				out = append(out, words)
			}
		}
	}
	return out
}

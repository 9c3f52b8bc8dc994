package ui

import (
	"context"
	"image"
	"image/color"

	"doorstep/internal/loan"
	"doorstep/internal/page"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// docView shows a PDF of the case page by page, the operator and the time over
// it.
type docView struct {
	v       *visit
	content *fyne.Container
	view    *kit.PageView
	state   *kit.Text
	mark    *water
	doc     *page.Document
	hash    loan.Hash // what is shown
	pdf     []byte
	onPart  func(page int, head, foot bool)
	whole   bool // each page is gone over to its foot before it is turned
	drawn   bool // a page of it has been on the screen
	first   int  // the page it is shown at
	turn    int  // counts what was opened; a late answer is dropped
	aside   bool // in a dialog: the keys are not the step's
}

func newDocView(v *visit) *docView {
	d := &docView{v: v, state: kit.NewText("", kit.TextMuted), mark: newWater()}
	d.state.SetAlign(fyne.TextAlignCenter)
	d.content = container.NewStack(container.New(&middle{}, d.state))
	return d
}

// openAt is open at a page, from 0.
func (d *docView) openAt(pdf []byte, hash loan.Hash, at int) {
	d.open(pdf, hash)
	d.first = at
}

// open shows a document; hash names it.
func (d *docView) open(pdf []byte, hash loan.Hash) {
	d.close()
	d.hash, d.pdf = hash, pdf
	d.turn++
	turn := d.turn
	d.say("正在打开文件…")
	var doc *page.Document
	d.v.u.run("open document", func(ctx context.Context) (err error) {
		doc, err = d.v.u.deps.Pages.Open(ctx, pdf)
		return err
	}, func(err error) {
		if turn != d.turn || d.v.closed {
			if doc != nil {
				d.drop(doc)
			}
			return
		}
		if err != nil {
			d.hash, d.pdf = loan.Hash{}, nil
			d.say("打不开文件：" + sentence(err))
			d.v.u.fail(err)
			d.v.refresh()
			return
		}
		d.doc = doc
		d.view = kit.NewPageView(func(ctx context.Context, n int, dpi float64) (image.Image, error) {
			return doc.Page(ctx, n, dpi)
		}, doc.Pages())
		d.view.ShowPage(d.first)
		d.drawn = false
		d.view.OnPageShown = func(int) { d.drawn = true }
		d.view.OnPart, d.view.Whole = d.onPart, d.whole
		d.mark.set(d.v.u.desk.Watermark())
		d.content.Objects = []fyne.CanvasObject{d.view, d.mark}
		d.content.Refresh()
		d.v.refresh()
		if d.v.active && !d.aside {
			kit.Focus(d.v.main)
		}
	})
}

func (d *docView) say(words string) {
	d.state.SetText(words)
	d.content.Objects = []fyne.CanvasObject{container.New(&middle{}, d.state)}
	d.content.Refresh()
}

// empty shows words in the place of a document.
func (d *docView) empty(words string) {
	if d.view != nil || d.state.Text() != words {
		d.close()
		d.say(words)
	}
}

// show turns to a page.
func (d *docView) show(p int) {
	if d.view != nil {
		d.view.ShowPage(p)
	}
}

// tell says again which part of a page is in view.
func (d *docView) tell() {
	if d.view != nil {
		d.view.Tell()
	}
}

// close ends the view and its child process.
func (d *docView) close() {
	d.turn++
	d.hash, d.pdf, d.first = loan.Hash{}, nil, 0
	if d.view != nil {
		d.view.Close()
		d.view = nil
	}
	if d.doc != nil {
		d.drop(d.doc)
		d.doc = nil
	}
}

func (d *docView) drop(doc *page.Document) {
	d.v.u.run("close document", func(context.Context) error {
		doc.Close()
		return nil
	}, func(error) {})
}

// water is faint words over a document on the screen, never in its file.
type water struct {
	widget.BaseWidget
	words string
	layer *fyne.Container
}

func newWater() *water {
	w := &water{layer: container.NewWithoutLayout()}
	w.ExtendBaseWidget(w)
	return w
}

func (w *water) set(words string) {
	w.words = words
	w.Refresh()
}

// CreateRenderer is Fyne's.
func (w *water) CreateRenderer() fyne.WidgetRenderer { return &waterRenderer{w} }

type waterRenderer struct{ w *water }

func (r *waterRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *waterRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.w.layer} }
func (r *waterRenderer) Destroy()                     {}
func (r *waterRenderer) Refresh()                     { r.Layout(r.w.Size()) }

func (r *waterRenderer) Layout(s fyne.Size) {
	r.w.layer.Resize(s)
	r.w.layer.Objects = nil
	if r.w.words == "" {
		return
	}
	t := canvas.NewText(r.w.words, color.NRGBA{})
	t.TextSize = scaled(13)
	m := t.MinSize()
	top := scaled(60)
	stepX, stepY := m.Width+scaled(70), scaled(110)
	for row := 0; top+float32(row)*stepY+m.Height < s.Height; row++ {
		for x := scaled(30) + stepX*0.5*float32(row%2); x+m.Width < s.Width; x += stepX {
			t := canvas.NewText(r.w.words, color.NRGBA{R: 90, G: 110, B: 140, A: 46})
			t.TextSize = scaled(13)
			t.Move(fyne.NewPos(x, top+float32(row)*stepY))
			t.Resize(m)
			r.w.layer.Objects = append(r.w.layer.Objects, t)
		}
	}
	r.w.layer.Refresh()
}

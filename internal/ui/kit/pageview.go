package kit

import (
	"context"
	"fmt"
	"image"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"doorstep/internal/fault"
)

// the resolution at which a page is asked for at 100 %.
const screenDPI = 96

// zoomWidth stands for a page as wide as the view; any other zoom is a share of
// the page's size on paper.
const zoomWidth = 0.0

// The zooms that the buttons and keys step through.
var zoomSteps = [...]float64{0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3}

// PageView shows a document page by page. Pages are loaded in the background;
// Close stops that and waits for it.
type PageView struct {
	widget.BaseWidget
	OnPageShown func(page int) // a page (from 0) has been drawn
	// OnPart says which of the page's upper and lower edges are in view: when it
	// has been drawn, and when another part of it is shown.
	OnPart func(page int, head, foot bool)
	// Whole lets the button and the key to the next page show what is left of this
	// one first, as Page Down and space do anyway.
	Whole bool

	load  func(ctx context.Context, page int, dpi float64) (image.Image, error)
	pages int
	page  int
	zoom  float64
	drawn float64 // the zoom at which picture was drawn

	cancel  context.CancelFunc
	running sync.WaitGroup
	turn    sync.Mutex // held by the one load that runs
	picture image.Image
	failed  string

	focused       bool
	prev, next    *Button
	fit, full     *Button
	out, in       *Button
	number, state *canvas.Text
	back          *Surface
	edge          *Surface
	sheet         *pageSheet
	scroll        *container.Scroll
}

// NewPageView shows a document of so many pages; load draws one at a
// resolution, is called on a goroutine of its own, one at a time, and should
// end soon after its context does.
func NewPageView(load func(ctx context.Context, page int, dpi float64) (image.Image, error), pages int) *PageView {
	p := &PageView{load: load, pages: pages}
	p.prev = newSmall("", Icon("chevron-left"), func() { p.ShowPage(p.page - 1) })
	p.next = newSmall("", Icon("chevron-right"), p.turnOn)
	p.fit = newSmall("适合宽度", nil, func() { p.setZoom(zoomWidth) })
	p.full = newSmall("100%", nil, func() { p.setZoom(1) })
	p.out = newSmall("", Icon("minus"), func() { p.step(-1) })
	p.in = newSmall("", Icon("plus"), func() { p.step(1) })
	p.number, p.state = newText("", ColorText, textSize()), newText("", ColorMuted, textSize())
	p.number.Alignment, p.state.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	p.sheet = newPageSheet(p)
	p.scroll = container.NewScroll(p.sheet)
	p.scroll.OnScrolled = func(fyne.Position) { p.tell() }
	p.ExtendBaseWidget(p)
	return p
}

func newSmall(text string, icon fyne.Resource, tapped func()) *Button {
	b := newButton(quiet, text, icon, tapped)
	b.small = true
	return b
}

// Page is the page shown, from 0.
func (p *PageView) Page() int { return p.page }

// ShowPage turns to a page; one that does not exist is ignored.
func (p *PageView) ShowPage(page int) {
	if page < 0 || page >= p.pages || page == p.page && (p.picture != nil || p.cancel != nil) {
		return
	}
	p.page = page
	p.scroll.ScrollToTop()
	p.reload()
}

// SetDocument replaces the document and shows its first page.
func (p *PageView) SetDocument(load func(ctx context.Context, page int, dpi float64) (image.Image, error), pages int) {
	p.load, p.pages, p.page = load, pages, 0
	p.reload()
}

// Close stops loading and waits for the goroutine that does.
func (p *PageView) Close() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
	p.running.Wait()
}

// setZoom shows the page larger or smaller: what was drawn is stretched until it
// is drawn anew.
func (p *PageView) setZoom(z float64) {
	if z == p.zoom {
		return
	}
	kept, drawn := p.picture, p.drawn
	p.zoom = z
	p.reload()
	p.picture, p.drawn = kept, drawn
	p.Refresh()
	p.sheet.Refresh()
}

// scaleNow is the zoom in use, also where it is the view's width.
func (p *PageView) scaleNow() float64 {
	if p.zoom != zoomWidth {
		return p.zoom
	}
	return float64(p.Size().Width-40*unit()) / (screenDPI * a4Inches)
}

// step goes to the next larger or smaller zoom.
func (p *PageView) step(by int) {
	const near = 0.02
	now, last := p.scaleNow(), len(zoomSteps)-1
	if by > 0 {
		for _, z := range zoomSteps {
			if z > now+near {
				p.setZoom(z)
				return
			}
		}
		p.setZoom(zoomSteps[last])
		return
	}
	for i := last; i >= 0; i-- {
		if zoomSteps[i] < now-near {
			p.setZoom(zoomSteps[i])
			return
		}
	}
	p.setZoom(zoomSteps[0])
}

// a4Inches is the width of A4.
const a4Inches = 8.27

// dpi is the resolution to ask for: what the screen shows one to one.
func (p *PageView) dpi() float64 {
	scale := float32(1)
	if c := canvasOf(p); c != nil {
		scale = c.Scale()
	}
	// A4's width; other sheets are scaled when drawn.
	dpi := p.scaleNow() * screenDPI * float64(scale)
	return min(max(dpi, 48), 300)
}

func (p *PageView) reload() {
	if p.pages == 0 || p.Size().Width == 0 {
		return
	}
	if p.cancel != nil {
		p.cancel()
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.picture, p.failed = nil, ""
	p.Refresh()
	load, page, dpi := p.load, p.page, p.dpi()
	p.running.Go(func() {
		p.turn.Lock()
		defer p.turn.Unlock()
		if ctx.Err() != nil {
			return
		}
		img, err := load(ctx, page, dpi)
		if ctx.Err() != nil {
			return
		}
		fyne.Do(func() {
			if ctx.Err() == nil {
				p.loaded(page, img, err)
			}
		})
	})
}

func (p *PageView) loaded(page int, img image.Image, err error) {
	p.cancel()
	p.cancel = nil
	p.picture, p.drawn = img, p.zoom
	if err != nil {
		p.picture = nil
		p.failed = fault.Sentence(err)
	}
	p.Refresh()
	if err == nil && p.OnPageShown != nil {
		p.OnPageShown(page)
	}
	p.tell()
}

// FocusGained is Fyne's.
func (p *PageView) FocusGained() {
	p.focused = true
	noteFocus(p, true)
	p.Refresh()
}

// FocusLost is Fyne's.
func (p *PageView) FocusLost() {
	p.focused = false
	p.Refresh()
}

// TypedRune makes the page larger, smaller, or as wide as the view.
func (p *PageView) TypedRune(r rune) {
	touch(p)
	switch r {
	case '+', '=':
		p.step(1)
	case '-':
		p.step(-1)
	case '0':
		p.setZoom(zoomWidth)
	}
}

// TypedKey turns pages and scrolls.
func (p *PageView) TypedKey(ev *fyne.KeyEvent) {
	touch(p)
	switch ev.Name {
	case fyne.KeyPageDown, fyne.KeySpace:
		p.Onward()
	case fyne.KeyRight:
		p.turnOn()
	case fyne.KeyPageUp:
		p.Backward()
	case fyne.KeyLeft:
		p.ShowPage(p.page - 1)
	case fyne.KeyDown:
		p.scrollBy(60)
	case fyne.KeyUp:
		p.scrollBy(-60)
	case fyne.KeyHome:
		p.ShowPage(0)
	case fyne.KeyEnd:
		p.ShowPage(p.pages - 1)
	case fyne.KeyReturn, fyne.KeyEnter:
		FocusNext(p)
	default:
		PassKey(p, ev)
	}
}

// Tapped takes the focus, so that the page keys work.
func (p *PageView) Tapped(*fyne.PointEvent) {
	touch(p)
	if c := canvasOf(p); c != nil {
		c.Focus(p)
	}
}

// CreateRenderer is Fyne's.
func (p *PageView) CreateRenderer() fyne.WidgetRenderer {
	p.back, p.edge = NewSurface(), NewSurface()
	objects := append(p.back.Objects(), p.scroll, p.state, p.prev, p.next, p.number, p.fit, p.out, p.full, p.in)
	d := &drawn{objects: append(objects, p.edge.Objects()...), layout: p.arrange}
	d.min = func() fyne.Size { return fyne.NewSize(360*unit(), 220*unit()) }
	d.refresh = func() { p.repaint(); p.arrange(p.Size()) }
	p.repaint()
	return d
}

func (p *PageView) arrange(s fyne.Size) {
	u := unit()
	bar := 38 * u
	p.back.Place(0, 0, s.Width, s.Height)
	p.edge.Place(0, 0, s.Width, s.Height)
	place(p.prev, 6*u, 5*u, 32*u, 28*u)
	place(p.number, 40*u, 5*u+(28*u-lineHeight(textSize()))/2, 90*u, lineHeight(textSize()))
	place(p.next, 132*u, 5*u, 32*u, 28*u)
	x := s.Width - 6*u
	for _, b := range []*Button{p.in, p.full, p.out, p.fit} {
		w := b.MinSize().Width
		if b == p.full {
			w = 58 * u // the same for all its numbers
		}
		x -= w
		place(b, x, 5*u, w, 28*u)
		x -= 2 * u
	}
	before := p.scroll.Size().Width
	place(p.scroll, 1, bar, s.Width-2, max(s.Height-bar-1, 0))
	place(p.state, 0, bar+(s.Height-bar)*0.4, s.Width, lineHeight(textSize()))
	p.scroll.Refresh()
	if before != p.scroll.Size().Width && (p.zoom == zoomWidth || p.picture == nil) && p.failed == "" {
		p.reload()
	}
	p.tell()
}

func (p *PageView) repaint() {
	p.back.Look.FillColor, p.back.Look.CornerRadius = paint(ColorQuiet), 6*unit()
	p.back.Refresh()
	edge := p.edge.Look
	edge.StrokeColor, edge.StrokeWidth, edge.CornerRadius = paint(ColorCardBorder), 1, 6*unit()
	if p.focused {
		edge.StrokeColor, edge.StrokeWidth = paint(ColorAccent), 2
	}
	p.edge.Refresh()
	p.number.Text = fmt.Sprintf("%d / %d", min(p.page+1, p.pages), p.pages)
	p.number.Color, p.number.TextSize = paint(ColorText), textSize()
	p.number.Refresh()
	p.state.Color, p.state.TextSize = paint(ColorMuted), textSize()
	p.state.Text = ""
	switch {
	case p.failed != "":
		p.state.Text, p.state.Color = p.failed, paint(ColorBad)
	case p.picture == nil && p.pages > 0:
		p.state.Text = "正在打开…"
	case p.pages == 0:
		p.state.Text = "没有可显示的页"
	}
	p.state.Refresh()
	p.prev.SetEnabled(p.page > 0)
	p.enableNext()
	p.prev.Refresh()
	p.next.Refresh()
	p.fit.chosen, p.full.chosen = p.zoom == zoomWidth, p.zoom != zoomWidth
	p.full.SetText("100%")
	if p.zoom != zoomWidth {
		p.full.SetText(fmt.Sprintf("%.0f%%", 100*p.zoom))
	}
	p.in.SetEnabled(p.zoom < zoomSteps[len(zoomSteps)-1])
	p.out.SetEnabled(p.zoom == zoomWidth || p.zoom > zoomSteps[0])
	for _, b := range []*Button{p.fit, p.full, p.out, p.in} {
		b.Refresh()
	}
}

// pageSheet is the page within the scroller.
type pageSheet struct {
	widget.BaseWidget
	view  *PageView
	paper *Surface
	image *canvas.Image
}

func newPageSheet(p *PageView) *pageSheet {
	s := &pageSheet{view: p}
	s.ExtendBaseWidget(s)
	return s
}

// Tapped focuses the view.
func (s *pageSheet) Tapped(ev *fyne.PointEvent) { s.view.Tapped(ev) }

// size is the page as it is drawn.
func (s *pageSheet) size() fyne.Size {
	if s.view.picture == nil {
		return fyne.Size{}
	}
	b := s.view.picture.Bounds()
	if b.Empty() {
		return fyne.Size{}
	}
	w, h := float32(b.Dx()), float32(b.Dy())
	if s.view.zoom == zoomWidth {
		full := s.view.scroll.Size().Width - 36*unit()
		return fyne.NewSize(full, h*full/w)
	}
	if s.view.drawn != s.view.zoom { // what was drawn before, until it is drawn anew
		full := float32(s.view.zoom * screenDPI * a4Inches)
		return fyne.NewSize(full, h*full/w)
	}
	scale := float32(1)
	if c := canvasOf(s.view); c != nil {
		scale = c.Scale()
	}
	if asked := s.view.dpi(); asked > 0 { // past the most that is drawn, it is stretched
		scale *= float32(asked / (s.view.scaleNow() * screenDPI * float64(scale)))
	}
	return fyne.NewSize(w/scale, h/scale)
}

// Scrolled moves the page, or with Ctrl makes it larger or smaller.
func (s *pageSheet) Scrolled(ev *fyne.ScrollEvent) {
	touch(s)
	switch {
	case modifiers()&fyne.KeyModifierControl == 0:
		s.view.scroll.Scrolled(ev)
	case ev.Scrolled.DY > 0:
		s.view.step(1)
	case ev.Scrolled.DY < 0:
		s.view.step(-1)
	}
}

// CreateRenderer is Fyne's.
func (s *pageSheet) CreateRenderer() fyne.WidgetRenderer {
	s.paper = NewSurface()
	s.image = &canvas.Image{FillMode: canvas.ImageFillStretch}
	d := &drawn{objects: append(s.paper.Objects(), s.image)}
	d.layout = func(size fyne.Size) {
		m := s.size()
		x := max((size.Width-m.Width)/2, 12*unit())
		s.paper.Place(x, 10*unit(), m.Width, m.Height)
		place(s.image, x, 10*unit(), m.Width, m.Height)
	}
	d.min = func() fyne.Size {
		m := s.size()
		return fyne.NewSize(m.Width+24*unit(), m.Height+20*unit())
	}
	d.refresh = func() {
		s.image.Hidden = s.view.picture == nil
		s.paper.Look.FillColor = paint(ColorPaper)
		s.paper.Look.Shadow = canvas.Shadow{Color: paint(ColorShadow), BlurRadius: 6 * unit()}
		s.paper.SetHidden(s.view.picture == nil)
		s.image.Image = s.view.picture
		s.image.Refresh()
		d.layout(s.Size())
	}
	return d
}

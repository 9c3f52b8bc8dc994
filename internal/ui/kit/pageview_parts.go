package kit

import (
	"fmt"

	"fyne.io/fyne/v2"
)

// Edges says whether the upper and the lower edge of the page are in view; of a
// page that is not drawn neither is.
func (p *PageView) Edges() (head, foot bool) {
	if p.picture == nil || p.cancel != nil || p.scroll.Size().Height <= 0 {
		return false, false
	}
	const grain = 1 // of what is rounded to points
	from, top := p.scroll.Offset.Y, 10*unit()
	return from <= top+grain, from+p.scroll.Size().Height >= top+p.sheet.size().Height-grain
}

// Down shows what of the page is below the view. It says whether anything was; of
// a page that is not drawn yet nothing is known, and it stays.
func (p *PageView) Down() bool {
	if _, foot := p.Edges(); foot || p.failed != "" || p.pages == 0 {
		return false
	}
	p.scrollBy(p.screenful())
	return true
}

// Top shows the head of the page.
func (p *PageView) Top() { p.scrollBy(-p.scroll.Offset.Y / unit()) }

// Onward shows what of the page is below the view, or where nothing is, the next
// page.
func (p *PageView) Onward() {
	if !p.Down() {
		p.ShowPage(p.page + 1)
	}
}

// turnOn goes to the next page, over the whole of this one where that is asked.
func (p *PageView) turnOn() {
	if p.Whole {
		p.Onward()
		return
	}
	p.ShowPage(p.page + 1)
}

// Backward shows what of the page is above the view, or where nothing is, the page
// before. It says whether there was either.
func (p *PageView) Backward() bool {
	if p.picture != nil && p.scroll.Offset.Y > 0 {
		p.scrollBy(-p.screenful())
		return true
	}
	before := p.page
	p.ShowPage(before - 1)
	return p.page != before
}

// screenful is what is scrolled by at once: the last lines stay in view.
func (p *PageView) screenful() float32 {
	const kept = 40
	return max(p.scroll.Size().Height/unit()-kept, kept)
}

func (p *PageView) scrollBy(dy float32) {
	y := min(max(p.scroll.Offset.Y+dy*unit(), 0), max(p.sheet.MinSize().Height-p.scroll.Size().Height, 0))
	p.scroll.ScrollToOffset(fyne.NewPos(p.scroll.Offset.X, y))
	p.tell()
}

// Tell says again which part of the page is in view.
func (p *PageView) Tell() { p.tell() }

func (p *PageView) tell() {
	p.enableNext()
	if p.picture == nil || p.cancel != nil || p.OnPart == nil {
		return
	}
	head, foot := p.Edges()
	p.OnPart(p.page, head, foot)
}

// stand is which page is in view, and from where on.
func (p *PageView) stand() string {
	if p.picture == nil || p.cancel != nil {
		return ""
	}
	return fmt.Sprintf("%d/%d from %.0f", p.page+1, p.pages, p.scroll.Offset.Y)
}

func (p *PageView) enableNext() {
	_, foot := p.Edges()
	p.next.SetEnabled(p.page+1 < p.pages || p.Whole && p.picture != nil && !foot)
}

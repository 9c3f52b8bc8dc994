package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// popMenu is a menu over a window. Unlike Fyne's own it lets those keys through that
// work over everything.
type popMenu struct {
	widget.BaseWidget
	menu *widget.Menu
	over fyne.Canvas
	at   fyne.Position
}

// popUp shows a menu at a place of a window, and gives it the keys.
func popUp(menu *fyne.Menu, c fyne.Canvas, at fyne.Position) {
	p := &popMenu{menu: widget.NewMenu(menu), over: c, at: at}
	p.ExtendBaseWidget(p)
	p.menu.OnDismiss = func() { c.Overlays().Remove(p) }
	p.Resize(c.Size())
	c.Overlays().Add(p)
	c.Focus(p)
}

// FocusGained is Fyne's.
func (p *popMenu) FocusGained() {}

// FocusLost is Fyne's.
func (p *popMenu) FocusLost() {}

// TypedRune is Fyne's.
func (p *popMenu) TypedRune(rune) {}

// TypedKey moves, chooses and closes; a key that works over everything closes the menu
// and does what it does.
func (p *popMenu) TypedKey(ev *fyne.KeyEvent) {
	touch(p)
	switch ev.Name {
	case fyne.KeyDown:
		p.menu.ActivateNext()
	case fyne.KeyUp:
		p.menu.ActivatePrevious()
	case fyne.KeyEnter, fyne.KeyReturn, fyne.KeySpace:
		p.menu.TriggerLast()
	case fyne.KeyEscape:
		p.menu.Dismiss()
	default:
		r := rootOf(p)
		if r == nil || r.above[ev.Name] == nil {
			return
		}
		p.menu.Dismiss()
		r.pressed(ev)
	}
}

// Tapped closes the menu where it was missed.
func (p *popMenu) Tapped(*fyne.PointEvent) { p.menu.Dismiss() }

// TappedSecondary closes the menu where it was missed.
func (p *popMenu) TappedSecondary(*fyne.PointEvent) { p.menu.Dismiss() }

// MouseIn is Fyne's.
func (p *popMenu) MouseIn(*desktop.MouseEvent) { touch(p) }

// MouseMoved is Fyne's.
func (p *popMenu) MouseMoved(*desktop.MouseEvent) { touch(p) }

// MouseOut is Fyne's.
func (p *popMenu) MouseOut() {}

// CreateRenderer is Fyne's.
func (p *popMenu) CreateRenderer() fyne.WidgetRenderer {
	return &drawn{
		objects: []fyne.CanvasObject{p.menu},
		layout: func(s fyne.Size) {
			m := p.menu.MinSize()
			place(p.menu, max(min(p.at.X, s.Width-m.Width), 0), max(min(p.at.Y, s.Height-m.Height), 0), m.Width, m.Height)
		},
		min:     func() fyne.Size { return p.menu.MinSize() },
		refresh: p.menu.Refresh,
	}
}

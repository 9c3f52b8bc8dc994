package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Dialog is a question over a window. Return presses its main button, Escape
// closes it.
type Dialog struct {
	widget.BaseWidget
	window  fyne.Window
	title   *canvas.Text
	content fyne.CanvasObject
	yes, no *Button
	veil    *dialogVeil
	surface *Surface
	float   *floatLayer
	onYes   func() bool
	onClose func()
	width   float32
	closed  bool
	danger  bool // the main button takes something away
}

// NewDialog asks with any content. yes is the main action's word; no is the
// word that closes, and an empty one leaves it out. onYes (nil for none) runs
// before closing and keeps the dialog open by returning false. Call Open.
func NewDialog(w fyne.Window, title string, content fyne.CanvasObject, yes, no string, onYes func() bool) *Dialog {
	d := &Dialog{window: w, content: content, onYes: onYes, float: newFloatLayer(), width: 440}
	d.title = newText(title, ColorText, headingSize())
	d.title.TextStyle.Bold = true
	d.surface = NewSurface()
	d.veil = newVeil()
	d.yes = NewPrimary(yes, nil, d.accept)
	if no != "" {
		d.no = NewSecondary(no, nil, d.Close)
	}
	d.ExtendBaseWidget(d)
	return d
}

// SetWidth sets the width at scale 1; the window bounds it.
func (d *Dialog) SetWidth(width float32) { d.width = width }

// SetDanger makes the main button one that takes something away for good: it is red,
// Return presses it only where it has the focus itself, and leads to the other button,
// which the dialog must have.
func (d *Dialog) SetDanger() {
	d.danger = true
	d.yes.kind = danger
}

// SetOnClosed is called once, after the dialog is gone for whatever reason.
func (d *Dialog) SetOnClosed(do func()) { d.onClose = do }

// YesButton is the main button, to disable it or show it busy.
func (d *Dialog) YesButton() *Button { return d.yes }

// Open puts the dialog over its window and focuses its first field, or its
// main button where it has none; the other one where the main one takes something away.
func (d *Dialog) Open() {
	c := d.window.Canvas()
	d.closed = false
	d.Resize(c.Size())
	c.Overlays().Add(d)
	target := firstFocusable(d.content)
	if target == nil {
		target = d.yes
		if d.danger {
			target = d.no
		}
	}
	c.Focus(target.(fyne.Focusable))
}

// Show is Open: a widget that is merely visible would not be over the window.
func (d *Dialog) Show() { d.Open() }

// Close takes the dialog away.
func (d *Dialog) Close() {
	if d.closed {
		return
	}
	d.closed = true
	c := d.window.Canvas()
	c.Unfocus()
	c.Overlays().Remove(d)
	if d.onClose != nil {
		d.onClose()
	}
}

// entered is what Return does where nothing else of the dialog takes it.
func (d *Dialog) entered() {
	if d.danger {
		Focus(d.no)
		return
	}
	d.accept()
}

func (d *Dialog) accept() {
	if d.closed || d.yes.disabled || d.yes.busy != "" {
		return
	}
	if d.onYes != nil && !d.onYes() {
		return
	}
	d.Close()
}

// lastField reports whether Return in f should press the main button: nothing
// in the content follows f that takes the focus.
func (d *Dialog) lastField(f fyne.CanvasObject) bool {
	var last fyne.CanvasObject
	var walk func(fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if o == nil || !o.Visible() {
			return
		}
		if _, ok := o.(fyne.Focusable); ok {
			if dis, ok := o.(fyne.Disableable); !ok || !dis.Disabled() {
				last = o
			}
			return
		}
		for _, child := range inside(o) {
			walk(child)
		}
	}
	walk(d.content)
	return last == f
}

func (d *Dialog) takeKey(ev *fyne.KeyEvent) bool {
	switch ev.Name {
	case fyne.KeyEscape:
		if d.no != nil {
			d.Close()
		} else {
			d.accept()
		}
		return true
	}
	return false
}

// MouseIn is Fyne's.
func (d *Dialog) MouseIn(*desktop.MouseEvent) { touch(d) }

// MouseMoved is Fyne's.
func (d *Dialog) MouseMoved(*desktop.MouseEvent) { touch(d) }

// MouseOut is Fyne's.
func (d *Dialog) MouseOut() {}

func (d *Dialog) floatLayer() *floatLayer { return d.float }

func (d *Dialog) children() []fyne.CanvasObject { return []fyne.CanvasObject{d.content} }

// CreateRenderer is Fyne's.
func (d *Dialog) CreateRenderer() fyne.WidgetRenderer {
	objects := append([]fyne.CanvasObject{d.veil}, d.surface.Objects()...)
	objects = append(objects, d.title, d.content)
	if d.no != nil {
		objects = append(objects, d.no)
	}
	objects = append(objects, d.yes, d.float.box)
	r := &drawn{objects: objects, layout: d.arrange, min: func() fyne.Size { return fyne.NewSize(200*unit(), 120*unit()) }}
	r.refresh = func() { d.repaint(); d.arrange(d.Size()) }
	d.repaint()
	return r
}

func (d *Dialog) repaint() {
	popupSurface(d.surface.Look)
	d.surface.Look.CornerRadius = 8 * unit()
	d.surface.Refresh()
	d.title.Color, d.title.TextSize = paint(ColorText), headingSize()
	d.title.Refresh()
}

func (d *Dialog) arrange(s fyne.Size) {
	u := unit()
	pad := 22 * u
	place(d.veil, 0, 0, s.Width, s.Height)
	place(d.float.box, 0, 0, s.Width, s.Height)
	w := min(max(d.width*u, d.content.MinSize().Width+2*pad), s.Width-24*u)
	d.content.Resize(fyne.NewSize(w-2*pad, d.content.Size().Height))
	head := lineHeight(headingSize()) + 12*u
	foot := d.yes.MinSize().Height + 18*u
	ch := min(d.content.MinSize().Height, s.Height-2*pad-head-foot-16*u)
	h := ch + head + foot + 2*pad
	x, y := (s.Width-w)/2, max((s.Height-h)*0.42, 8*u)
	d.surface.Place(x, y, w, h)
	place(d.title, x+pad, y+pad-2*u, w-2*pad, head)
	place(d.content, x+pad, y+pad+head, w-2*pad, ch)
	by := y + h - pad - d.yes.MinSize().Height + 2*u
	yw := max(d.yes.MinSize().Width, 84*u)
	place(d.yes, x+w-pad-yw, by, yw, d.yes.MinSize().Height)
	if d.no != nil {
		nw := max(d.no.MinSize().Width, 84*u)
		place(d.no, x+w-pad-yw-10*u-nw, by, nw, d.no.MinSize().Height)
	}
}

// topDialog is the dialog on top of a canvas, or nil.
func topDialog(c fyne.Canvas) *Dialog {
	d, _ := c.Overlays().Top().(*Dialog)
	return d
}

// ConfirmDanger asks before something is taken away for good: Return and Escape are no.
func ConfirmDanger(w fyne.Window, title, text, yes, no string, do func()) *Dialog {
	d := NewDialog(w, title, NewText(text, TextBody), yes, no, nil)
	d.SetDanger()
	d.onYes = func() bool {
		d.Close()
		do()
		return true
	}
	d.Open()
	return d
}

// Confirm asks before doing: Return is yes, Escape is no.
func Confirm(w fyne.Window, title, text, yes, no string, do func()) *Dialog {
	d := NewDialog(w, title, NewText(text, TextBody), yes, no, nil)
	d.onYes = func() bool {
		d.Close()
		if do != nil {
			do()
		}
		return true
	}
	d.Open()
	return d
}

// Message tells and waits for 知道了; then, which may be nil, runs after.
func Message(w fyne.Window, title, text string, then func()) *Dialog {
	d := NewDialog(w, title, NewText(text, TextBody), "知道了", "", nil)
	d.onClose = then
	d.Open()
	return d
}

// dialogVeil dims the window behind a dialog and takes its taps.
type dialogVeil struct {
	widget.BaseWidget
	dim *Surface
}

func newVeil() *dialogVeil {
	v := &dialogVeil{}
	v.ExtendBaseWidget(v)
	return v
}

// Tapped does nothing: what lies behind must not be reached.
func (v *dialogVeil) Tapped(*fyne.PointEvent) {}

// CreateRenderer is Fyne's.
func (v *dialogVeil) CreateRenderer() fyne.WidgetRenderer {
	v.dim = NewSurface()
	v.dim.Look.FillColor = paint(ColorVeil)
	return &drawn{
		objects: v.dim.Objects(),
		layout:  func(s fyne.Size) { v.dim.Place(0, 0, s.Width, s.Height) },
		min:     func() fyne.Size { return fyne.Size{} },
		refresh: func() {
			v.dim.Look.FillColor = paint(ColorVeil)
			v.dim.Refresh()
		},
	}
}

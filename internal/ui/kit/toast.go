package kit

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Kind says what sort of news a line or notice brings.
type Kind uint8

// The kinds of news.
const (
	Info Kind = iota
	Good
	Warning
	Bad
)

// How long a notice stays, bad news longer, and how many are shown at once.
const (
	noticeStays    = 4 * time.Second
	badNoticeStays = 8 * time.Second
	mostNotices    = 3
)

func (k Kind) look() (icon string, name, soft fyne.ThemeColorName) {
	switch k {
	case Good:
		return "check", ColorOK, ColorOKSoft
	case Warning:
		return "warning", ColorWarn, ColorWarnSoft
	case Bad:
		return "error", ColorBad, ColorBadSoft
	}
	return "info", ColorAccentText, ColorAccentSoft
}

// Notice shows a line near the window's foot, above the bar of its buttons, for
// some seconds; it takes no focus and stops no work. In a window without a Root it does nothing.
func Notice(w fyne.Window, kind Kind, text string) {
	if r, ok := w.Canvas().Content().(*Root); ok {
		r.toasts.add(kind, text)
	}
}

// NoticeOver is Notice for what is to be read over a dialog too.
func NoticeOver(w fyne.Window, kind Kind, text string) {
	Notice(w, kind, text) // which is there still when the dialog goes
	d := topDialog(w.Canvas())
	if d == nil {
		return
	}
	t := newToasts()
	d.float.box.Add(t)
	place(t, 0, 0, d.Size().Width, d.Size().Height)
	t.add(kind, text)
}

// toasts is the layer of notices; a tap takes one away.
type toasts struct {
	widget.BaseWidget
	shown []*toast
	box   *fyne.Container
}

func newToasts() *toasts {
	t := &toasts{box: &fyne.Container{}}
	t.ExtendBaseWidget(t)
	return t
}

func (t *toasts) add(kind Kind, text string) {
	for _, old := range t.shown {
		if old.text == text && old.kind == kind {
			return
		}
	}
	n := newToast(kind, text)
	n.gone = func() { t.remove(n) }
	t.shown = append(t.shown, n)
	stays := noticeStays
	if kind == Bad {
		stays = badNoticeStays
	}
	n.timer = time.AfterFunc(stays, func() { fyne.Do(n.gone) })
	if len(t.shown) > mostNotices {
		t.remove(t.shown[0])
	}
	t.Refresh()
}

// clear takes all notices away and stops their timers.
func (t *toasts) clear() {
	for len(t.shown) > 0 {
		t.remove(t.shown[0])
	}
}

func (t *toasts) remove(n *toast) {
	n.timer.Stop()
	for i, o := range t.shown {
		if o == n {
			t.shown = append(t.shown[:i:i], t.shown[i+1:]...)
			t.Refresh()
			return
		}
	}
}

// CreateRenderer is Fyne's.
func (t *toasts) CreateRenderer() fyne.WidgetRenderer {
	return &drawn{
		objects: []fyne.CanvasObject{t.box},
		layout:  t.arrange,
		min:     func() fyne.Size { return fyne.Size{} },
		refresh: func() { t.arrange(t.Size()) },
	}
}

func (t *toasts) arrange(s fyne.Size) {
	u := unit()
	t.box.Objects = nil
	y := s.Height - 76*u
	for i := len(t.shown) - 1; i >= 0; i-- {
		n := t.shown[i]
		m := n.fit(min(s.Width-40*u, 820*u))
		y -= m.Height
		place(n, (s.Width-m.Width)/2, y, m.Width, m.Height)
		y -= 8 * u
		t.box.Objects = append(t.box.Objects, n)
	}
	t.box.Refresh()
}

type toast struct {
	widget.BaseWidget
	kind  Kind
	text  string
	lines []string // the words as they were broken last
	gone  func()
	timer *time.Timer
}

func newToast(kind Kind, text string) *toast {
	n := &toast{kind: kind, text: text}
	n.ExtendBaseWidget(n)
	return n
}

// fit breaks the words to a width, and is the size that they then take.
func (n *toast) fit(most float32) fyne.Size {
	u := unit()
	n.lines = wrap(n.text, textSize(), fyne.TextStyle{}, most-58*u)
	var w float32
	for _, line := range n.lines {
		w = max(w, textWidth(line, textSize(), fyne.TextStyle{}))
	}
	return fyne.NewSize(w+58*u, float32(len(n.lines))*lineHeight(textSize())+20*u)
}

// Tapped takes the notice away.
func (n *toast) Tapped(*fyne.PointEvent) { n.gone() }

// CreateRenderer is Fyne's.
func (n *toast) CreateRenderer() fyne.WidgetRenderer {
	icon, name, _ := n.kind.look()
	back := canvas.NewRectangle(color.Transparent)
	image := canvas.NewImageFromResource(IconIn(icon, name))
	image.FillMode = canvas.ImageFillContain
	label := newText("", ColorText, textSize())
	d := &drawn{objects: []fyne.CanvasObject{back, image, label}}
	d.layout = func(s fyne.Size) {
		u := unit()
		place(back, 0, 0, s.Width, s.Height)
		place(image, 14*u, (s.Height-18*u)/2, 18*u, 18*u)
		d.objects = d.objects[:3]
		label.Text = ellipsis(n.text, textSize(), fyne.TextStyle{}, s.Width-56*u)
		if len(n.lines) > 1 {
			label.Text = n.lines[0]
			for range n.lines[1:] {
				d.objects = append(d.objects, newText("", ColorText, textSize()))
			}
		}
		h := label.MinSize().Height
		y := (s.Height - h*float32(max(len(n.lines), 1))) / 2
		for i, o := range d.objects[2:] {
			if i > 0 {
				o.(*canvas.Text).Text = n.lines[i]
			}
			place(o, 40*u, y+float32(i)*h, s.Width-54*u, h)
		}
	}
	d.min = func() fyne.Size {
		u := unit()
		return fyne.NewSize(textWidth(n.text, textSize(), fyne.TextStyle{})+58*u, lineHeight(textSize())+20*u)
	}
	d.refresh = func() {
		popupSurface(back)
		label.Color, label.TextSize = paint(ColorText), textSize()
		d.layout(n.Size())
		label.Refresh()
	}
	popupSurface(back)
	return d
}

package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

type buttonKind uint8

const (
	primary buttonKind = iota
	secondary
	quiet
	danger
)

// Button is an action. It takes the focus, Return and space press it, and it
// cannot be pressed again while busy.
type Button struct {
	widget.BaseWidget
	OnTapped func()

	kind     buttonKind
	text     string
	about    string
	icon     fyne.Resource
	busy     string
	disabled bool
	focused  bool
	hovered  bool
	small    bool
	chosen   bool // drawn as the one of its group that holds

	box   *canvas.Rectangle
	ring  *canvas.Rectangle
	label *canvas.Text
	image *canvas.Image
	tint  tint
}

// NewPrimary is the one action of a screen; icon may be nil.
func NewPrimary(text string, icon fyne.Resource, tapped func()) *Button {
	return newButton(primary, text, icon, tapped)
}

// NewSecondary is an action beside the primary one.
func NewSecondary(text string, icon fyne.Resource, tapped func()) *Button {
	return newButton(secondary, text, icon, tapped)
}

// NewQuiet is an action without a surface, for toolbars and rows.
func NewQuiet(text string, icon fyne.Resource, tapped func()) *Button {
	return newButton(quiet, text, icon, tapped)
}

// NewDanger is an action that takes something away.
func NewDanger(text string, icon fyne.Resource, tapped func()) *Button {
	return newButton(danger, text, icon, tapped)
}

func newButton(kind buttonKind, text string, icon fyne.Resource, tapped func()) *Button {
	b := &Button{kind: kind, text: text, icon: icon, OnTapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// Text is the button's words.
func (b *Button) Text() string { return b.text }

// SetText replaces the words.
func (b *Button) SetText(text string) {
	if b.text == text {
		return
	}
	b.text = text
	b.Refresh()
}

// SetIcon replaces the icon; nil takes it away.
func (b *Button) SetIcon(icon fyne.Resource) {
	b.icon = icon
	b.Refresh()
}

// SetBusy shows a word in place of the text and blocks presses until it is
// called with an empty string.
func (b *Button) SetBusy(word string) {
	if b.busy == word {
		return
	}
	b.busy = word
	b.Refresh()
}

// SetAbout says what the button is about where several have the same words;
// it is not drawn.
func (b *Button) SetAbout(words string) { b.about = words }

// Busy reports whether the button waits for its work.
func (b *Button) Busy() bool { return b.busy != "" }

// Disable greys the button and blocks presses.
func (b *Button) Disable() { b.setDisabled(true) }

// Enable undoes Disable.
func (b *Button) Enable() { b.setDisabled(false) }

// SetEnabled is Enable or Disable.
func (b *Button) SetEnabled(on bool) { b.setDisabled(!on) }

func (b *Button) setDisabled(on bool) {
	if b.disabled == on {
		return
	}
	b.disabled = on
	b.Refresh()
}

// Disabled reports whether the button is greyed.
func (b *Button) Disabled() bool { return b.disabled }

// Tapped presses the button.
func (b *Button) Tapped(*fyne.PointEvent) {
	touch(b)
	b.press()
}

func (b *Button) press() {
	if b.disabled || b.busy != "" || b.OnTapped == nil {
		return
	}
	b.OnTapped()
}

// FocusGained is Fyne's.
func (b *Button) FocusGained() {
	b.focused = true
	noteFocus(b, false)
	b.Refresh()
}

// FocusLost is Fyne's.
func (b *Button) FocusLost() {
	b.focused = false
	b.Refresh()
}

// TypedRune is Fyne's.
func (b *Button) TypedRune(rune) {}

// TypedKey presses the button at Return and space.
func (b *Button) TypedKey(ev *fyne.KeyEvent) {
	touch(b)
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		b.press()
	default:
		PassKey(b, ev)
	}
}

// MouseIn is Fyne's.
func (b *Button) MouseIn(*desktop.MouseEvent) {
	touch(b)
	b.hovered = true
	b.Refresh()
}

// MouseMoved is Fyne's.
func (b *Button) MouseMoved(*desktop.MouseEvent) {
	touch(b)
}

// MouseOut is Fyne's.
func (b *Button) MouseOut() {
	b.hovered = false
	b.Refresh()
}

// Cursor is the hand over a button that can be pressed.
func (b *Button) Cursor() desktop.Cursor {
	if b.disabled || b.busy != "" {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer is Fyne's.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	b.box, b.ring = canvas.NewRectangle(nil), canvas.NewRectangle(color.Transparent)
	b.label = newText("", ColorText, textSize())
	b.image, b.tint = canvas.NewImageFromResource(Icon("info")), tint{}
	b.image.FillMode = canvas.ImageFillContain
	d := &drawn{
		objects: []fyne.CanvasObject{b.box, b.ring, b.image, b.label},
		layout:  b.arrange,
		min:     b.least,
		refresh: func() { b.repaint(); b.arrange(b.Size()) },
	}
	b.repaint()
	return d
}

func (b *Button) bold() fyne.TextStyle { return fyne.TextStyle{Bold: b.kind != quiet && !b.small} }

func (b *Button) words() string {
	if b.busy != "" {
		return b.busy
	}
	return b.text
}

func (b *Button) height() float32 {
	if b.small {
		return 28 * unit()
	}
	return lineHeight(textSize()) + 14*unit()
}

func (b *Button) least() fyne.Size {
	u := unit()
	w := textWidth(b.words(), textSize(), b.bold())
	if b.busy != "" {
		w = max(w, textWidth(b.text, textSize(), b.bold()))
	}
	if b.icon != nil {
		w += 18 * u
		if b.words() != "" {
			w += 6 * u
		}
	}
	side := 14 * u
	if b.kind == quiet || b.small {
		side = 9 * u
	}
	if b.words() == "" {
		side = (b.height() - 18*u) / 2
	}
	return fyne.NewSize(w+2*side, b.height())
}

func (b *Button) arrange(s fyne.Size) {
	u := unit()
	place(b.box, 0, 0, s.Width, s.Height)
	place(b.ring, -2*u, -2*u, s.Width+4*u, s.Height+4*u)
	words := ellipsis(b.words(), textSize(), b.bold(), s.Width-8*u)
	b.label.Text = words
	w := textWidth(words, textSize(), b.bold())
	icon := float32(0)
	if b.icon != nil {
		icon = 18 * u
		if words != "" {
			icon += 6 * u
		}
	}
	x := (s.Width - w - icon) / 2
	place(b.image, x, (s.Height-18*u)/2, 18*u, 18*u)
	h := b.label.MinSize().Height
	place(b.label, x+icon, (s.Height-h)/2, w, h)
	b.label.Refresh()
}

func (b *Button) colors() (surface, text fyne.ThemeColorName) {
	switch {
	case b.disabled || b.busy != "" && b.kind != primary:
		if b.kind == quiet {
			return "", ColorMuted
		}
		return ColorQuiet, ColorMuted
	case b.kind == primary:
		return ColorAccent, ColorOnActive
	case b.kind == danger:
		return ColorBadSoft, ColorBad
	case b.chosen:
		return ColorAccentSoft, ColorAccentText
	case b.kind == quiet:
		return "", ColorText
	}
	return ColorQuiet, ColorText
}

func (b *Button) repaint() {
	u := unit()
	surface, text := b.colors()
	b.box.FillColor = color.Transparent
	if surface != "" {
		b.box.FillColor = paint(surface)
	}
	if b.hovered && !b.disabled && b.busy == "" {
		b.box.FillColor = blend(b.box.FillColor, paint(ColorHover))
		if b.kind == primary {
			b.box.FillColor = blend(paint(ColorAccent), color.NRGBA{R: 255, G: 255, B: 255, A: 26})
		}
	}
	b.box.CornerRadius = 5 * u
	b.box.Refresh()
	b.ring.StrokeColor = color.Transparent
	if b.focused {
		b.ring.StrokeColor = paint(ColorAccent)
	}
	b.ring.StrokeWidth = 1.5 * u
	b.ring.CornerRadius = 7 * u
	b.ring.Refresh()
	b.label.Color, b.label.TextSize, b.label.TextStyle = paint(text), textSize(), b.bold()
	b.image.Hidden = b.icon == nil
	if b.icon != nil {
		b.tint.show(b.image, b.icon, text)
	}
}

// blend lays a translucent colour over another.
func blend(under, over color.Color) color.Color {
	ur, ug, ub, ua := under.RGBA()
	or, og, ob, oa := over.RGBA()
	mix := func(u, o uint32) uint8 { return uint8((o + u*(0xffff-oa)/0xffff) >> 8) }
	return color.RGBA{R: mix(ur, or), G: mix(ug, og), B: mix(ub, ob), A: mix(ua, oa)}
}

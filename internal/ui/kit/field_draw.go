package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// longLine is the length past which only the visible part of a line is drawn,
// for a texture has a largest width.
const longLine = 300

// fieldLook draws a field.
type fieldLook struct {
	f           *Field
	box         *canvas.Rectangle
	icon        *canvas.Image
	tint        tint
	placeholder *canvas.Text
	caret       *canvas.Rectangle
	clip        *container.Clip
	layer       *fyne.Container
	lines       []span
	scroll      fyne.Position
	size        fyne.Size
}

// CreateRenderer is Fyne's.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	l := &fieldLook{f: f, box: canvas.NewRectangle(nil), caret: canvas.NewRectangle(nil)}
	l.placeholder = newText("", ColorMuted, textSize())
	l.layer = container.NewWithoutLayout()
	l.clip = container.NewClip(l.layer)
	f.look = l
	objects := []fyne.CanvasObject{l.box, l.placeholder, l.clip}
	if f.Icon != nil {
		l.icon = canvas.NewImageFromResource(tinted(f.Icon, ColorMuted))
		l.icon.FillMode = canvas.ImageFillContain
		objects = append(objects, l.icon)
	}
	if f.trailing != nil {
		objects = append(objects, f.trailing)
	}
	d := &drawn{objects: objects, layout: l.arrange, min: l.least, refresh: l.refresh}
	l.refresh()
	return d
}

func (f *Field) children() []fyne.CanvasObject {
	if f.trailing != nil {
		return []fyne.CanvasObject{f.trailing}
	}
	return nil
}

func (l *fieldLook) rows() int {
	if !l.f.MultiLine {
		return 1
	}
	if l.f.Rows > 0 {
		return l.f.Rows
	}
	return 3
}

func (l *fieldLook) least() fyne.Size {
	u := unit()
	h := lineHeight(textSize())*float32(l.rows()) + 14*u
	return fyne.NewSize(110*u, h)
}

func (l *fieldLook) insets() (left, right, top float32) {
	u := unit()
	left, right = 9*u, 9*u
	if l.icon != nil {
		left = 32 * u
	}
	if l.f.trailing != nil && l.f.trailing.Visible() {
		right = l.f.trailing.MinSize().Width + 6*u
	}
	top = 7 * u
	if !l.f.MultiLine {
		top = max((l.size.Height-lineHeight(textSize()))/2, 0)
	}
	return left, right, top
}

// shown is the text as drawn, with the preedit in its place, and where in it
// the caret and the preedit stand.
func (l *fieldLook) shown() (runes []rune, caret int, pre span) {
	f := l.f
	if f.masked() {
		return []rune(f.mask(string(f.text))), 0, span{}
	}
	if f.Password {
		return []rune(strings.Repeat("•", len(f.text))), f.caret, span{}
	}
	if len(f.preedit) == 0 {
		return f.text, f.caret, span{}
	}
	from, to := f.selection()
	runes = append(runes, f.text[:from]...)
	runes = append(runes, f.preedit...)
	runes = append(runes, f.text[to:]...)
	return runes, from + min(f.preeditCaret, len(f.preedit)), span{from, from + len(f.preedit)}
}

func (l *fieldLook) textArea() fyne.Size {
	left, right, top := l.insets()
	return fyne.NewSize(max(l.size.Width-left-right, 1), max(l.size.Height-2*top, 1))
}

func (l *fieldLook) arrange(s fyne.Size) {
	l.size = s
	u := unit()
	left, right, top := l.insets()
	place(l.box, 0, 0, s.Width, s.Height)
	if l.icon != nil {
		place(l.icon, 9*u, (s.Height-17*u)/2, 17*u, 17*u)
	}
	if t := l.f.trailing; t != nil {
		m := t.MinSize()
		place(t, s.Width-m.Width-3*u, (s.Height-m.Height)/2, m.Width, m.Height)
	}
	area := l.textArea()
	place(l.placeholder, left, top, area.Width, lineHeight(textSize()))
	place(l.clip, left-1, 0, s.Width-left-right+2, s.Height)
	l.draw()
}

func (l *fieldLook) refresh() {
	f, u := l.f, unit()
	l.box.CornerRadius = 5 * u
	l.box.FillColor = paint(ColorField)
	l.box.StrokeColor = paint(ColorFieldEdge)
	l.box.StrokeWidth = 1
	switch {
	case f.readOnly:
		l.box.FillColor = paint(ColorReadOnly)
		l.box.StrokeColor = paint(ColorCardBorder)
		if f.focused {
			l.box.StrokeColor = paint(ColorFieldEdge)
		}
	case f.focused && !f.invalid:
		l.box.StrokeColor = paint(ColorAccent)
		l.box.StrokeWidth = 2
	case f.invalid:
		l.box.StrokeColor = paint(ColorBad)
		if f.focused {
			l.box.StrokeWidth = 2
		}
	}
	if f.plain {
		l.box.StrokeWidth, l.box.FillColor = 0, nil
	}
	l.box.Refresh()
	l.placeholder.Color, l.placeholder.TextSize = paint(ColorMuted), textSize()
	if l.icon != nil {
		l.tint.show(l.icon, f.Icon, ColorMuted)
	}
	if f.trailing != nil {
		f.trailing.Refresh()
	}
	l.arrange(l.size)
}

// draw lays out lines, selection, preedit and caret and scrolls to the caret.
func (l *fieldLook) draw() {
	runes, caret, pre := l.shown()
	size, style := textSize(), fyne.TextStyle{}
	area, h := l.textArea(), lineHeight(textSize())
	_, _, top := l.insets()
	l.placeholder.Text = ""
	if len(runes) == 0 {
		l.placeholder.Text = ellipsis(l.f.Placeholder, size, style, area.Width)
	}
	l.placeholder.Refresh()
	if l.f.MultiLine {
		l.lines = wrapRunes(runes, size, style, area.Width)
	} else {
		l.lines = []span{{0, len(runes)}}
	}
	row := l.rowOf(caret)
	x := l.xOf(runes, row, caret)
	l.follow(runes, x, row, area, h)
	objects := l.layer.Objects[:0]
	from, to := l.f.selection()
	if from != to && pre == (span{}) && !l.f.masked() && l.f.focused {
		objects = l.marks(objects, runes, span{from, to}, top, h, ColorSelected, 0)
	}
	if pre != (span{}) {
		if m := l.f.preeditMark; m.end > m.start {
			objects = l.marks(objects, runes, span{pre.start + m.start, pre.start + m.end}, top, h, ColorSelected, 0)
		}
		objects = l.marks(objects, runes, pre, top, h, ColorAccent, 1.5*unit())
	}
	for i, line := range l.lines {
		y := top + float32(i)*h - l.scroll.Y
		if y+h < 0 || y > l.size.Height || line.start == line.end {
			continue
		}
		start, end := l.visible(runes, line, area.Width)
		name := ColorText
		if l.f.readOnly {
			name = ColorMuted
		}
		text := string(runes[start:end])
		if !l.f.focused && !l.f.MultiLine && !l.f.alignRight {
			text = ellipsis(text, size, style, area.Width)
		}
		t := newText(text, name, size)
		place(t, 1+textWidth(string(runes[line.start:start]), size, style)-l.scroll.X, y, t.MinSize().Width, h)
		objects = append(objects, t)
	}
	if l.f.focused && !l.f.readOnly {
		l.caret.FillColor = paint(ColorAccent)
		place(l.caret, 1+x-l.scroll.X-0.5, top+float32(row)*h-l.scroll.Y+1, max(1.5*unit(), 1), h-2)
		objects = append(objects, l.caret)
	}
	l.layer.Objects = objects
	l.layer.Refresh()
}

// marks appends a rectangle for each line's part of a span: a background, or
// where thick is set an underline.
func (l *fieldLook) marks(objects []fyne.CanvasObject, runes []rune, s span, top, h float32, name fyne.ThemeColorName, thick float32) []fyne.CanvasObject {
	for i, line := range l.lines {
		from, to := max(s.start, line.start), min(s.end, line.end)
		if from >= to {
			continue
		}
		x0, x1 := l.xOf(runes, i, from), l.xOf(runes, i, to)
		y := top + float32(i)*h - l.scroll.Y
		r := canvas.NewRectangle(paint(name))
		if thick > 0 {
			place(r, 1+x0-l.scroll.X, y+h-thick, x1-x0, thick)
		} else {
			place(r, 1+x0-l.scroll.X, y, x1-x0, h)
		}
		objects = append(objects, r)
	}
	return objects
}

func (l *fieldLook) visible(runes []rune, line span, width float32) (start, end int) {
	if line.end-line.start <= longLine {
		return line.start, line.end
	}
	start = max(l.search(runes, line, l.scroll.X)-1, line.start)
	end = min(l.search(runes, line, l.scroll.X+width)+1, line.end)
	return start, end
}

// search is the place in a line nearest to x.
func (l *fieldLook) search(runes []rune, line span, x float32) int {
	width := func(i int) float32 { return textWidth(string(runes[line.start:i]), textSize(), fyne.TextStyle{}) }
	lo, hi := line.start, line.end
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if width(mid) <= x {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	if lo < line.end && x-width(lo) > width(lo+1)-x {
		lo++
	}
	return lo
}

func (l *fieldLook) rowOf(at int) int {
	for i, line := range l.lines {
		last := i == len(l.lines)-1
		if at < line.end || last || at == line.end && l.lines[i+1].start > line.end {
			return i
		}
	}
	return 0
}

func (l *fieldLook) xOf(runes []rune, row, at int) float32 {
	line := l.lines[row]
	return textWidth(string(runes[line.start:min(max(at, line.start), len(runes))]), textSize(), fyne.TextStyle{})
}

// follow moves the view so that the caret is in it.
func (l *fieldLook) follow(runes []rune, x float32, row int, area fyne.Size, h float32) {
	if !l.f.focused {
		l.scroll = fyne.Position{}
		if l.f.alignRight {
			l.scroll.X = min(l.xOf(runes, 0, len(runes))-area.Width, 0)
		}
		return
	}
	if !l.f.MultiLine {
		full := l.xOf(runes, 0, len(runes))
		switch {
		case full <= area.Width-2:
			l.scroll.X = 0
		case x < l.scroll.X:
			l.scroll.X = max(x-area.Width/4, 0)
		case x > l.scroll.X+area.Width-2:
			l.scroll.X = x - area.Width + 2
		case l.scroll.X > full-area.Width+2:
			l.scroll.X = max(full-area.Width+2, 0)
		}
		return
	}
	y := float32(row) * h
	switch {
	case y < l.scroll.Y:
		l.scroll.Y = y
	case y+h > l.scroll.Y+area.Height:
		l.scroll.Y = y + h - area.Height
	}
	l.scroll.Y = min(l.scroll.Y, max(float32(len(l.lines))*h-area.Height, 0))
}

// indexAt is the place in the text nearest to a point of the field.
func (l *fieldLook) indexAt(p fyne.Position) int {
	runes, _, _ := l.shown()
	if l.f.masked() || len(l.lines) == 0 {
		return len(l.f.text)
	}
	left, _, top := l.insets()
	row := int((p.Y - top + l.scroll.Y) / lineHeight(textSize()))
	row = min(max(row, 0), len(l.lines)-1)
	return min(l.search(runes, l.lines[row], p.X-left+l.scroll.X), len(l.f.text))
}

// otherLine is the place above or below the caret.
func (l *fieldLook) otherLine(step int) int {
	runes, caret, _ := l.shown()
	row := l.rowOf(caret)
	to := row + step
	if to < 0 {
		return 0
	}
	if to >= len(l.lines) {
		return len(runes)
	}
	return l.search(runes, l.lines[to], l.xOf(runes, row, caret))
}

func (l *fieldLook) edge(end bool) int {
	_, caret, _ := l.shown()
	line := l.lines[l.rowOf(caret)]
	if end {
		return line.end
	}
	return line.start
}

// caretArea is the caret's place within the field, where candidates stand: at
// the start of a composition, and down to the edge of a single line, so that
// the field's frame stays seen.
func (l *fieldLook) caretArea() (fyne.Position, fyne.Size) {
	runes, caret, pre := l.shown()
	if pre != (span{}) {
		caret = pre.start
	}
	if len(l.lines) == 0 || caret > len(runes) {
		return fyne.Position{}, fyne.NewSize(1, l.size.Height)
	}
	left, _, top := l.insets()
	row, h := l.rowOf(caret), lineHeight(textSize())
	x := min(max(left+l.xOf(runes, row, caret)-l.scroll.X, 0), l.size.Width)
	if !l.f.MultiLine {
		return fyne.NewPos(x, 0), fyne.NewSize(2*unit(), l.size.Height)
	}
	return fyne.NewPos(x, top+float32(row)*h-l.scroll.Y), fyne.NewSize(2*unit(), h)
}

// setPreedit shows what an input method is composing.
func (f *Field) setPreedit(runes []rune, caret int, mark span) {
	if len(runes) == 0 && len(f.preedit) == 0 {
		return
	}
	f.preedit = runes
	f.preeditCaret = min(max(caret, 0), len(runes))
	mark.start = min(max(mark.start, 0), len(runes))
	mark.end = min(max(mark.end, mark.start), len(runes))
	f.preeditMark = mark
	f.Refresh()
}

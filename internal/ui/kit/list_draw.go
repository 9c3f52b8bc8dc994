package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

func newClip(o fyne.CanvasObject) *container.Clip { return container.NewClip(o) }

// draw puts the rows in view into the layer.
func (l *List) draw(s fyne.Size) {
	u := unit()
	l.back.Look.FillColor = paint(ColorCard)
	l.back.Refresh()
	l.layer.Objects = nil
	l.offset = min(max(l.offset, 0), l.furthest())
	n, h, head := l.length(), l.rowHeight(), l.headHeight()
	if n == 0 && l.Empty != "" {
		t := newText(l.Empty, ColorMuted, textSize())
		t.Alignment = fyne.TextAlignCenter
		l.put(t, 0, head+min(s.Height/3, 80*u), s.Width, lineHeight(textSize()))
	}
	first := int(l.offset / h)
	for i := first; i < n; i++ {
		y := head + float32(i)*h - l.offset
		if y > s.Height {
			break
		}
		l.drawRow(i, y, s.Width, h)
	}
	if head > 0 {
		l.drawHead(s.Width, head)
	}
	l.drawBar(s, head)
	if l.focused {
		look := l.edge.Look
		look.StrokeColor, look.StrokeWidth, look.CornerRadius = paint(ColorAccent), 1.5*u, 3*u
		l.edge.Place(0, 0, s.Width, s.Height)
		l.layer.Objects = append(l.layer.Objects, l.edge.Objects()...)
	}
	l.layer.Refresh()
}

func (l *List) put(o fyne.CanvasObject, x, y, w, h float32) {
	place(o, x, y, w, h)
	l.layer.Objects = append(l.layer.Objects, o)
}

// column is where a column stands.
func (l *List) column(i int, width float32) (x, w float32) {
	u := unit()
	var total float32
	for _, c := range l.columns {
		total += max(c.Weight, 0.01)
	}
	free := width - 22*u
	x = 12 * u
	for j, c := range l.columns {
		w = free * max(c.Weight, 0.01) / total
		if j == i {
			return x, w - 14*u
		}
		x += w
	}
	return x, 0
}

func (l *List) drawHead(width, h float32) {
	back := canvas.NewRectangle(paint(ColorReadOnly))
	l.put(back, 0, 0, width, h)
	for i, c := range l.columns {
		x, w := l.column(i, width)
		t := newText(ellipsis(c.Title, captionSize(), fyne.TextStyle{}, w), ColorMuted, captionSize())
		if c.Right {
			t.Alignment = fyne.TextAlignTrailing
		}
		l.put(t, x, 6*unit(), w, lineHeight(captionSize()))
	}
	l.put(canvas.NewRectangle(paint(ColorCardBorder)), 0, h-1, width, 1)
}

func (l *List) drawRow(i int, y, width, h float32) {
	u := unit()
	switch i {
	case l.selected:
		l.put(canvas.NewRectangle(paint(ColorAccentSoft)), 0, y, width, h)
		l.put(canvas.NewRectangle(paint(ColorAccent)), 0, y, 3*u, h)
	case l.over:
		l.put(canvas.NewRectangle(paint(ColorHover)), 0, y, width, h)
	}
	l.put(canvas.NewRectangle(paint(ColorCardBorder)), 0, y+h-1, width, 1)
	line, small := lineHeight(textSize()), lineHeight(captionSize())
	for j, cell := range l.row(i) {
		if j >= len(l.columns) {
			break
		}
		x, w := l.column(j, width)
		name, style := cell.Color, fyne.TextStyle{Bold: cell.Bold}
		if name == "" {
			name = ColorText
		}
		lines := []string{ellipsis(cell.Text, textSize(), style, w)}
		if l.Wraps {
			lines = twoLines(cell.Text, textSize(), style, w)
		}
		top, align := y+(h-line*float32(len(lines)))/2, fyne.TextAlignLeading
		if l.TwoLines {
			top = y + 7*u
		}
		if l.columns[j].Right {
			align = fyne.TextAlignTrailing
		}
		for k, words := range lines {
			t := newText(words, name, textSize())
			t.TextStyle, t.Alignment = style, align
			l.put(t, x, top+line*float32(k), w, line)
		}
		if l.TwoLines && cell.Detail != "" {
			d := newText(ellipsis(cell.Detail, captionSize(), fyne.TextStyle{}, w), ColorMuted, captionSize())
			d.Alignment = align
			l.put(d, x, top+line+1*u, w, small)
		}
		if cell.Bar {
			l.drawPart(cell.Part, x, y+h-6*u, w)
		}
	}
}

func (l *List) drawBar(s fyne.Size, head float32) {
	if l.furthest() == 0 {
		return
	}
	u := unit()
	view := s.Height - head
	size := max(view*view/(view+l.furthest()), 28*u)
	y := head + (view-size)*l.offset/l.furthest()
	bar := canvas.NewRectangle(paint("scrollBar"))
	bar.CornerRadius = 2.5 * u
	l.put(bar, s.Width-7*u, y+2*u, 5*u, size-4*u)
}

// drawPart draws how much of a whole is done.
func (l *List) drawPart(part, x, y, w float32) {
	u := unit()
	track := canvas.NewRectangle(paint(ColorQuiet))
	track.CornerRadius = 1.5 * u
	l.put(track, x, y, w, 3*u)
	if part <= 0 {
		return
	}
	bar := canvas.NewRectangle(paint(ColorAccent))
	bar.CornerRadius = 1.5 * u
	l.put(bar, x, y, max(w*min(part, 1), 3*u), 3*u)
}

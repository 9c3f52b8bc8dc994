package contract

import (
	"math"

	"doorstep/internal/fault"
)

// align is where a line stands in its room.
type align int

const (
	alignLeft align = iota
	alignCentre
	alignRight
	alignJustify
)

// layout flows blocks down the pages of one document.
type layout struct {
	fs    *faces
	pages []*sheet
	y     float64 // the top of what is still free
}

func newLayout(fs *faces) *layout {
	l := &layout{fs: fs}
	l.newPage()
	return l
}

func (l *layout) page() *sheet { return l.pages[len(l.pages)-1] }

func (l *layout) newPage() {
	l.pages = append(l.pages, &sheet{})
	l.y = bodyTop
}

// need starts a new page where less than h is free.
func (l *layout) need(h float64) {
	if l.y-h < bodyBottom && l.y < bodyTop {
		l.newPage()
	}
}

func (l *layout) skip(h float64) {
	if l.y < bodyTop {
		l.y -= h
	}
}

// para is how a paragraph is set.
type para struct {
	size    float64
	leading float64
	align   align
	indent  float64 // of the first line, in em
	left    float64 // of every line, in points
	tone    float64
	after   float64 // space behind, in points
	keep    float64 // room wanted behind the paragraph on the same page
}

// paragraph flows the spans over as many pages as they need; it leaves no
// single line of a longer paragraph behind or ahead.
func (l *layout) paragraph(p para, spans ...span) error {
	cells, err := l.fs.cells(spans)
	if err != nil {
		return err
	}
	width := (bodyWidth - p.left) / p.size
	lines := breakLines(cells, width, p.indent)
	together := 2
	if len(lines) <= 3 {
		together = len(lines)
	}
	l.need(float64(together)*p.leading + p.keep)
	for i, ln := range lines {
		rest := len(lines) - i
		if rest == 2 {
			l.need(2 * p.leading)
		}
		l.need(p.leading)
		x := marginX + p.left
		room := width
		if i == 0 {
			x += p.indent * p.size
			room -= p.indent
		}
		l.y -= p.leading
		l.setLine(x, l.y+baseline(p.size, p.leading), room, ln, p.align, pen{size: p.size, tone: p.tone})
	}
	l.skip(p.after)
	return nil
}

// baseline is how far above a line's lower edge its characters stand, so that
// full-width characters are centred in it.
func baseline(size, leading float64) float64 { return (leading-size)/2 + 0.12*size }

func (l *layout) setLine(x, y, room float64, ln line, a align, p pen) {
	free := room - ln.width
	n := len(ln.cells)
	if free < 0 && n > 1 {
		p.gap, free = free/float64(n-1), 0
	}
	switch a {
	case alignCentre:
		x += free / 2 * p.size
	case alignRight:
		x += free * p.size
	case alignJustify:
		if n > 1 && !ln.last && free > 0 && free < 3 {
			p.gap = free / float64(n-1)
		}
	}
	l.page().text(x, y, ln.cells, p)
}

// tableCell is one cell of a row; Span counts columns.
type tableCell struct {
	spans []span
	cols  int
	label bool
	align align
}

// table is how a table is set: column widths in points, from x.
type table struct {
	x       float64
	cols    []float64
	size    float64
	leading float64
	pad     float64
	least   float64 // least height of a row
}

type setRow struct {
	cells  []tableCell
	lines  [][]line
	widths []float64
	height float64
}

// measure breaks the lines of a row's cells.
func (l *layout) measure(t table, cells []tableCell) (setRow, error) {
	row := setRow{cells: cells, height: t.least}
	col := 0
	for _, c := range cells {
		w := 0.0
		for range max(c.cols, 1) {
			if col < len(t.cols) {
				w += t.cols[col]
				col++
			}
		}
		set, err := l.fs.cells(c.spans)
		if err != nil {
			return row, err
		}
		lines := breakLines(set, (w-2*t.pad)/t.size, 0)
		row.lines = append(row.lines, lines)
		row.widths = append(row.widths, w)
		row.height = math.Max(row.height, float64(len(lines))*t.leading+2*t.pad-2)
	}
	return row, nil
}

// rows draws rows from the top down, each whole on one page, and gives the
// height of those on the last page.
func (l *layout) rows(t table, rows [][]tableCell) (float64, error) {
	height := 0.0
	for _, cells := range rows {
		row, err := l.measure(t, cells)
		if err != nil {
			return 0, err
		}
		if row.height > bodyTop-bodyBottom {
			return 0, fault.Say("contract.table", fault.TooLarge, "合同表格中有一项文字过长，一页放不下，请精简后再试。", nil)
		}
		before := len(l.pages)
		l.need(row.height)
		if len(l.pages) != before {
			height = 0
		}
		l.drawRow(t, row)
		height += row.height
	}
	return height, nil
}

func (l *layout) drawRow(t table, row setRow) {
	x := t.x
	s := l.page()
	for i, c := range row.cells {
		w := row.widths[i]
		if c.label {
			s.shade(x, l.y-row.height, w, row.height, 0.955)
		}
		s.box(x, l.y-row.height, w, row.height, 0.5, 0.35)
		block := float64(len(row.lines[i])) * t.leading
		y := l.y - (row.height-block)/2
		for _, ln := range row.lines[i] {
			y -= t.leading
			l.setLine(x+t.pad, y+baseline(t.size, t.leading), (w-2*t.pad)/t.size, ln, c.align, pen{size: t.size})
		}
		x += w
	}
	l.y -= row.height
}

// put draws one line of text that is not broken, anywhere on a page.
func (l *layout) put(s *sheet, x, y, width float64, a align, p pen, spans ...span) error {
	cells, err := l.fs.cells(spans)
	if err != nil {
		return err
	}
	w := lineWidth(cells)
	switch a {
	case alignCentre:
		x += (width - w*p.size) / 2
	case alignRight:
		x += width - w*p.size
	}
	s.text(x, y, cells, p)
	return nil
}

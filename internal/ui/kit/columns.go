package kit

import "fyne.io/fyne/v2"

// columns lays objects out in rows by weights; where a row would be too narrow
// for its objects it breaks into several.
type columns struct {
	weights []float32
	width   float32
	box     *fyne.Container
}

// Columns is one row of a form: each object gets its share of the width by its
// weight (1 where weights has no entry). Where the width falls below what the
// objects need, the row wraps into as many as it takes.
func Columns(weights []float32, objs ...fyne.CanvasObject) fyne.CanvasObject {
	l := &columns{weights: weights}
	l.box = &fyne.Container{Layout: l, Objects: objs}
	return l.box
}

func (l *columns) gap() float32 { return 12 * unit() }

// drop is the gap between two rows: a field has the room beneath for its note, a card
// none.
func (l *columns) drop(objs []fyne.CanvasObject) float32 {
	for _, o := range objs {
		if _, ok := o.(*card); ok {
			return l.gap()
		}
	}
	return 0
}

func (l *columns) weight(i int) float32 {
	if i < len(l.weights) && l.weights[i] > 0 {
		return l.weights[i]
	}
	return 1
}

// rows breaks the visible objects, by their indexes, into rows that fit width.
func (l *columns) rows(objs []fyne.CanvasObject, width float32) [][]int {
	var all []int
	for i, o := range objs {
		if o.Visible() {
			all = append(all, i)
		}
	}
	for per := len(all); per > 1; per-- {
		rows, fits := l.broken(objs, all, per, width)
		if !fits {
			continue
		}
		if len(rows) == 1 {
			return rows
		}
		// as even as the same number of rows allows, so that none is left alone in a row
		if even, fits := l.broken(objs, all, (len(all)+len(rows)-1)/len(rows), width); fits {
			return even
		}
		return rows
	}
	rows, _ := l.broken(objs, all, 1, width)
	return rows
}

// broken breaks objects into rows of so many, and says whether they fit.
func (l *columns) broken(objs []fyne.CanvasObject, all []int, per int, width float32) (rows [][]int, fits bool) {
	fits = true
	for start := 0; start < len(all); start += per {
		row := all[start:min(start+per, len(all))]
		rows = append(rows, row)
		fits = fits && l.fits(objs, row, width)
	}
	return rows, fits
}

func (l *columns) total(row []int) (sum float32) {
	for _, i := range row {
		sum += l.weight(i)
	}
	return sum
}

func (l *columns) fits(objs []fyne.CanvasObject, row []int, width float32) bool {
	free := width - l.gap()*float32(len(row)-1)
	total := l.total(row)
	for _, i := range row {
		if free*l.weight(i)/total+0.5 < objs[i].MinSize().Width {
			return false
		}
	}
	return true
}

// Layout places the objects; Fyne calls it.
func (l *columns) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	before := len(l.rows(objs, l.width))
	l.width = s.Width
	rows := l.rows(objs, s.Width)
	y := float32(0)
	for i, row := range rows {
		if i > 0 {
			y += l.drop(objs)
		}
		free := s.Width - l.gap()*float32(len(row)-1)
		total := l.total(row)
		x, h := float32(0), float32(0)
		for _, i := range row {
			w := free * l.weight(i) / total
			objs[i].Resize(fyne.NewSize(w, objs[i].MinSize().Height))
			h = max(h, objs[i].MinSize().Height)
		}
		for _, i := range row {
			w := free * l.weight(i) / total
			place(objs[i], x, y, w, h)
			x += w + l.gap()
		}
		y += h
	}
	if before != len(rows) {
		// the height needed has changed with the width: ask the parents again
		l.box.Refresh()
	}
}

// MinSize is as narrow as the widest object and as high as the rows need at
// the width last given; Fyne calls it.
func (l *columns) MinSize(objs []fyne.CanvasObject) fyne.Size {
	width := l.width
	var widest, full float32
	for i, o := range objs {
		if o.Visible() {
			m := o.MinSize().Width
			widest = max(widest, m)
			full = max(full, m/l.weight(i))
		}
	}
	if width == 0 {
		width = 1e6
	}
	var h float32
	for i, row := range l.rows(objs, width) {
		if i > 0 {
			h += l.drop(objs)
		}
		var tallest float32
		for _, i := range row {
			tallest = max(tallest, objs[i].MinSize().Height)
		}
		h += tallest
	}
	return fyne.NewSize(widest, h)
}

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
		var rows [][]int
		fits := true
		for start := 0; start < len(all); start += per {
			row := all[start:min(start+per, len(all))]
			rows = append(rows, row)
			fits = fits && l.fits(objs, row, width)
		}
		if fits {
			return rows
		}
	}
	rows := make([][]int, len(all))
	for i, at := range all {
		rows[i] = []int{at}
	}
	return rows
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
	for _, row := range rows {
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
	for _, row := range l.rows(objs, width) {
		var tallest float32
		for _, i := range row {
			tallest = max(tallest, objs[i].MinSize().Height)
		}
		h += tallest
	}
	return fyne.NewSize(widest, h)
}

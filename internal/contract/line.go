package contract

import "strings"

// span is a piece of text in one style, with the name of the field it came
// from for the error that names an unprintable character.
type span struct {
	text      string
	bold      bool
	underline bool
	field     string
}

// cell is one character to be set.
type cell struct {
	glyph
	bold      bool
	underline bool
}

// line is a row of characters with the width it takes up, in em.
type line struct {
	cells []cell
	width float64
	last  bool // of its paragraph
	start int  // index of its first character in the paragraph
}

// Characters that may not begin a line, and those that may not end one.
const (
	closers = "，。、；：？！）》〉」』】〕］｝”’…—·%‰℃,.;:?!)]}"
	openers = "（《〈「『【〔［｛“‘([{￥¥$№"
	// Full-width punctuation whose ink is in the left half of its box, and in
	// the right half: the empty half may be taken out.
	leftHalf  = "，。、；：）》〉」』】〕］｝"
	rightHalf = "（《〈「『【〔［｛"
)

func isCloser(r rune) bool { return strings.ContainsRune(closers, r) }
func isOpener(r rune) bool { return strings.ContainsRune(openers, r) }

// wordy characters stay together: numbers, codes, Latin words.
func wordy(r rune) bool {
	switch {
	case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		return true
	case strings.ContainsRune("-_./@#&*+=:,%'", r):
		return true
	}
	return r >= 0xC0 && r < 0x250
}

// mayBreak says whether a line may end between two neighbours.
func mayBreak(a, b rune) bool {
	switch {
	case a == ' ':
		return b != ' '
	case b == ' ', isCloser(b), isOpener(a):
		return false
	case wordy(a) && wordy(b):
		return false
	case a >= '0' && a <= '9' && strings.ContainsRune("元年月日号条页期周岁份", b):
		return false
	}
	return true
}

// squeeze is how much of the space between two neighbours is taken out, in em.
func squeeze(a, b rune) float64 {
	left, right := strings.ContainsRune(leftHalf, a), strings.ContainsRune(rightHalf, b)
	switch {
	case left && right, left && strings.ContainsRune(leftHalf, b),
		strings.ContainsRune(rightHalf, a) && right:
		return 0.5
	}
	return 0
}

// cells resolves every character of the spans to a glyph.
func (fs *faces) cells(spans []span) ([]cell, error) {
	var out []cell
	for _, s := range spans {
		for _, r := range s.text {
			g, err := fs.find(r, s.field)
			if err != nil {
				return nil, err
			}
			out = append(out, cell{g, s.bold, s.underline})
		}
	}
	return out, nil
}

// lineWidth is the width of cells set as one line, in em: neighbouring
// punctuation is squeezed, and the empty half of the last mark hangs out.
func lineWidth(cells []cell) float64 {
	w := 0.0
	for i, c := range cells {
		w += float64(c.adv) / 1000
		if i > 0 {
			w -= squeeze(cells[i-1].r, c.r)
		}
	}
	return w - hang(cells)
}

func hang(cells []cell) float64 {
	if n := len(cells); n > 0 && strings.ContainsRune(leftHalf, cells[n-1].r) {
		return 0.5
	}
	return 0
}

// breakLines sets cells in lines of at most width em; the first is shorter by
// indent. A word longer than a line is broken where it must be.
func breakLines(cells []cell, width, indent float64) []line {
	var out []line
	all := cells
	for len(cells) > 0 {
		start := len(all) - len(cells)
		room := width
		if len(out) == 0 {
			room -= indent
		}
		n := fit(cells, room)
		row := cells[:n]
		cells = cells[n:]
		for len(row) > 1 && row[len(row)-1].r == ' ' {
			row = row[:len(row)-1]
		}
		out = append(out, line{row, lineWidth(row), len(cells) == 0, start})
	}
	if len(out) == 0 {
		return []line{{last: true}}
	}
	return pullIn(out, all, width, indent)
}

// tightest is how much narrower a line's characters may stand, in em each, to
// spare a last line of one or two characters.
const tightest = 0.045

// pullIn takes a last line of hardly anything into the line before it.
func pullIn(out []line, all []cell, width, indent float64) []line {
	n := len(out)
	if n < 2 || out[n-1].width > 2.01 {
		return out
	}
	if n > 2 {
		indent = 0
	}
	row := all[out[n-2].start:]
	w := lineWidth(row)
	if w-(width-indent) > tightest*float64(len(row)-1) {
		return out
	}
	return append(out[:n-2], line{row, w, true, out[n-2].start})
}

// fit is how many of the cells go on a line of room em; at least one.
func fit(cells []cell, room float64) int {
	const slack = 1e-6
	w, best, widest := 0.0, 0, 0
	for i, c := range cells {
		w += float64(c.adv) / 1000
		if i > 0 {
			w -= squeeze(cells[i-1].r, c.r)
		}
		if c.r != ' ' && w-hang(cells[:i+1]) > room+slack {
			break
		}
		widest = i + 1
		if i+1 == len(cells) || mayBreak(c.r, cells[i+1].r) {
			best = i + 1
		}
	}
	if best == 0 {
		best = max(widest, 1)
	}
	return best
}

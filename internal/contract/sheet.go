package contract

import (
	"fmt"
	"slices"
)

// Page geometry in points; the body's width is the same on every page.
const (
	marginX    = 68.0
	bodyTop    = a4Height - 82
	bodyBottom = 70.0
	bodyWidth  = a4Width - 2*marginX
)

// sheet is the content of one page as it is drawn.
type sheet struct {
	buf []byte
}

func (s *sheet) addf(format string, args ...any) {
	s.buf = append(fmt.Appendf(s.buf, format, args...), '\n')
}

// stroke draws a straight line of gray tone 0 (black) to 1.
func (s *sheet) stroke(x0, y0, x1, y1, width, tone float64) {
	s.addf("%s w %s G %s %s m %s %s l S", num(width), num(tone), num(x0), num(y0), num(x1), num(y1))
}

// box draws a frame whose lower left corner is x, y.
func (s *sheet) box(x, y, w, h, width, tone float64) {
	s.addf("%s w %s G %s %s %s %s re S", num(width), num(tone), num(x), num(y), num(w), num(h))
}

// shade fills a box.
func (s *sheet) shade(x, y, w, h, tone float64) {
	s.addf("%s g %s %s %s %s re f", num(tone), num(x), num(y), num(w), num(h))
}

// image draws a named image in a box.
func (s *sheet) image(name string, x, y, w, h float64) {
	s.addf("q %s 0 0 %s %s %s cm /%s Do Q", num(w), num(h), num(x), num(y), name)
}

// toneKept draws in the colour that stands already.
const toneKept = -1

// pen is how a line of text is drawn.
type pen struct {
	size float64
	tone float64 // gray, 0 is black; or toneKept
	gap  float64 // added between characters, in em
}

// text draws the characters of a line from x on the baseline y.
func (s *sheet) text(x, y float64, cells []cell, p pen) {
	if len(cells) == 0 {
		return
	}
	if p.tone != toneKept {
		s.addf("%s g", num(p.tone))
	}
	bold := slices.ContainsFunc(cells, func(c cell) bool { return c.bold })
	if bold {
		s.darker(p)
	}
	s.addf("BT 1 0 0 1 %s %s Tm", num(x), num(y))
	open, dark := -1, false
	at := 0.0 // em from x
	var under []float64
	for i, c := range cells {
		shift := 0.0
		if i > 0 {
			shift = p.gap - squeeze(cells[i-1].r, c.r)
		}
		if c.face != open || c.bold != dark {
			if open >= 0 {
				s.buf = append(s.closeRun(shift), '\n')
			}
			if c.bold != dark {
				dark = c.bold
				s.addf("%d Tr", map[bool]int{false: 0, true: 2}[dark])
			}
			s.buf = fmt.Appendf(s.buf, "/F%d %s Tf [<", c.face, num(p.size))
			open = c.face
		} else if shift > 0.0005 || shift < -0.0005 {
			s.buf = fmt.Appendf(s.buf, "> %s <", num(-1000*shift))
		}
		s.buf = fmt.Appendf(s.buf, "%04X", c.cid)
		at += shift
		under = markUnder(under, c.underline, at, at+float64(c.adv)/1000)
		at += float64(c.adv) / 1000
	}
	s.buf = append(s.closeRun(0), "\nET\n"...)
	if bold {
		s.addf("Q")
	}
	for i := 0; i+1 < len(under); i += 2 {
		s.stroke(x+under[i]*p.size, y-2.2, x+under[i+1]*p.size, y-2.2, 0.5, 0)
	}
}

// darker begins text that has a line about its outlines where it is bold.
func (s *sheet) darker(p pen) {
	s.addf("q 1 j %s w", num(p.size*0.036))
	if p.tone != toneKept {
		s.addf("%s G", num(p.tone))
	}
}

func (s *sheet) closeRun(shift float64) []byte {
	if shift > 0.0005 || shift < -0.0005 {
		return fmt.Appendf(s.buf, "> %s] TJ", num(-1000*shift))
	}
	return append(s.buf, ">] TJ"...)
}

// markUnder extends the last underlined stretch, or begins one.
func markUnder(under []float64, on bool, from, to float64) []float64 {
	if !on {
		return under
	}
	if n := len(under); n > 0 && from-under[n-1] < 0.51 {
		under[n-1] = to
		return under
	}
	return append(under, from, to)
}

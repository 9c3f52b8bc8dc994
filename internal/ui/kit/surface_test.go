package kit

import (
	"image/color"
	"testing"
)

func TestASurfaceIsInPiecesWhereThatSpares(t *testing.T) {
	s := NewSurface()
	if got := len(s.Objects()); got != 1 {
		t.Errorf("outside of a window it is %d objects, want one", got)
	}
	s.inPieces()
	shown := func() (n int) {
		for _, o := range s.Objects() {
			if o.Visible() {
				n++
			}
		}
		return n
	}
	s.Look.FillColor, s.Look.CornerRadius = color.White, 5
	s.Place(0, 0, 400, 300)
	check(t, "a large one is shown in", shown(), 5)
	s.Place(0, 0, 90, 34)
	check(t, "a small one is shown in", shown(), 1)
	s.Place(0, 0, 400, 300)
	s.Look.FillColor = color.NRGBA{R: 9, A: 90}
	s.Refresh()
	check(t, "round and translucent it is shown in", shown(), 1)
	s.Look.CornerRadius = 0
	s.Refresh()
	check(t, "translucent its middle is shown", shown() == 1 && !s.Look.Visible(), true)
	s.Look.FillColor, s.Look.CornerRadius, s.Look.StrokeColor, s.Look.StrokeWidth = nil, 5, color.Black, 1
	s.Refresh()
	check(t, "an edge alone is shown in", shown(), 4)
	s.SetHidden(true)
	check(t, "hidden it is shown in", shown(), 0)
	s.Place(0, 0, 300, 300)
	check(t, "and stays so", shown(), 0)
	s.SetHidden(false)
	check(t, "and is shown again in", shown(), 4)
}

package kit

import "testing"

func TestAPlaceReadsBackAsItWasWritten(t *testing.T) {
	for _, want := range []Place{
		{Width: 1280, Height: 720},
		{Width: 1366, Height: 742, X: -7, Y: 12, Placed: true},
		{Width: 800, Height: 600, Placed: true, Maximized: true},
	} {
		if got, ok := ParsePlace(want.String()); !ok || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", want, got, ok, want)
		}
	}
	for _, s := range []string{"", "x", "1x1", "1280", "99999999x2", "NaNxNaN", "-800x600"} {
		if got, ok := ParsePlace(s); ok {
			t.Errorf("%q: got %+v, want it refused", s, got)
		}
	}
}

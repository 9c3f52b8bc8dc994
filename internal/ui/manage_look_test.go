package ui

import (
	"testing"

	"doorstep/internal/ui/kit"
)

func TestAnotherSizeOfTypeLeavesTheColours(t *testing.T) {
	r := newRig(t, kit.Light)
	var shown []Look
	r.ui(func() {
		r.u.deps.Look = func(l Look) { shown = append(shown, l) }
		r.u.shell.visit("manage")
		r.u.setLook(Look{r.u.look.Variant, 1.3})
	})
	if want := (Look{FirstLook().Variant, 1.3}); len(shown) != 1 || shown[0] != want {
		t.Errorf("got %v, want %v", shown, want)
	}
}

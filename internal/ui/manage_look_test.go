package ui

import (
	"image/color"
	"math"
	"testing"

	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
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

func TestTheSizeOfTypeThatIsChosenStaysInView(t *testing.T) {
	r := newRig(t, kit.Light)
	inManage[*deviceSection](r, ofDevice)
	var page *manage
	var scale *kit.Choice
	r.ui(func() {
		page = r.u.shell.screen.(*manage)
		above := canvas.NewRectangle(color.Transparent)
		content := page.scroll.Content.(*fyne.Container)
		content.Objects = append([]fyne.CanvasObject{above}, content.Objects...)
		r.u.deps.Look = func(l Look) { // larger type makes all that is above it higher
			above.SetMinSize(fyne.NewSize(1, 1000*(l.Scale-1)))
			content.Refresh()
		}
		for _, o := range test.LaidOutObjects(content) {
			if c, ok := o.(*kit.Choice); ok {
				scale = c // the last: the size of type stands behind the colours
			}
		}
		kit.Focus(scale)
	})
	at := func() (y float32) {
		r.ui(func() { y = fyne.CurrentApp().Driver().AbsolutePositionForObject(scale).Y })
		return y
	}
	before := at()
	for _, id := range []string{"130", "115", "100"} {
		r.ui(func() { scale.OnChanged(id) })
		if after := at(); math.Abs(float64(after-before)) > 1 {
			t.Errorf("%s: it stands at %v, before at %v", id, after, before)
		}
	}
}

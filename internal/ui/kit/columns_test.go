package kit

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

func TestColumnsLeaveNoneAloneInARow(t *testing.T) {
	objs := []fyne.CanvasObject{NewField(), NewField(), NewField(), NewField()}
	s := show(t, container.NewVBox(Columns(nil, objs...)), 900, 400)
	check(t, "one row", objs[3].Position().Y, 0)
	s.w.Resize(fyne.NewSize(objs[0].MinSize().Width*3+80, 400))
	check(t, "the third begins a row", objs[2].Position() == fyne.NewPos(0, objs[0].Size().Height), true)
	check(t, "the fourth beside it", objs[3].Position().Y, objs[2].Position().Y)
	check(t, "as wide as the first", objs[3].Size().Width, objs[0].Size().Width)
}

func TestCardsKeepApartWhereTheyWrap(t *testing.T) {
	objs := []fyne.CanvasObject{Card("一", nil, NewField()), Card("二", nil, NewField())}
	box := Columns(nil, objs...)
	s := show(t, container.NewVBox(box), 900, 400)
	check(t, "one row", objs[1].Position().Y, 0)
	s.w.Resize(fyne.NewSize(objs[0].MinSize().Width+60, 400))
	gap := objs[1].Position().Y - objs[0].Size().Height
	check(t, "a gap", gap, 12)
	check(t, "which counts", box.MinSize().Height, 2*objs[0].Size().Height+gap)
}

func TestAFieldThatIsNotTypedInEndsWithDots(t *testing.T) {
	f := NewField()
	s := show(t, Columns(nil, f, NewField()), 320, 60)
	f.SetText("黔南布依族苗族自治州平塘县大塘镇")
	drawnAs := func() string {
		for _, o := range f.look.layer.Objects {
			if x, ok := o.(*canvas.Text); ok {
				return x.Text
			}
		}
		return ""
	}
	if got := drawnAs(); !strings.HasSuffix(got, "…") || textWidth(got, textSize(), fyne.TextStyle{}) > f.look.textArea().Width {
		t.Errorf("it is drawn as %q", got)
	}
	s.focus(f)
	check(t, "typed in", drawnAs(), f.Text())
}

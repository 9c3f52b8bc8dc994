package ui

import (
	"image/color"
	"slices"

	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// acted sets words in columns, with what is done about them in the last: as wide as its
// own words, at the right edge, and on one line with theirs.
func acted(weights []float32, act fyne.CanvasObject, words ...*kit.Text) fyne.CanvasObject {
	var cells []fyne.CanvasObject
	for _, w := range words {
		cells = append(cells, container.New(&beside{of: act}, w))
	}
	return kit.Columns(weights, slices.Concat(cells, []fyne.CanvasObject{atRight(act)})...)
}

// rowOf is acted as a row of a list whose columns agree, however narrow, and whose rows
// are of one height, also where nothing is to be done: act is nil then.
func rowOf(weights []float32, act fyne.CanvasObject, words ...*kit.Text) fyne.CanvasObject {
	like := kit.NewSecondary("　", nil, nil)
	var cells []fyne.CanvasObject
	for _, w := range words {
		cells = append(cells, container.New(anyWidth{}, container.New(&beside{of: like}, w)))
	}
	room := canvas.NewRectangle(color.Transparent)
	room.SetMinSize(fyne.NewSize(0, like.MinSize().Height))
	if act == nil {
		act = container.NewStack()
	}
	return kit.Columns(weights, slices.Concat(cells, []fyne.CanvasObject{container.NewStack(room, atRight(act))})...)
}

// atRight stands at the right edge, as wide as it asks for.
func atRight(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVBox(container.NewHBox(layout.NewSpacer(), o))
}

// beside lays out words whose first line is in the middle of what stands beside them.
type beside struct{ of fyne.CanvasObject }

func (b *beside) drop(objs []fyne.CanvasObject) float32 {
	return max((b.of.MinSize().Height-objs[0].(*kit.Text).LineHeight())/2, 0)
}

func (b *beside) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return objs[0].MinSize().AddWidthHeight(0, b.drop(objs))
}

func (b *beside) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	drop := b.drop(objs)
	objs[0].Move(fyne.NewPos(0, drop))
	objs[0].Resize(fyne.NewSize(s.Width, max(s.Height-drop, 0)))
}

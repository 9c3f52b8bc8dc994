package ui

import (
	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// namer gives accounts the names that people go by: "name（account）" of who is on the
// laptop's roster, and of others the account alone, in the words that the record has.
func (u *Window) namer() func(account string) string {
	names := map[string]string{}
	if list, err := u.desk.Operators(u.ctx); err == nil {
		for _, o := range list {
			names[o.ID] = o.Name
		}
	}
	return func(account string) string {
		if n := names[account]; n != "" {
			return n + "（" + account + "）"
		}
		return desk.AccountLabel(account)
	}
}

// wrapped is text that wraps within its column, however narrow, so that the columns of
// all rows of a list agree.
func wrapped(text string, kind kit.TextKind) fyne.CanvasObject {
	return container.New(anyWidth{}, kit.NewText(text, kind))
}

// anyWidth asks for hardly any width for its one object.
type anyWidth struct{}

func (anyWidth) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(scaled(60), objs[0].MinSize().Height)
}

func (anyWidth) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	objs[0].Resize(s)
	objs[0].Move(fyne.Position{})
}

package ui

import (
	"doorstep/internal/desk"
	"fyne.io/fyne/v2"
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

// anyWidth asks for hardly any width for its one object.
type anyWidth struct{}

func (anyWidth) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(scaled(60), objs[0].MinSize().Height)
}

func (anyWidth) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	objs[0].Resize(s)
	objs[0].Move(fyne.Position{})
}

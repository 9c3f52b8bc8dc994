package ui

import (
	"encoding/json"

	"doorstep/assets"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// agreed is a text that is read out, and agreed to or acknowledged.
type agreed struct {
	ID         string   `json:"id"`
	Purpose    string   `json:"purpose"`
	Version    string   `json:"version"`
	Title      string   `json:"title"`
	Summary    string   `json:"summary"`
	Paragraphs []string `json:"paragraphs"`
}

// textFor is the text of a purpose, of several the latest version.
func textFor(purpose string) agreed {
	var out agreed
	for _, b := range assets.Texts() {
		var t agreed
		if json.Unmarshal(b, &t) == nil && t.Purpose == purpose && t.Version > out.Version {
			out = t
		}
	}
	return out
}

// showText shows a whole text over the window; then runs when it is closed.
func showText(u *Window, t agreed, then func()) {
	var lines []fyne.CanvasObject
	for _, p := range t.Paragraphs {
		lines = append(lines, kit.NewText(p, kit.TextBody))
	}
	lines = append(lines, kit.NewText("文本版本 "+t.Version, kit.TextCaption))
	scroll := container.NewVScroll(container.New(&stacked{gap: 8}, lines...))
	d := kit.NewDialog(u.win, t.Title, container.New(&tall{height: scaled(360)}, scroll), "读完了", "", nil)
	d.SetWidth(640)
	d.SetOnClosed(then)
	d.Show()
}

package ui

import (
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// call is the screen 叫号, a window of its own for those who wait: numbers,
// stations and masked names.
type call struct {
	u    *Window
	win  fyne.Window
	list *fyne.Container
}

// large is a line that is read from across the room.
func large(text string) fyne.CanvasObject {
	t := canvas.NewText(text, theme.Color(kit.ColorText))
	t.TextSize, t.TextStyle.Bold = scaled(34), true
	return t
}

// maxCalled is how many rows the screen has room for.
const maxCalled = 9

// openCall opens the screen, or brings it to the front.
func (u *Window) openCall() {
	if u.call != nil {
		u.call.win.RequestFocus()
		return
	}
	c := &call{u: u, win: fyne.CurrentApp().NewWindow("叫号"), list: container.New(&stacked{gap: 10})}
	page := filled("请到工位办理", u.desk.Place(), kit.Card("", nil, c.list))
	root := kit.Attach(c.win, nil, page)
	root.OnTouched = u.root.OnTouched
	root.SetKeyAbove(fyne.KeyF12, u.lock)
	c.win.Resize(fyne.NewSize(960, 640))
	c.win.SetOnClosed(func() {
		if u.call == c {
			u.call = nil
		}
	})
	u.call = c
	c.refresh()
	c.win.Show()
}

// closeCall takes the screen away: nobody is at the desk to answer for it.
func (u *Window) closeCall() {
	if c := u.call; c != nil {
		u.call = nil
		c.win.Close()
	}
}

func (c *call) refresh() {
	var rows []fyne.CanvasObject
	for _, r := range c.u.desk.AtStations() {
		if len(rows) == maxCalled {
			break
		}
		for _, h := range r.Held {
			number := r.Ticket
			if number == "" {
				number = "—"
			}
			place := h.Station.Label()
			if h.Name != "" {
				place = h.Name + " 机　" + place
			}
			rows = append(rows, kit.Columns([]float32{1, 2, 2}, large(number), large(r.Name), large(place)))
		}
	}
	if len(rows) == 0 {
		rows = append(rows, kit.NewLine("现在没有等候的人", kit.TextMuted))
	}
	c.list.Objects = rows
	c.list.Refresh()
}

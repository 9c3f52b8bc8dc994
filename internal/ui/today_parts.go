package ui

import (
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// parts are the cards of 今日: for who takes no case in without that of a new one, and for
// who reviews none either without that of what he would go on with.
func (t *today) parts(start, waiting fyne.CanvasObject) []fyne.CanvasObject {
	o := t.u.desk.Operator()
	switch {
	case supervises(o):
		return []fyne.CanvasObject{t.figures, t.duties.content, t.notices.content, t.stations.content, t.idle}
	case !slices.Contains(o.Roles, desk.Clerk):
		return []fyne.CanvasObject{t.figures, t.duties.content, t.notices.content, t.stations.content, waiting}
	}
	return []fyne.CanvasObject{t.figures, t.duties.content, start, t.notices.content, t.stations.content, waiting}
}

// newIdle says that nothing waits, in the place of a page with nothing below its figures.
func newIdle() *fyne.Container {
	c := container.NewStack(kit.Card("", nil, kit.NewText("现在没有要您办的事。要您答复或复查的，会列在这里。", kit.TextMuted)))
	c.Hide()
	return c
}

// showIdle brings that up to date, once it is known what waits.
func (t *today) showIdle() {
	idle := t.duties.heard && t.notices.heard && !t.duties.content.Visible() && !t.notices.content.Visible() && !t.stations.content.Visible()
	if t.idle.Visible() != idle {
		setVisible(t.idle, idle)
		relay(t.content)
	}
}

// supervises says whether an operator has no part in cases of his own.
func supervises(o desk.Operator) bool {
	for _, r := range o.Roles {
		if r != desk.DataAdmin && r != desk.Auditor {
			return false
		}
	}
	return len(o.Roles) > 0
}

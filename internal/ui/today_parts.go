package ui

import (
	"doorstep/internal/desk"
	"fyne.io/fyne/v2"
)

// parts are the cards of 今日: for who takes no case in and reviews none, without those of
// a new one and of what he would go on with.
func (t *today) parts(start, waiting fyne.CanvasObject) []fyne.CanvasObject {
	if supervises(t.u.desk.Operator()) {
		return []fyne.CanvasObject{t.figures, t.duties.content, t.notices.content, t.stations.content}
	}
	return []fyne.CanvasObject{t.figures, t.duties.content, start, t.notices.content, t.stations.content, waiting}
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

package ui

import (
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

// onToNextReview leads a reviewer who signed in himself on from a case that he has given
// his word on: to the one that has waited longest for it, or to 今日 where none does.
func (v *visit) onToNextReview(passed bool) {
	s := v.u.shell
	if !v.active || s.current != v {
		return // he has gone elsewhere meanwhile
	}
	words := "已退回经办人员修改。"
	if k := v.c.Contract; passed && k != nil && k.Sealed != nil {
		words = "复核通过，由经办人员完成受理。"
	} else if passed {
		words = "复核通过，由经办人员请双方签署。"
	}
	next, found := v.nextReview()
	if !found {
		kit.Notice(v.u.win, kit.Good, words+"没有等您复核的案件了。")
		s.current = nil
		v.close()
		s.visit("today")
		return
	}
	kit.Notice(v.u.win, kit.Good, words+"接着是下一件等您复核的案件。")
	s.open(next)
}

// nextReview is the case that has waited longest for a review by the operator.
func (v *visit) nextReview() (uuid.UUID, bool) {
	rows := slices.DeleteFunc(v.u.desk.Find("", 0, loan.ToReview), func(r desk.Row) bool { return r.ID == v.id || r.Mine || heldElsewhere(r) })
	if len(rows) == 0 {
		return uuid.Nil, false
	}
	return rows[len(rows)-1].ID, true // the newest comes first
}

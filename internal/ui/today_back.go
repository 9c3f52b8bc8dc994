package ui

import (
	"context"
	"fmt"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

// open opens a case that is told of. One in hand is looked at anew, so that the desk knows
// that what was taken back in it was seen.
func (n *notices) open(r desk.Notice) {
	if at := n.u.shell.current; len(r.TakenBack) > 0 && at != nil && at.id == r.ID {
		n.u.act("open case", func(ctx context.Context) error {
			_, err := n.u.desk.Open(ctx, r.ID)
			return err
		}, func(error) {}) // of a failure the log has it; the case is on the screen
	}
	n.u.shell.open(r.ID)
}

// backWords say which consents were taken back in a signed case, and what follows.
func backWords(r desk.Notice) (text, more string) {
	for i, w := range r.TakenBack {
		if i > 0 {
			text += "；"
		}
		text += partyLabel(w.Party) + "撤回了" + loan.PurposeLabel(w.Purpose) + "的同意"
	}
	more = "不能办结、不再导出；仍要办的，请本人重新登记同意"
	switch r.Status {
	case loan.Accepted:
		more = "不再导出；同步后县资助中心得知，已提供的不受影响"
	case loan.Queued, loan.Received:
		more = "不再导出；同步后县资助中心得知，不再受理。仍要办的，请本人重新登记同意"
	}
	return text, more
}

// backDuty tells a data administrator of cases of others in which a consent was taken back.
func backDuty(w desk.Duties) []duty {
	if w.TakenBack == 0 {
		return nil
	}
	words := fmt.Sprintf("有 %d 件签署后的案件撤回了同意，还没有人打开看过：不再导出，同步后县资助中心得知，没有受理的不再受理。请告诉经办人。", w.TakenBack)
	return []duty{{words: words, kind: kit.TextWarn, act: "打开…", open: w.FirstBack}}
}

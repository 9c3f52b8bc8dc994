package ui

import (
	"context"
	"fmt"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

// sawBack looks anew at a case in hand in which a consent was taken back, so that the desk
// knows that it was seen.
func (v *visit) sawBack() {
	v.u.act("look at what was taken back", func(ctx context.Context) error {
		c, err := v.u.desk.Case(ctx, v.id)
		if err == nil && len(c.Withdrawn) > 0 {
			_, err = v.u.desk.Open(ctx, v.id)
		}
		return err
	}, func(error) {}) // of a failure the log has it; the case is on the screen
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

// beginsAt is where a case of the list begins: one of which a consent was taken back at that
// person's consents, any other where its state says, which is nil.
func beginsAt(r desk.Notice) func(*visit) {
	if r.Returned != nil || r.SentBack != nil || r.Erased != "" || len(r.TakenBack) == 0 {
		return nil
	}
	path := "consent/" + string(r.TakenBack[0].Party)
	return func(v *visit) { v.mend, v.at = path, stepOf(path) }
}

// backDuty tells a data administrator of cases of others in which a consent was taken back.
func backDuty(w desk.Duties) []duty {
	if w.TakenBack == 0 {
		return nil
	}
	words := fmt.Sprintf("有 %d 件签署后的案件撤回了同意，还没有人打开看过：不再导出，同步后县资助中心得知，没有受理的不再受理。请告诉经办人。", w.TakenBack)
	return []duty{{words: words, kind: kit.TextWarn, act: "打开…", open: w.FirstBack}}
}

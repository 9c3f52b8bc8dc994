package ui

import (
	"context"
	"fmt"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

// sawBack looks anew at a case in hand in which a consent was taken back, so that the desk
// knows that it was seen, and shows it as it stands; then follows where it did.
func (v *visit) sawBack(then func()) {
	var c *loan.Case
	v.u.act("look at what was taken back", func(ctx context.Context) (err error) {
		c, err = v.u.desk.Case(ctx, v.id)
		if err == nil && len(c.Withdrawn) > 0 {
			c, err = v.u.desk.Open(ctx, v.id)
		}
		return err
	}, func(err error) {
		if err != nil || len(c.Withdrawn) == 0 || v.pending > 0 || v.closed {
			return // of a failure the log has it; the case is on the screen
		}
		v.take(c)
		then()
	})
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

// tellsBack says whether a row of the list is there as a consent was taken back.
func tellsBack(r desk.Notice) bool {
	return r.Returned == nil && r.SentBack == nil && r.Erased == "" && len(r.TakenBack) > 0
}

// beginsAt is where a case of the list begins: one of which a consent was taken back at that
// person's consents, any other where its state says, which is nil.
func beginsAt(r desk.Notice) func(*visit) {
	if !tellsBack(r) {
		return nil
	}
	path := "consent/" + string(r.TakenBack[0].Party)
	return func(v *visit) { v.mend, v.at = path, stepOf(path) }
}

// chosen is the case of the row that is chosen, or uuid.Nil.
func (n *notices) chosen() uuid.UUID {
	if i := n.list.Selected(); i >= 0 && i < len(n.rows) {
		return n.rows[i].ID
	}
	return uuid.Nil
}

// toPutAway is the row that the button puts away: the one that is chosen, or where none is
// the only one that can be; nil where it is none of these.
func (n *notices) toPutAway() *desk.Notice {
	var only *desk.Notice
	for i := range n.rows {
		r := &n.rows[i]
		switch {
		case !tellsBack(*r):
		case i == n.list.Selected():
			return r
		case n.chosen() != uuid.Nil:
		case only != nil:
			return nil
		default:
			only = r
		}
	}
	return only
}

// showAway shows the button where there is a row that a press puts away, and lets it be
// pressed where it is clear which.
func (n *notices) showAway() {
	setVisible(n.away, slices.ContainsFunc(n.rows, tellsBack))
	n.away.SetEnabled(n.toPutAway() != nil)
}

// putAway takes a row away that a consent was taken back in a case: the case says so on.
func (n *notices) putAway() {
	r := n.toPutAway()
	if r == nil {
		return
	}
	id, known := r.ID, r.TakenBack
	n.u.act("put away consents taken back", func(ctx context.Context) error { return n.u.desk.PutBackAway(ctx, id, known) }, func(err error) {
		if err != nil {
			n.u.fail(err)
		}
		n.refresh()
	})
}

// backDuty tells a data administrator of cases of others in which a consent was taken back.
func backDuty(w desk.Duties) []duty {
	if w.TakenBack == 0 {
		return nil
	}
	words := fmt.Sprintf("有 %d 件签署后的案件撤回了同意，还没有人打开看过：不再导出，同步后县资助中心得知，没有受理的不再受理。请告诉经办人。", w.TakenBack)
	return []duty{{words: words, kind: kit.TextWarn, act: "打开…", open: w.FirstBack}}
}

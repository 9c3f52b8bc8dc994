package ui

import (
	"context"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

// onToNextReview leads a reviewer who signed in himself on from a case that he has given
// his word on: to the one that has waited longest for it, or to 今日 where none does.
func (v *visit) onToNextReview(passed bool) {
	words := "已退回经办人员修改。"
	if k := v.c.Contract; passed && k != nil && k.Sealed != nil {
		words = "复核通过，由经办人员完成受理。"
	} else if passed {
		words = "复核通过，由经办人员请双方签署。"
	}
	var next uuid.UUID
	rows := v.waiting()
	v.u.run("next review", func(ctx context.Context) (err error) {
		next, err = nextReview(ctx, v.u.desk, rows)
		return err
	}, func(err error) {
		s := v.u.shell
		switch {
		case !v.active || s.current != v: // he has gone elsewhere meanwhile
		case err != nil: // the log has it
			kit.Notice(v.u.win, kit.Good, words)
		case next == uuid.Nil:
			kit.Notice(v.u.win, kit.Good, words+"没有等您复核的案件了。")
			s.current = nil
			v.close()
			s.visit("today")
		default:
			kit.Notice(v.u.win, kit.Good, words+"接着是下一件等您复核的案件。")
			s.open(next)
		}
	})
}

// waiting are the other cases that wait for a review, the one that waits longest first.
func (v *visit) waiting() []desk.Row {
	rows := slices.DeleteFunc(v.u.desk.Find("", 0, loan.ToReview), func(r desk.Row) bool { return r.ID == v.id || r.Mine || heldElsewhere(r) })
	slices.Reverse(rows) // the newest comes first
	return rows
}

// nextReview is the first of the cases that the operator may review, uuid.Nil for none: in
// some he had a part though another took them in.
func nextReview(ctx context.Context, d *desk.Desk, rows []desk.Row) (uuid.UUID, error) {
	for _, r := range rows {
		c, err := d.Case(ctx, r.ID)
		if k := fault.KindOf(err); k == fault.Missing || k == fault.Erased || k == fault.Damaged {
			continue
		}
		if err != nil {
			return uuid.Nil, err
		}
		people, err := d.Reviewers(ctx, c)
		if err != nil {
			return uuid.Nil, err
		}
		if slices.ContainsFunc(people, func(p desk.Person) bool { return p.ID == d.Operator().ID }) {
			return r.ID, nil
		}
	}
	return uuid.Nil, nil
}

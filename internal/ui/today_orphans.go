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

// orphanDuty tells of cases whose clerk was switched off: a clerk takes them over from
// here, one after the other; an administrator asks one to.
func (u *Window) orphanDuty(w desk.Duties) []duty {
	if w.Orphans == 0 {
		return nil
	}
	of := shortCase(w.FirstOrphan)
	if w.Orphans > 1 {
		of = "先是" + of
	}
	o := duty{words: fmt.Sprintf("%d 件案件的经办人已停用或不再是操作员，", w.Orphans), kind: kit.TextWarn}
	if !slices.Contains(u.desk.Operator().Roles, desk.Clerk) {
		o.words += "请让一位操作员在这台电脑的“今日”接手：" + of + "。"
		return []duty{o}
	}
	o.words += "请接手：" + of + "。"
	o.act, o.take = "接手…", w.FirstOrphan
	return []duty{o}
}

// takeOn takes a case over whose clerk was switched off, for a reason, and opens it.
func (s *shell) takeOn(id uuid.UUID) {
	station := loan.NumberStation
	if at := s.u.seat.Stations; len(at) > 0 {
		station = at[0]
	}
	words := shortCase(id) + " 的经办人已停用或不再是操作员。接手后由您办理，已填的内容都在。原因记入案件。"
	s.u.askWhy(false, "接手案件", words, "接手原因", "接手", "原经办人已停用，接着办理", "", func(reason string) {
		s.u.act("take over", func(ctx context.Context) error {
			_, err := s.u.desk.TakeOver(ctx, id, station, reason)
			return err
		}, func(err error) {
			switch {
			case desk.NeedsGrant(err):
				s.u.askToTake("接手案件", err, reason)
			case err != nil:
				s.u.fail(err)
			default:
				s.open(id)
			}
		})
	})
}

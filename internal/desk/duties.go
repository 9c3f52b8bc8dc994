package desk

import (
	"context"
	"encoding/hex"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// Duties is how much waits for a word of the operator signed in. It names nobody.
type Duties struct {
	Looks       int // requests to see, made here or at other laptops of the county
	Exports     int // requests to export, made here
	Emergencies int // at this laptop, that nobody looked at yet
	Above       int // of those that the level above the county reviews, for the county
	Answers     int // of his own to requests, that took no effect

	// Cases of others, signed or on, in which a consent was taken back and that nobody opened
	// since; and the first of them, uuid.Nil for none.
	TakenBack int
	FirstBack uuid.UUID

	// Cases at this laptop that wait for a clerk and are in nobody's queue, for who opened
	// them was switched off or is no clerk any more; and one of them, uuid.Nil for none.
	Orphans     int
	FirstOrphan uuid.UUID
}

// Duties counts what the operator may answer and look at now; nothing of what he may not,
// as his own and what is about a case in which he had a part, but for emergencies of the
// county's other people, of which nobody else would hear. Nothing is noted.
func (d *Desk) Duties(ctx context.Context) (Duties, error) {
	const op = "count what waits for an answer"
	var out Duties
	if err := d.backUnseen(ctx, &out); err != nil {
		return Duties{}, fault.Wrap(op, err)
	}
	if err := d.orphaned(ctx, &out); err != nil {
		return Duties{}, fault.Wrap(op, err)
	}
	if d.MayApprove() {
		back, _, err := d.answersBack(ctx)
		if err != nil {
			return Duties{}, fault.Wrap(op, err)
		}
		out.Answers = len(back)
		if err := d.requestsHere(ctx, &out); err != nil {
			return Duties{}, fault.Wrap(op, err)
		}
		all, err := d.Pleas(ctx)
		if err != nil {
			return Duties{}, fault.Wrap(op, err)
		}
		for _, p := range all {
			if p.Device == d.device() {
				continue // with those of this laptop
			}
			if err := d.apartOf(ctx, d.acting(), guard.ApproveGrant, p.Case); err == nil {
				out.Looks++
			}
		}
	}
	return out, fault.Wrap(op, d.emergencies(ctx, &out))
}

// emergencies counts those of this laptop that wait for a review.
func (d *Desk) emergencies(ctx context.Context, out *Duties) error {
	if !d.MayReviewGlass() {
		return nil
	}
	all, err := d.glasses(ctx)
	if err != nil {
		return err
	}
	for _, g := range all {
		switch may, err := d.mayAnswer(ctx, guard.ReviewGlass, g.Operator, g.Case); {
		case err != nil:
			return err
		case may:
			out.Emergencies++
		case d.ofOwnCounty(ctx, g):
			out.Above++
		}
	}
	return nil
}

// ofOwnCounty says whether another of the county's level used an emergency, of which the
// operator is too: the province looks at it, and is seldom at a laptop.
func (d *Desk) ofOwnCounty(ctx context.Context, g Glass) bool {
	user, err := d.store.Account(ctx, g.Operator)
	own := d.acting().Level
	return err == nil && g.Operator != d.operator.ID && user.Level == guard.CountyLevel && (own == "" || own == guard.CountyLevel)
}

// requestsHere counts the requests made at this laptop that the operator may answer.
func (d *Desk) requestsHere(ctx context.Context, out *Duties) error {
	all, err := d.asks(ctx)
	if err == nil {
		all, err = d.answeredAbove(ctx, all)
	}
	if err != nil {
		return err
	}
	var done map[string]time.Time
	if _, err := d.setting(ctx, answeredSetting, &done); err != nil {
		return err
	}
	for _, a := range all {
		raw, err := seal.ParseSpoken(a.Code, guard.AskSize)
		if err != nil {
			return err
		}
		if _, answered := done[d.device().String()+hex.EncodeToString(raw)]; answered || a.Over() {
			continue
		}
		may, err := d.mayAnswer(ctx, guard.ApproveGrant, a.Operator, a.Case)
		switch {
		case err != nil:
			return err
		case may && a.Export:
			out.Exports++
		case may:
			out.Looks++
		}
	}
	return nil
}

// mayAnswer says whether the operator may have a word on what another did or asked for at
// this laptop, about a case or none.
func (d *Desk) mayAnswer(ctx context.Context, v guard.Verb, operator string, id uuid.UUID) (bool, error) {
	asker, err := d.store.Account(ctx, operator)
	if fault.KindOf(err) == fault.Denied {
		return false, nil // not on the roster here
	}
	if err != nil {
		return false, err
	}
	return guard.Answers(d.acting(), v, asker, d.site()) == nil && d.apartOf(ctx, d.acting(), v, id) == nil, nil
}

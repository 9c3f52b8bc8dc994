package desk

import (
	"context"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TakeField stands for taking cases over in grants.
const TakeField = guard.TakeField

// TakeRefused begins what the record says of taking a case over after the day's were
// used up.
const TakeRefused = guard.TakeRefused

// TakenMark begins what the record says of a case that was taken over under a grant.
const TakenMark = guard.TakenMark

// takesSetting keeps which cases each operator took over by a reason alone on a day.
const takesSetting = "desk.takes"

// takenSetting goes on with a grant's id: the cases that were taken over by it here.
const takenSetting = "desk.grant.taken."

// NeedsGrant says whether an error is of what a data administrator's grant would allow:
// the day's searches or take-overs are used up.
func NeedsGrant(err error) bool { return guard.NeedsGrant(err) }

// countTake counts that the operator takes a case over, before he does, and gives the
// grant that it rests on, "" for the reason alone. fault.Denied, which the chain notes,
// where the day's are used up and no grant covers one more.
func (d *Desk) countTake(ctx context.Context, c *loan.Case, reason string) (string, error) {
	d.uses.Lock()
	defer d.uses.Unlock()
	kept, stale, err := today[[]uuid.UUID](ctx, d, takesSetting)
	if err != nil {
		return "", err
	}
	t := guard.Takes{Today: kept.By[d.operator.ID], Stale: stale}
	if t.Grants, err = d.given(ctx); err != nil {
		return "", err
	}
	grant, free, err := guard.MayTake(d.acting(), c, d.device(), t, d.moment())
	switch {
	case fault.KindOf(err) == fault.Denied:
		d.noteRefusal(ctx, loan.ChangeView, d.operator.ID, c.ID, loan.ViewBody{Reason: reason, Detail: guard.TakeRefused})
		return "", err
	case err != nil || free:
		return grant, err
	case grant == "":
		kept.By[d.operator.ID] = append(kept.By[d.operator.ID], c.ID)
		return "", d.store.SetSetting(ctx, takesSetting, kept)
	}
	for _, g := range t.Grants {
		if g.ID == grant {
			return grant, d.store.SetSetting(ctx, takenSetting+grant, append(g.Taken, c.ID))
		}
	}
	return grant, nil
}

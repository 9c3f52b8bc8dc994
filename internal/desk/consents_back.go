package desk

import (
	"context"
	"fmt"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// backSeenSetting keeps, of cases in which a consent was taken back after signing, what of
// that was seen or put away since.
const backSeenSetting = "desk.consents.back.seen"

// backSeen are consents that were taken back (heardKey). One that another laptop heard may
// come later and stand before those.
type backSeen struct {
	Hand []string `json:"hand,omitempty"` // put away by whoever has the case in his own queue
	Any  []string `json:"any,omitempty"`  // as the case was opened by anybody, or put away
}

// heardKey tells one taking back from another of the same case.
func heardKey(w loan.Withdrawal) string {
	return fmt.Sprintf("%s %s %s %d", w.Party, w.Purpose, w.By, w.At.UnixMilli())
}

func heardKeys(all []loan.Withdrawal) (out []string) {
	for _, w := range all {
		out = append(out, heardKey(w))
	}
	return out
}

// goesOn says whether a case that is signed is on its way, or was taken in.
func goesOn(s loan.Status) bool {
	return s == loan.Signed || s == loan.Queued || s == loan.Received || s == loan.Accepted
}

// heardOf are the consents of a case on its way that were taken back and stand no more,
// but for those of seen, and those that the operator heard himself.
func (d *Desk) heardOf(c *loan.Case, seen []string) []loan.Withdrawal {
	if !goesOn(c.Status) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Withdrawn), func(w loan.Withdrawal) bool {
		return w.By == d.operator.ID || c.Consents[w.Party][w.Purpose] != "" || slices.Contains(seen, heardKey(w))
	})
}

// backSeen is what was seen or put away of consents taken back, by case.
func (d *Desk) backSeen(ctx context.Context) (map[uuid.UUID]backSeen, error) {
	all := map[uuid.UUID]backSeen{}
	_, err := d.setting(ctx, backSeenSetting, &all)
	return all, err
}

// sawBack keeps that the operator opened a case in which a consent was taken back: no data
// administrator is told that nobody did. Whoever has the case is told of it on.
func (d *Desk) sawBack(ctx context.Context, c *loan.Case) error {
	if len(c.Withdrawn) == 0 || !goesOn(c.Status) {
		return nil
	}
	return d.keepBack(ctx, c.ID, func(s *backSeen) { s.Any = heardKeys(c.Withdrawn) })
}

// PutBackAway keeps that the operator knows of consents that were taken back in a case:
// Notices tells whoever has it no more of these, where it is he. It changes nothing else;
// what was taken back stands in the case.
func (d *Desk) PutBackAway(ctx context.Context, id uuid.UUID, known []loan.Withdrawal) error {
	const op = "put away consents taken back"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.View, c); err != nil {
		return fault.Wrap(op, err)
	}
	sum, ok := d.store.Summary(id)
	own := ok && d.queue()(&sum)
	return fault.Wrap(op, d.keepBack(ctx, id, func(s *backSeen) {
		for _, key := range heardKeys(known) {
			if own && !slices.Contains(s.Hand, key) {
				s.Hand = append(s.Hand, key)
			}
			if !slices.Contains(s.Any, key) {
				s.Any = append(s.Any, key)
			}
		}
	}))
}

// keepBack changes what is kept of a case. What is kept of cases that are gone or void goes.
func (d *Desk) keepBack(ctx context.Context, id uuid.UUID, change func(*backSeen)) error {
	d.uses.Lock()
	defer d.uses.Unlock()
	all, err := d.backSeen(ctx)
	if err != nil {
		return err
	}
	had := all[id]
	seen := backSeen{slices.Clone(had.Hand), slices.Clone(had.Any)}
	change(&seen)
	if slices.Equal(seen.Hand, had.Hand) && slices.Equal(seen.Any, had.Any) {
		return nil
	}
	for id := range all {
		if s, ok := d.store.Summary(id); !ok || s.Status == loan.Void {
			delete(all, id)
		}
	}
	all[id] = seen
	return d.store.SetSetting(ctx, backSeenSetting, all)
}

// backUnseen counts, for a data administrator, the cases of others on their way in which a
// consent was taken back and that nobody opened since, and gives the first.
func (d *Desk) backUnseen(ctx context.Context, out *Duties) error {
	if !d.acting().Has(guard.DataAdmin) || !d.maySearch() {
		return nil
	}
	own := d.queue()
	found, _ := d.store.SearchWhere("", 0, func(s *store.Summary) bool { return s.Problems > 0 && goesOn(s.Status) && !own(s) })
	if len(found) == 0 {
		return nil
	}
	seen, err := d.backSeen(ctx)
	if err != nil {
		return err
	}
	for _, s := range found {
		c, err := d.store.Case(ctx, s.ID)
		if k := fault.KindOf(err); k == fault.Missing || k == fault.Erased || k == fault.Damaged {
			continue
		}
		if err != nil {
			return err
		}
		if len(d.heardOf(c, seen[c.ID].Any)) == 0 {
			continue
		}
		if out.TakenBack++; out.TakenBack == 1 {
			out.FirstBack = c.ID
		}
	}
	return nil
}

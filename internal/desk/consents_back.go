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
// that was seen since.
const backSeenSetting = "desk.consents.back.seen"

// backSeen are the consents that were taken back as a case was opened (heardKey), in order.
// One that another laptop heard may come later and stand before those.
type backSeen struct {
	Hand []string `json:"hand,omitempty"` // by whoever has it in his own queue
	Any  []string `json:"any,omitempty"`  // by anybody
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
// but for those that were seen, and those that the operator heard himself.
func (d *Desk) heardOf(c *loan.Case, seen []string) []loan.Withdrawal {
	if !goesOn(c.Status) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Withdrawn), func(w loan.Withdrawal) bool {
		return w.By == d.operator.ID || c.Consents[w.Party][w.Purpose] != "" || slices.Contains(seen, heardKey(w))
	})
}

// backSeen is what was seen of consents taken back, by case.
func (d *Desk) backSeen(ctx context.Context) (map[uuid.UUID]backSeen, error) {
	all := map[uuid.UUID]backSeen{}
	_, err := d.setting(ctx, backSeenSetting, &all)
	return all, err
}

// sawBack keeps that the operator opened a case in which a consent was taken back.
func (d *Desk) sawBack(ctx context.Context, c *loan.Case) error {
	if len(c.Withdrawn) == 0 || !goesOn(c.Status) {
		return nil
	}
	s, ok := d.store.Summary(c.ID)
	own := ok && d.queue()(&s)
	d.uses.Lock()
	defer d.uses.Unlock()
	all, err := d.backSeen(ctx)
	if err != nil {
		return err
	}
	now := heardKeys(c.Withdrawn)
	had, seen := all[c.ID], backSeen{all[c.ID].Hand, now}
	if own {
		seen.Hand = now
	}
	if slices.Equal(seen.Hand, had.Hand) && slices.Equal(seen.Any, had.Any) {
		return nil
	}
	for id := range all {
		if s, ok := d.store.Summary(id); !ok || s.Status == loan.Void {
			delete(all, id)
		}
	}
	all[c.ID] = seen
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

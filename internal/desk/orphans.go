package desk

import (
	"context"
	"slices"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// orphaned counts the cases at this laptop that a clerk is to go on with and that are in
// nobody's queue, for who opened them was switched off or is no clerk any more, and gives
// the first: to clerks, who take them over, and to data administrators.
func (d *Desk) orphaned(ctx context.Context, out *Duties) error {
	if op := d.acting(); !op.Has(guard.Clerk) && !op.Has(guard.DataAdmin) || !d.maySearch() {
		return nil
	}
	people, err := d.store.Operators(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, o := range people {
		known[o.ID] = true
	}
	device := d.device()
	found, n := d.store.SearchWhere("", 1, func(s *store.Summary) bool {
		return known[s.Operator] && (len(s.Holders) == 0 || s.HeldBy(device)) &&
			!slices.ContainsFunc(people, func(o guard.Operator) bool { return guard.InQueue(o, standing(s, o, device)) })
	}, loan.Draft, loan.ToSign, loan.Signed, loan.Corrected)
	if out.Orphans = n; n > 0 {
		out.FirstOrphan = found[0].ID
	}
	return nil
}

// standing is where a case stands for an operator at a laptop; whether he had a word on it
// is not in it.
func standing(s *store.Summary, op guard.Operator, device uuid.UUID) guard.Place {
	given := slices.ContainsFunc(s.Holders, func(h store.Holder) bool {
		return h.Device == device && guard.Hold{By: h.By, Taken: h.Taken, Number: h.Number}.For(op)
	})
	return guard.Place{Opened: s.Operator, Status: s.Status, Given: given}
}

package desk

import (
	"context"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Notice is a case of this laptop about which the centre said something that a
// person is to deal with.
type Notice struct {
	Row
	Returned *loan.ReturnBody   // the centre sent it back, and nothing was mended yet
	Report   loan.Report        // the verdict as it stands, where it was sent back
	Same     []loan.SameStudent // other cases of the same student
}

// Notices lists what the centre said, cases sent back before others and the
// newest first, of at most limit cases of each.
func (d *Desk) Notices(ctx context.Context, limit int) ([]Notice, error) {
	const op = "list notices"
	rows := d.Find("", limit, loan.Returned)
	for _, r := range d.Find("", 0) {
		if len(rows) >= 2*limit {
			break
		}
		if r.Problems > 0 && r.Status != loan.Returned && r.Status != loan.Void {
			rows = append(rows, r)
		}
	}
	var out []Notice
	for _, r := range rows {
		c, err := d.store.Case(ctx, r.ID)
		if k := fault.KindOf(err); k == fault.Missing || k == fault.Erased {
			continue
		}
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		n := Notice{Row: r, Same: c.Same}
		if c.Status == loan.Returned && c.Return != nil {
			said := *c.Return
			said.Note = scrubbed(said.Note, &c.App) // it stands in a list
			n.Returned, n.Report = &said, d.Check(c)
		}
		if n.Returned != nil || len(n.Same) > 0 {
			out = append(out, n)
		}
	}
	return out, nil
}

// Here says whether a case is on this laptop.
func (d *Desk) Here(ctx context.Context, id uuid.UUID) bool {
	_, err := d.store.Case(ctx, id)
	return err == nil
}

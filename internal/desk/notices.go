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
	SentBack *loan.ReviewState  // its reviewer sent it back, and it is with its clerk
	Report   loan.Report        // the verdict as it stands, where it was sent back
	Same     []loan.SameStudent // other cases of the same student
	Erased   Why                // the centre erased it at a person's wish, and it stays here: why; empty of others
	// Consents that another heard being taken back after signing, as long as they stand no
	// more and the case is on its way, until they are put away (PutBackAway).
	TakenBack []loan.Withdrawal
}

// Notices lists what the centre said, and which consents were taken back in signed cases,
// cases sent back before others and the newest first, of at most limit cases of each.
func (d *Desk) Notices(ctx context.Context, limit int) ([]Notice, error) {
	const op = "list notices"
	kept, err := d.keptTold(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	seen, err := d.backSeen(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	rows := d.Find("", limit, loan.Returned)
	for _, r := range d.Find("", 0) {
		if len(rows) >= 2*limit {
			break
		}
		if kept[r.ID] != "" && r.Status != loan.Returned || r.Problems > 0 && r.Status != loan.Returned && r.Status != loan.Void {
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
		n := Notice{Row: r, Same: c.Same, Erased: kept[r.ID], TakenBack: d.heardOf(c, seen[r.ID].Hand)}
		if c.Status == loan.Returned && c.Return != nil {
			said := *c.Return
			said.Note = scrubbed(said.Note, c) // it stands in a list
			n.Returned, n.Report = &said, d.Check(c)
		}
		if r := c.SentBack(); r != nil {
			said := *r
			said.Note = scrubbed(said.Note, c)
			n.SentBack = &said
		}
		if n.Returned != nil || n.SentBack != nil || len(n.Same)+len(n.TakenBack) > 0 || n.Erased != "" {
			out = append(out, n)
		}
	}
	return out, nil
}

// keptTold are the cases that stay though the centre says that they are erased, with
// the reason, but for those that went on: the centre has them whole since, or a sealed
// one was made void.
func (d *Desk) keptTold(ctx context.Context) (map[uuid.UUID]Why, error) {
	all, err := d.store.KeptTold(ctx)
	out := map[uuid.UUID]Why{}
	for _, k := range all {
		s, _ := d.store.Summary(k.Case)
		if s.Status != loan.Received && s.Status != loan.Accepted && (s.Status != loan.Void || k.Why == WhyUnsent) {
			out[k.Case] = k.Why
		}
	}
	return out, err
}

// Here says whether a case is on this laptop.
func (d *Desk) Here(ctx context.Context, id uuid.UUID) bool {
	_, err := d.store.Case(ctx, id)
	return err == nil
}

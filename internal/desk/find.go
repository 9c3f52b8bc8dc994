package desk

import (
	"context"
	"errors"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// Find lists cases of the operator's own queue by name part, pinyin, initials,
// ID tail or phone tail, the newest first; an empty query lists all of it. At
// most limit rows; 0 is no limit. With statuses it lists cases of these alone.
func (d *Desk) Find(query string, limit int, of ...loan.Status) []Row {
	rows, _ := d.find(query, limit, of...)
	return rows
}

// Matches is how many rows Find would list without a limit.
func (d *Desk) Matches(query string) int {
	_, n := d.find(query, 1)
	return n
}

func (d *Desk) find(query string, limit int, of ...loan.Status) ([]Row, int) {
	found, n := d.store.SearchWhere(query, limit, d.queue(), of...)
	out := make([]Row, len(found))
	for i, s := range found {
		out[i] = d.row(s)
	}
	return out, n
}

// maySearch says whether the operator may look for cases: not while the laptop's or the
// account's time is over, or the password is temporary.
func (d *Desk) maySearch() bool { return guard.MayAt(d.acting(), guard.Search, nil, d.site()) == nil }

// queue says of a case whether it is in the operator's own queue.
func (d *Desk) queue() func(*store.Summary) bool {
	op, device := d.acting(), d.device()
	worded := d.wordedOn(op)
	return func(s *store.Summary) bool {
		at := standing(s, op, device)
		at.Worded = worded(s)
		return guard.InQueue(op, at)
	}
}

// isBeyond says whether a case is one that the operator opens for a reason alone.
func (d *Desk) isBeyond(ctx context.Context, c *loan.Case) (bool, error) {
	if s, ok := d.store.Summary(c.ID); d.SeesFull(c) || d.found.has(c.ID) || ok && d.queue()(&s) {
		return false, nil
	}
	var hand map[string]uuid.UUID
	if _, err := d.setting(ctx, inHandSetting, &hand); err != nil || hand[d.operator.ID] == c.ID {
		return false, err
	}
	given, err := d.given(ctx)
	now := d.moment()
	return !slices.ContainsFunc(given, func(g guard.Given) bool { return slices.Contains(g.Cases, c.ID) && g.Lapsed(now) == "" }), err
}

// inHandSetting is where the window keeps which case each operator had open.
const inHandSetting = "in hand"

// AsksReason says of a failure of Open that OpenBeyond opens the case.
func AsksReason(err error) bool {
	var r *guard.Refusal
	return errors.As(err, &r) && r.Why == guard.WhyReason
}

// OpenBeyond opens a case that Open does not, masked, for a reason: it counts as a search
// beyond the queue, and is noted as one that showed the case. Failures are those of
// FindBeyond.
func (d *Desk) OpenBeyond(ctx context.Context, id uuid.UUID, reason string) (*loan.Case, error) {
	const op = "open case beyond the queue"
	c, err := d.stored(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.SearchBeyond, nil); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := guard.CheckReason(reason); err != nil {
		return nil, fault.Wrap(op, err)
	}
	beyond, err := d.isBeyond(ctx, c)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if beyond {
		grant, err := d.countSearch(ctx, reason)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if err := d.noteBeyond(ctx, op, reason, grant, Beyond{Rows: []Row{{ID: id}}, Matches: 1}); err != nil {
			return nil, err
		}
		d.found.add(id)
	}
	return d.Open(ctx, id)
}

// Beyond is what a search outside the own queue found.
type Beyond struct {
	Rows    []Row // masked
	Matches int   // where it is more than a handful, no row is shown
}

// FindBeyond searches all cases of the laptop for one person, for a reason,
// which the chain keeps with the number found and the cases shown, and never what was
// typed.
// fault.Input for a search that browses: too little typed, or no reason;
// fault.Denied, which the chain notes, for more of them on one day than a reason
// allows, without a grant. Where more than a handful match none is shown.
func (d *Desk) FindBeyond(ctx context.Context, query, reason string) (Beyond, error) {
	const op = "search beyond the queue"
	if err := d.permit(ctx, guard.SearchBeyond, nil); err != nil {
		return Beyond{}, fault.Wrap(op, err)
	}
	if err := guard.CheckReason(reason); err != nil {
		return Beyond{}, fault.Wrap(op, err)
	}
	if !store.Narrows(query) {
		return Beyond{}, fault.Tell(op, fault.Input, "请写出完整的姓名，或证件、手机号的末四位，再查找。", errors.New("too little typed"))
	}
	grant, err := d.countSearch(ctx, reason)
	if err != nil {
		return Beyond{}, fault.Wrap(op, err)
	}
	found, n := d.store.SearchWhere(query, guard.MaxBeyond+1, func(*store.Summary) bool { return true })
	out := Beyond{Matches: n}
	if n <= guard.MaxBeyond {
		for _, s := range found {
			out.Rows = append(out.Rows, d.row(s))
		}
	}
	if err := d.noteBeyond(ctx, op, reason, grant, out); err != nil {
		return Beyond{}, err
	}
	for _, r := range out.Rows {
		d.found.add(r.ID)
	}
	return out, nil
}

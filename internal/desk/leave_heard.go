package desk

import (
	"context"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// wrongHeard is for how long it is told that an emergency was not right.
const wrongHeard = 3 * 24 * time.Hour

// GrantsHeard lists what was granted to the operator signed in, to see or to do more, and
// is not over yet: what is in force, and what was taken back before its end, which says
// so. Exports are not among them, and of emergencies those alone that were found not right,
// which say so for three days. In the reasons people are masked as in Grants.
func (d *Desk) GrantsHeard(ctx context.Context) ([]Given, error) {
	const op = "list what was heard of grants"
	all, err := d.given(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out []Given
	now := d.moment()
	for _, g := range all {
		until := g.Until
		if g.By == guard.Emergency {
			until = g.From.Add(wrongHeard)
		}
		back := g.Revoked && !g.Elsewhere && !now.Before(g.From) && now.Before(until)
		if g.Release == nil && (back || g.By != guard.Emergency && g.Lapsed(now) == "") {
			out = append(out, g)
		}
	}
	out, err = d.unnamedGrants(ctx, out)
	return out, fault.Wrap(op, err)
}

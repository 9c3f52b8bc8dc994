package desk

import (
	"context"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// GrantsHeard lists what was granted to the operator signed in, to see or to do more, and
// is not over yet: what is in force, and what was taken back before its end, which says
// so. Emergencies and exports are not among them. In the reasons people are masked as in
// Grants.
func (d *Desk) GrantsHeard(ctx context.Context) ([]Given, error) {
	const op = "list what was heard of grants"
	all, err := d.given(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out []Given
	now := d.moment()
	for _, g := range all {
		if g.By != guard.Emergency && g.Release == nil && !g.Elsewhere && !now.Before(g.From) && now.Before(g.Until) {
			out = append(out, g)
		}
	}
	out, err = d.unnamedGrants(ctx, out)
	return out, fault.Wrap(op, err)
}

package desk

import (
	"context"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// toldSetting goes on with an operator: what he was told of his grants and requests and
// put away, by a grant's id or a request's code, and when.
const toldSetting = "desk.told."

// Told is what an operator is told of what he asked for.
type Told struct {
	Grants   []Given // as GrantsHeard has them
	Declined []Asked
}

// Told gives what the operator signed in is told of his grants and requests, but for what
// he put away. In the reasons people are masked as in Grants.
func (d *Desk) Told(ctx context.Context) (Told, error) {
	const op = "list what is told of grants"
	var read map[string]time.Time
	if _, err := d.setting(ctx, toldSetting+d.operator.ID, &read); err != nil {
		return Told{}, fault.Wrap(op, err)
	}
	away := func(id string) bool { _, ok := read[id]; return ok }
	heard, err := d.GrantsHeard(ctx)
	if err != nil {
		return Told{}, fault.Wrap(op, err)
	}
	asks, err := d.Asks(ctx)
	if err != nil {
		return Told{}, fault.Wrap(op, err)
	}
	return Told{
		slices.DeleteFunc(heard, func(g Given) bool { return g.Revoked && away(g.ID) }),
		slices.DeleteFunc(asks, func(a Asked) bool { return a.Operator != d.operator.ID || !a.Over() || away(a.Code) }),
	}, nil
}

// PutToldAway keeps that the operator read that his grant was taken back, by its id, or
// his request declined, by its code: Told has it no more.
func (d *Desk) PutToldAway(ctx context.Context, id string) error {
	const op = "put away what was told"
	if err := d.permit(ctx, guard.AskGrant, nil); err != nil {
		return fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	read := map[string]time.Time{}
	if _, err := d.setting(ctx, toldSetting+d.operator.ID, &read); err != nil {
		return fault.Wrap(op, err)
	}
	now := d.moment().UTC()
	for old, at := range read {
		if now.Sub(at) > guard.MaxGrantTime {
			delete(read, old) // it is over, and told of no more
		}
	}
	read[id] = now
	return fault.Wrap(op, d.store.SetSetting(ctx, toldSetting+d.operator.ID, read))
}

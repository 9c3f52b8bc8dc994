package desk

import (
	"context"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// wrongHeard is for how long it is told that an emergency was not right.
const wrongHeard = 3 * 24 * time.Hour

// heardWrongSetting goes on with an emergency's id: when who used it first heard that it was
// not right.
const heardWrongSetting = "desk.glass.heard."

// GrantsHeard lists what was granted to the operator signed in, to see or to do more, and
// is not over yet: what is in force, and what was taken back before its end, which says
// so. Exports are not among them, and of emergencies those alone that were found not right,
// which say so for three days from when the operator first heard it, which is kept. In the
// reasons people are masked as in Grants.
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
		if g.By == guard.Emergency && g.Revoked {
			if until, err = d.wrongUntil(ctx, g); err != nil {
				return nil, fault.Wrap(op, err)
			}
		}
		back := g.Revoked && !g.Elsewhere && !now.Before(g.From) && now.Before(until)
		if g.Release == nil && (back || g.By != guard.Emergency && g.Lapsed(now) == "") {
			out = append(out, g)
		}
	}
	out, err = d.unnamedGrants(ctx, out)
	return out, fault.Wrap(op, err)
}

// wrongUntil is until when it is told to the operator that his emergency was not right. A
// verdict may come any time after the use.
func (d *Desk) wrongUntil(ctx context.Context, g Given) (time.Time, error) {
	now := d.moment().UTC()
	if g.Found.By == "" || g.Elsewhere || now.Sub(g.Found.At) > guard.MaxGrantTime {
		return g.From.Add(wrongHeard), nil // taken back without a word, or long ago
	}
	var at time.Time
	found, err := d.setting(ctx, heardWrongSetting+g.ID, &at)
	if err == nil && !found {
		at = now
		err = d.store.SetSetting(ctx, heardWrongSetting+g.ID, at)
	}
	return at.Add(wrongHeard), err
}

package desk

import (
	"context"
	"slices"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"github.com/google/uuid"
)

// usedSetting goes on with a grant's id: the cases it was used for here.
const usedSetting = "desk.grant.used."

// Grants lists the grants in force now for the operator signed in. What they
// let be seen is guard's to say.
func (d *Desk) Grants(ctx context.Context) ([]guard.Grant, error) {
	const op = "list grants"
	all, err := d.given(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out []guard.Grant
	now := d.now()
	for _, g := range all {
		if !now.Before(g.From) && now.Before(g.Until) {
			out = append(out, g.Grant)
		}
	}
	return out, nil
}

// given lists every grant for the operator signed in that is here and was not
// withdrawn, in force or not.
func (d *Desk) given(ctx context.Context) ([]guard.Given, error) {
	var out []guard.Given
	for _, h := range d.store.Bulletins(bulletin.Grant) {
		b, err := d.store.Bulletin(ctx, h.Kind, h.Name)
		if fault.KindOf(err) == fault.Missing {
			continue // it was withdrawn meanwhile
		}
		if err != nil {
			return nil, err
		}
		g, err := guard.ParseGrant(b)
		if err != nil {
			return nil, err
		}
		if g.Operator != d.operator.ID {
			continue
		}
		k := guard.Given{Grant: g}
		if _, err := d.Setting(ctx, usedSetting+g.ID, &k.Used); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// useGrant counts a grant's use for a case.
func (d *Desk) useGrant(ctx context.Context, g guard.Given, id uuid.UUID) error {
	if slices.Contains(g.Used, id) {
		return nil
	}
	return d.store.SetSetting(ctx, usedSetting+g.ID, append(g.Used, id))
}

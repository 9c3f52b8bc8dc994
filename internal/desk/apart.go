package desk

import (
	"context"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// apart is guard's word on whether somebody who would have a word on what others do
// with a case had a part in it himself; that he may not is noted.
func (d *Desk) apart(ctx context.Context, who guard.Operator, v guard.Verb, id uuid.UUID) error {
	err := d.apartOf(ctx, who, v, id)
	if err != nil {
		d.refuse(ctx, who, &loan.Case{ID: id}, err)
	}
	return err
}

// apartOf is apart, and notes nothing. Where the case is not here, or is erased, it
// is not known who had a part in it, and nil.
func (d *Desk) apartOf(ctx context.Context, who guard.Operator, v guard.Verb, id uuid.UUID) error {
	if id == uuid.Nil {
		return nil
	}
	c, err := d.store.Case(ctx, id)
	if k := fault.KindOf(err); k == fault.Missing || k == fault.Erased {
		return nil
	}
	if err != nil {
		return err
	}
	return guard.Apart(who, v, c)
}

// apartTag is apart for the operator signed in and the cases here that a request of
// another laptop may be about, which it names by the end of the id.
func (d *Desk) apartTag(ctx context.Context, v guard.Verb, tag [4]byte) error {
	for _, id := range d.ofTag(tag) {
		if err := d.apart(ctx, d.acting(), v, id); err != nil {
			return err
		}
	}
	return nil
}

// noWord is guard's word on a part in a case for who had a word on what others do with
// it: in the case's looks, in the grants that are known here, or at the centre. At a
// laptop for practice one person may be everybody.
func (d *Desk) noWord(ctx context.Context, who guard.Operator, v guard.Verb, c *loan.Case) error {
	if !guard.WordMatters(who, v, c) || d.store.Profile().Practice {
		return nil
	}
	had, err := d.hadWord(ctx, who.ID, c.ID)
	if err == nil && had {
		return guard.HadWord(v)
	}
	return err
}

func (d *Desk) hadWord(ctx context.Context, who string, id uuid.UUID) (bool, error) {
	all, err := d.store.Changes(ctx, id)
	if k := fault.KindOf(err); err != nil && k != fault.Missing && k != fault.Erased {
		return false, err
	}
	if slices.ContainsFunc(all, func(ch *loan.Change) bool { return guard.WordOn(ch) == who }) {
		return true, nil
	}
	above, err := d.reviewedAbove(ctx)
	if err != nil || slices.ContainsFunc(above, func(r guard.Reviewed) bool { return r.Case == id && r.By == who }) {
		return err == nil, err
	}
	if err := d.keepGrants(ctx); err != nil {
		return false, err
	}
	names, err := d.store.SettingsWith(ctx, grantSetting)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		var g guard.Grant
		if _, err := d.setting(ctx, name, &g); err != nil {
			return false, err
		}
		if g.By == who && slices.Contains(g.Cases, id) {
			return true, nil
		}
	}
	return false, nil
}

// restsOn is guard's word on what rests on a case's review, by the roster as it is here:
// the review may have come from another laptop. At one for practice every review counts.
func (d *Desk) restsOn(ctx context.Context, v guard.Verb, c *loan.Case) error {
	if c == nil || c.Review == nil || d.store.Profile().Practice {
		return nil
	}
	o, err := d.store.Account(ctx, c.Review.By)
	switch fault.KindOf(err) {
	case fault.Denied:
		return guard.RestsOn(v, c, nil)
	case fault.Other:
		if err == nil {
			return guard.RestsOn(v, c, &o)
		}
	}
	return err
}

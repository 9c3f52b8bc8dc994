package desk

import (
	"context"

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

package desk

import (
	"context"
	"slices"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// grantSetting goes on with a grant's id.
const grantSetting = "desk.grant.known."

// usedSetting goes on with a grant's id: the cases it was used for here.
const usedSetting = "desk.grant.used."

// Grants lists the grants in force now for the operator signed in, with what they were
// used for here. What they
// let be seen is guard's to say. In the reasons the people of cases that a grant names,
// or was used for, are masked.
func (d *Desk) Grants(ctx context.Context) ([]guard.Given, error) {
	const op = "list grants"
	all, err := d.given(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out []guard.Given
	now := d.moment()
	for _, g := range all {
		if g.Lapsed(now) == "" {
			out = append(out, g)
		}
	}
	out, err = d.unnamedGrants(ctx, out)
	return out, fault.Wrap(op, err)
}

// unnamedGrants are grants as a list shows them.
func (d *Desk) unnamedGrants(ctx context.Context, all []guard.Given) ([]guard.Given, error) {
	people := d.unnaming()
	for i, g := range all {
		var err error
		of := slices.Concat(g.Cases, g.Used)
		if all[i].Reason, err = people.text(ctx, g.Reason, of...); err != nil {
			return nil, err
		}
		if all[i].Found.Word, err = people.text(ctx, g.Found.Word, of...); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// given lists every grant for the operator signed in that came here, in force or
// not: those of the county, and those that were approved here or by a code. One
// that was taken back here or by the county says so, where it was known here before, and so
// does an emergency that was not right.
func (d *Desk) given(ctx context.Context) ([]guard.Given, error) {
	all, err := d.known(ctx)
	return slices.DeleteFunc(all, func(g guard.Given) bool { return g.Operator != d.operator.ID }), err
}

// known is given for the grants of all operators.
func (d *Desk) known(ctx context.Context) ([]guard.Given, error) {
	if err := d.keepGrants(ctx); err != nil {
		return nil, err
	}
	names, err := d.store.SettingsWith(ctx, grantSetting)
	if err != nil {
		return nil, err
	}
	began, err := d.eraBegan(ctx)
	if err != nil {
		return nil, err
	}
	sent, err := d.sentDown(ctx, began)
	if err != nil {
		return nil, err
	}
	var out []guard.Given
	for _, name := range names {
		var k guard.Given
		if _, err := d.setting(ctx, name, &k.Grant); err != nil {
			return nil, err
		}
		if _, err := d.setting(ctx, usedSetting+k.ID, &k.Used); err != nil {
			return nil, err
		}
		if _, err := d.setting(ctx, searchedSetting+k.ID, &k.Searched); err != nil {
			return nil, err
		}
		if _, err := d.setting(ctx, takenSetting+k.ID, &k.Taken); err != nil {
			return nil, err
		}
		if k.Revoked, err = d.backHere(ctx, k.ID); err != nil {
			return nil, err
		}
		if k.By == guard.Emergency && !k.Revoked {
			if k.Found, k.Revoked, err = d.notRight(ctx, k.ID); err != nil {
				return nil, err
			}
		}
		if d.allGone(ctx, k.Cases) {
			k.Reason = goneReason
			if k.Found.Word != "" {
				k.Found.Word = goneReason
			}
		}
		k.Elsewhere = k.Device != uuid.Nil && k.Device != d.device()
		k.Stale, k.Sent = k.From.Before(began), sent[k.ID]
		out = append(out, k)
	}
	return out, nil
}

// sentDown are the grants that the county sends down, as it was heard since the data file
// was set back: one that is in the file may have been taken back meanwhile.
func (d *Desk) sentDown(ctx context.Context, began time.Time) (map[string]bool, error) {
	var heard time.Time
	if _, err := d.setting(ctx, store.CountyHeard, &heard); err != nil || heard.Before(began) {
		return nil, err
	}
	sent := map[string]bool{}
	for _, h := range d.store.Bulletins(bulletin.Grant) {
		sent[h.Name] = true
	}
	return sent, nil
}

// eraBegan is when the data file was last set back or mended: uses of grants that
// were counted before may not be known any more. Zero when it never was.
func (d *Desk) eraBegan(ctx context.Context) (time.Time, error) {
	var at time.Time
	_, err := d.setting(ctx, store.EraBegan, &at)
	return at, err
}

// keepGrants keeps what the county granted, so that it is known also once it was
// taken back.
func (d *Desk) keepGrants(ctx context.Context) error {
	for _, h := range d.store.Bulletins(bulletin.Grant) {
		var have guard.Grant
		found, err := d.setting(ctx, grantSetting+h.Name, &have)
		if err != nil {
			return err
		}
		b, err := d.store.Bulletin(ctx, h.Kind, h.Name)
		if fault.KindOf(err) == fault.Missing {
			continue // it was withdrawn meanwhile
		}
		if err != nil {
			return err
		}
		g, err := guard.ParseGrant(b)
		if err != nil {
			return err
		}
		if back, err := d.takenBack(ctx, g.ID); err != nil {
			return err
		} else if back {
			continue
		}
		if found && have.Until.Equal(g.Until) && have.From.Equal(g.From) && have.Device == g.Device {
			continue
		}
		if err := d.store.SetSetting(ctx, grantSetting+g.ID, g); err != nil {
			return err
		}
	}
	return nil
}

// useGrant counts a grant's use for a case.
func (d *Desk) useGrant(ctx context.Context, g guard.Given, id uuid.UUID) error {
	if slices.Contains(g.Used, id) {
		return nil
	}
	return d.store.SetSetting(ctx, usedSetting+g.ID, append(g.Used, id))
}

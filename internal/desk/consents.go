package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// MayWithdraw says whether Withdraw would be allowed: nil, or why not. Whoever
// may open the case, at the laptop that holds it, hears a person who takes a consent
// back: it is no act of a role in the case.
func (d *Desk) MayWithdraw(c *loan.Case) error {
	const op = "withdraw consent"
	if err := guard.MayAt(d.acting(), guard.Withdraw, c, d.site()); err != nil {
		return fault.Wrap(op, err)
	}
	return fault.Wrap(op, guard.Holds(c, d.device()))
}

// identity is by what a person is told from another.
type identity struct{ name, number string }

func (i identity) known() bool { return i.name != "" && i.number != "" }

func identityOf(p loan.Person) identity {
	name, _ := loan.NormalizeName(p.Name)
	number, _ := loan.IDNumber(p.IDNo).Canonical()
	return identity{name, string(number)}
}

// ofAnother are the changes that go with fields by which a party becomes another
// person, or nobody: what the former one consented to is no consent of this one, and
// the portrait, and with it the word that person and card are one, is not this one's.
// A name or a number that is put right alone makes nobody another.
func (d *Desk) ofAnother(ctx context.Context, c *loan.Case, fields map[string]json.RawMessage) ([]pending, error) {
	var out []pending
	next := c.Clone().App
	for _, party := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		touched := false
		for _, f := range []string{"name", "id_no"} {
			path := party.Field(f)
			if raw, ok := fields[path]; ok {
				touched = next.SetField(path, raw) == nil || touched
			}
		}
		slots := []loan.Slot{loan.Slot("portrait/" + string(party)), loan.Slot("card/" + string(party))}
		consented := len(c.Consents[party]) > 0
		if !touched || !consented && len(c.Slot(slots[0])) == 0 && len(c.Slot(slots[1])) == 0 {
			continue
		}
		all, err := d.store.Changes(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		was, before, now := boundTo(all, party, consented), identityOf(personOf(&c.App, party)), identityOf(personOf(&next, party))
		emptied := now == identity{} && before != now
		if !emptied && (!was.known() || !now.known() || was.name == now.name || was.number == now.number) {
			continue
		}
		for _, purpose := range loan.Purposes() {
			if text := c.Consents[party][purpose]; text != "" {
				out = append(out, entry(loan.ChangeConsent, loan.ConsentBody{Party: party, Purpose: purpose, Text: text}))
			}
		}
		for _, slot := range slots {
			for _, a := range c.Slot(slot) {
				out = append(out, entry(loan.ChangeDetach, loan.DetachBody{Slot: slot, Blob: a.Blob}))
			}
		}
	}
	return out, nil
}

func personOf(a *loan.Application, p loan.Party) loan.Person {
	switch {
	case p == loan.StudentParty:
		return a.Student
	case len(a.Coborrowers) > 0:
		return a.Coborrowers[0].Person
	}
	return loan.Person{}
}

// boundTo is who a party was when it consented last, or without a consent when its
// portrait was taken: as it stood then, or as it was first entered after that.
func boundTo(all []*loan.Change, party loan.Party, consented bool) identity {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *loan.Change) int { return bytes.Compare(a.ID[:], b.ID[:]) }) // as they were made
	var app loan.Application
	app.Coborrowers = make([]loan.Coborrower, 1)
	var bound identity
	given := false
	for _, ch := range all {
		switch ch.Kind {
		case loan.ChangeOpen:
			if b, err := loan.Body[loan.OpenBody](ch); err == nil {
				app.Student = b.Application.Student
				copy(app.Coborrowers, b.Application.Coborrowers)
			}
		case loan.ChangeEdit, loan.ChangeResolve, loan.ChangeCorrect:
			var b struct {
				Fields map[string]json.RawMessage `json:"fields"`
			}
			if json.Unmarshal(ch.Body, &b) != nil {
				continue
			}
			for _, f := range []string{"name", "id_no"} {
				if raw, ok := b.Fields[party.Field(f)]; ok {
					_ = app.SetField(party.Field(f), raw) // what does not fit was never set
				}
			}
		case loan.ChangeConsent:
			if b, err := loan.Body[loan.ConsentBody](ch); err == nil && consented && b.Party == party && b.Given {
				given, bound = true, identity{}
			}
		case loan.ChangeAttach:
			if b, err := loan.Body[loan.AttachBody](ch); err == nil && !consented && (b.Slot == loan.Slot("portrait/"+string(party)) || b.Slot == loan.Slot("card/"+string(party))) {
				given, bound = true, identity{}
			}
		}
		if given && !bound.known() {
			bound = identityOf(personOf(&app, party))
		}
	}
	return bound
}

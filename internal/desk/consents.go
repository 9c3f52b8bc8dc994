package desk

import (
	"encoding/json"

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

// ofAnother are the changes that go with fields by which a party becomes another
// person, or nobody: what the former one consented to is no consent of this one, and
// the portrait, and with it the word that person and card are one, is not this one's.
// A name or a number that is put right alone makes nobody another.
func ofAnother(c *loan.Case, fields map[string]json.RawMessage) []pending {
	var out []pending
	for _, t := range c.Turns(fields) {
		for _, purpose := range loan.Purposes() {
			if text := c.Consents[t.Party][purpose]; t.Consent && text != "" {
				out = append(out, entry(loan.ChangeConsent, loan.ConsentBody{Party: t.Party, Purpose: purpose, Text: text}))
			}
		}
		for _, slot := range []loan.Slot{loan.Slot("portrait/" + string(t.Party)), loan.Slot("card/" + string(t.Party))} {
			for _, a := range c.Slot(slot) {
				if t.Face {
					out = append(out, entry(loan.ChangeDetach, loan.DetachBody{Slot: slot, Blob: a.Blob}))
				}
			}
		}
	}
	return out
}

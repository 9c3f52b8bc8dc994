package desk

import (
	"encoding/json"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
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

// consentsStand is nil when the consents of both parties stand. Otherwise it says which
// does not, and what to do: fault.Input, and fault.Conflict where one has signed, so that
// the contract is to be begun anew first.
func consentsStand(c *loan.Case) error {
	const op = "look at the consents"
	missing := ""
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		if p == loan.CoborrowerParty && len(c.App.Coborrowers) == 0 {
			continue
		}
		for _, purpose := range c.Lacking(p) {
			text, err := rulebook.ConsentText(purpose)
			if err != nil {
				return fault.Wrap(op, err)
			}
			if missing != "" {
				missing += "、"
			}
			missing += partyName(p) + "的《" + text.Title + "》"
		}
	}
	if missing == "" {
		return nil
	}
	missing += "没有登记同意，或已经撤回，不能签名。本人不愿继续的，请作废案件；仍要办理的，"
	why := errors.New("a consent does not stand")
	if c.Contract != nil && len(c.Contract.Signatures) > 0 {
		return fault.Say(op, fault.Conflict, missing+"请重新生成合同，再由本人重新登记同意，提交复核。", why)
	}
	return fault.Say(op, fault.Input, missing+"请在人员页点“继续修改”，由本人重新登记同意，再提交复核。", why)
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

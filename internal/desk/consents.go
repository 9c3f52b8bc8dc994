package desk

import (
	"context"
	"encoding/json"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"github.com/google/uuid"
)

// MayWithdraw says whether Withdraw would be allowed: nil, or why not. Whoever
// may open the case hears a person who takes a consent back, also where another
// laptop has the case now: it is no act of a role in the case.
func (d *Desk) MayWithdraw(c *loan.Case) error {
	return fault.Wrap("withdraw consent", guard.MayAt(d.acting(), guard.Withdraw, c, d.site()))
}

// Withdraw notes that a party takes a consent back, at whatever time: before
// signing the case goes back to its author, afterwards nothing that was signed
// is voided, and the case says since when. So it does where another laptop has the
// case: the copy here is exported no more from then on, and the other hears of it as
// of any change. fault.Missing where none is given, as far as this laptop knows.
func (d *Desk) Withdraw(ctx context.Context, id uuid.UUID, p loan.Party, purpose string) (*loan.Case, error) {
	const op = "withdraw consent"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Withdraw, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	text := c.Consents[p][purpose]
	if text == "" {
		words := "没有这项同意，或已经撤回。"
		if !c.HeldBy(d.device()) {
			words = "本机的副本里没有这项同意，或已经撤回；案件正在 " + guard.Places(c) + "办理，请到那里登记撤回。"
		}
		return nil, fault.Tell(op, fault.Missing, words, errors.New("no such consent"))
	}
	return d.act(ctx, op, id, guard.Withdraw, entry(loan.ChangeConsent, loan.ConsentBody{Party: p, Purpose: purpose, Text: text}))
}

// takesBack says whether a change notes that a consent is taken back.
func (p pending) takesBack() bool {
	b, ok := p.body.(loan.ConsentBody)
	return ok && p.kind == loan.ChangeConsent && !b.Given
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
	missing += "没有登记同意，或已经撤回，不能签署合同。本人不愿继续的，请作废案件；仍要办理的，"
	why := errors.New("a consent does not stand")
	if c.Contract != nil && len(c.Contract.Signatures) > 0 {
		return fault.Tell(op, fault.Conflict, missing+"请重新生成合同，再由本人重新登记同意，提交复核。", why)
	}
	return fault.Tell(op, fault.Input, missing+"请在人员页点“继续修改”，由本人重新登记同意，再提交复核。", why)
}

// mayCollect is nil unless a party's sensitive data is asked for after the consent to
// that was taken back and none was given since, before anybody signed: fault.Denied, with what to do. Afterwards
// the law says what is kept, and none is given anew.
func mayCollect(c *loan.Case, parties ...loan.Party) error {
	if c.Contract != nil && len(c.Contract.Signatures) > 0 {
		return nil
	}
	for _, p := range parties {
		if c.TookBack(p, loan.ConsentSensitive) {
			return fault.Tell("collect sensitive data", fault.Denied, // The first sentence is all that a field has room for.
				"请先由本人重新登记同意。"+partyName(p)+"已撤回对处理敏感个人信息的同意，不能再拍照、读证件、登记手机号码、地址和困难类型或打印表格。同意在人员页登记；不愿继续的，请作废案件。",
				errors.New("a consent was taken back"))
		}
	}
	return nil
}

// MayCollect is nil where something may be put into a slot of a case that is open as far
// as its people's consent goes; else fault.Denied, with what to do.
func (d *Desk) MayCollect(c *loan.Case, slot loan.Slot) error {
	return fault.Wrap("collect", mayCollect(c, c.SensitiveIn(slot)...))
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

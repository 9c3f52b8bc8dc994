package desk

import (
	"context"
	"errors"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// What the record says of the family's copy by phone.
const (
	toPhone = string(PaperContract) + " to phone"
	onPhone = string(PaperContract) + " on phone"
)

// GiveByPhone gives the sealed contract, byte for byte, for the family's phone,
// and notes first that it goes there. Only who sees the case in full may.
func (d *Desk) GiveByPhone(ctx context.Context, id uuid.UUID) ([]byte, error) {
	const op = "give by phone"
	if _, err := d.ownPaper(ctx, op, id); err != nil {
		return nil, err
	}
	c, err := d.act(ctx, op, id, guard.Print, entry(loan.ChangeExport, loan.ViewBody{Detail: toPhone}))
	if err != nil {
		return nil, err
	}
	pdf, err := d.SealedContract(ctx, c)
	return pdf, fault.Wrap(op, err)
}

// GivenByPhone notes that the phone said it has the contract, whole.
func (d *Desk) GivenByPhone(ctx context.Context, id uuid.UUID) (*loan.Case, error) {
	const op = "given by phone"
	if _, err := d.ownPaper(ctx, op, id); err != nil {
		return nil, err
	}
	return d.act(ctx, op, id, guard.Print, entry(loan.ChangeExport, loan.ViewBody{Detail: onPhone}))
}

// ownPaper is a case whose sealed contract the operator may hand out.
func (d *Desk) ownPaper(ctx context.Context, op string, id uuid.UUID) (*loan.Case, error) {
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Print, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if !d.SeesFull(c) {
		return nil, fault.Say(op, fault.Denied, "合同由本案经办人员发到家庭的手机。", errors.New("masked for the operator"))
	}
	if !slices.Contains(d.Papers(c), PaperContract) {
		return nil, fault.New(op, fault.Missing, errors.New("no sealed contract"))
	}
	return c, nil
}

// MaskedParty is a party's name as a phone may show it, which others see too.
func MaskedParty(c *loan.Case, p loan.Party) string {
	if p == loan.CoborrowerParty {
		if len(c.App.Coborrowers) == 0 {
			return ""
		}
		return guard.MaskName(c.App.Coborrowers[0].Name)
	}
	return guard.MaskName(c.App.Student.Name)
}

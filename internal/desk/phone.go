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

// What the record says of a family's copy by phone, behind the paper's name.
const (
	toPhone = " to phone"
	onPhone = " on phone"
)

// codeOnPaper stands on a phone's receipt where the centre gave a check code,
// which is shown nowhere but on paper.
const codeOnPaper = "只在打印件上"

// PhonePapers are the papers a family may have on its phone instead of, or beside,
// the prints: what it takes home and is its own.
func (d *Desk) PhonePapers(c *loan.Case) []Paper {
	return slices.DeleteFunc(d.Papers(c), func(p Paper) bool { return p != PaperReceipt && p != PaperContract })
}

// ForPhone makes the copy for the family's phone: the sealed contract byte for
// byte, or the receipt without its check code. Nothing goes out before GiveByPhone.
// Only who sees the case in full may.
func (d *Desk) ForPhone(ctx context.Context, id uuid.UUID, p Paper) ([]byte, error) {
	const op = "make copy for phone"
	c, err := d.ownPaper(ctx, op, id, p)
	if err != nil {
		return nil, err
	}
	if p == PaperContract {
		pdf, err := d.SealedContract(ctx, c)
		return pdf, fault.Wrap(op, err)
	}
	pdf, err := d.slip(c, codeOnPaper)
	return pdf, fault.Wrap(op, err)
}

// ReceiptOnScreen makes a receipt as a screen shows it beside its print: without its
// check code, whatever the print has. Nothing is noted. Only who sees the case in full
// may.
func (d *Desk) ReceiptOnScreen(ctx context.Context, id uuid.UUID) ([]byte, error) {
	const op = "show receipt"
	c, err := d.ownPaper(ctx, op, id, PaperReceipt)
	if err != nil {
		return nil, err
	}
	pdf, err := d.slip(c, codeOnPaper)
	return pdf, fault.Wrap(op, err)
}

// GiveByPhone notes that a copy made by ForPhone now goes to the family's phone.
func (d *Desk) GiveByPhone(ctx context.Context, id uuid.UUID, p Paper) (*loan.Case, error) {
	return d.byPhone(ctx, "give by phone", id, p, toPhone)
}

// GivenByPhone notes that the phone said it has the copy, whole.
func (d *Desk) GivenByPhone(ctx context.Context, id uuid.UUID, p Paper) (*loan.Case, error) {
	return d.byPhone(ctx, "given by phone", id, p, onPhone)
}

func (d *Desk) byPhone(ctx context.Context, op string, id uuid.UUID, p Paper, what string) (*loan.Case, error) {
	if _, err := d.ownPaper(ctx, op, id, p); err != nil {
		return nil, err
	}
	return d.act(ctx, op, id, guard.Print, entry(loan.ChangeExport, loan.ViewBody{Detail: string(p) + what}))
}

// ownPaper is a case of which the operator may hand the family a paper.
func (d *Desk) ownPaper(ctx context.Context, op string, id uuid.UUID, p Paper) (*loan.Case, error) {
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Print, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if !d.SeesFull(c) {
		return nil, fault.Say(op, fault.Denied, "回执和合同由本案经办人员发到家庭的手机。", errors.New("masked for the operator"))
	}
	if !slices.Contains(d.PhonePapers(c), p) {
		return nil, fault.New(op, fault.Missing, errors.New("the case has no such paper"))
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

package desk

import (
	"context"
	"errors"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"github.com/google/uuid"
)

// Paper is a paper of a case that can be printed.
type Paper string

// The papers. A form is signed with a pen; a card and a receipt are taken home.
const (
	PaperReceipt     Paper = rulebook.TemporaryReceipt
	PaperContract    Paper = rulebook.LoanContract
	PaperCard        Paper = rulebook.IntegrityCard
	PaperApplication Paper = rulebook.ApplicationForm
	PaperHardship    Paper = rulebook.HardshipForm
	PaperStatement   Paper = rulebook.RenewalStatement
)

// Label is the paper's name on screen.
func (p Paper) Label() string { return guard.PaperLabel(string(p)) }

// Papers lists what can be printed of a case as it stands: what the family takes
// home first, then the forms to be signed with a pen.
func (d *Desk) Papers(c *loan.Case) []Paper {
	var out []Paper
	if c.Status == loan.Void {
		return nil
	}
	if c.Finish != nil {
		out = append(out, PaperReceipt)
	}
	if c.Contract != nil && c.Contract.Sealed != nil {
		out = append(out, PaperContract)
	}
	out = append(out, PaperCard, PaperApplication)
	if c.App.Kind == loan.Renewal {
		return append(out, PaperStatement)
	}
	if !c.App.Hardship.PreApplied {
		out = append(out, PaperHardship)
	}
	return out
}

// Printout makes a paper to be printed, and notes the print. One with a person's
// data has the watermark; the sealed contract itself stays as it is, what is
// printed is a copy. fault.Denied for a form once a party took back its consent that
// sensitive data be handled, until it is given anew.
func (d *Desk) Printout(ctx context.Context, id uuid.UUID, p Paper) ([]byte, error) {
	const op = "print paper"
	if p == PaperReceipt {
		return d.Receipt(ctx, id)
	}
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Print, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if p != PaperCard && !d.SeesFull(c) {
		return nil, fault.Say(op, fault.Denied, "只有经办人员可以打印带完整信息的材料。", errors.New("masked for the operator"))
	}
	if !slices.Contains(d.Papers(c), p) {
		return nil, fault.New(op, fault.Missing, errors.New("the case has no such paper"))
	}
	if p != PaperCard && p != PaperContract {
		if err := mayCollect(c, loan.StudentParty, loan.CoborrowerParty); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	if c, err = d.act(ctx, op, id, guard.Print, entry(loan.ChangePrint, loan.ViewBody{Detail: string(p)})); err != nil {
		return nil, err
	}
	var pdf []byte
	if p == PaperContract {
		pdf, err = d.SealedContract(ctx, c)
	} else {
		pdf, err = d.form(c, p)
	}
	if err != nil || p == PaperCard {
		return pdf, fault.Wrap(op, err)
	}
	pdf, err = d.press.Copy(pdf, guard.PrintWatermark+"　"+guard.WatermarkText(d.operator, d.now()))
	return pdf, fault.Wrap(op, err)
}

// form is a paper that is made of the case as it stands today.
func (d *Desk) form(c *loan.Case, p Paper) ([]byte, error) {
	day := d.signingDay(c)
	in, _, err := d.contractText(c, day)
	if err != nil {
		return nil, err
	}
	tpl, err := d.template(string(p), c.App.Kind, day)
	if err != nil {
		return nil, err
	}
	in.Template = tpl.File
	return d.press.Paper(in, masked(&c.App))
}

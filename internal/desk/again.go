package desk

import (
	"context"
	"errors"
	"slices"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// SignAgain voids the sealed contract of a case, with a reason, though no field of it
// changes: the case is reviewed and signed again, and the former contract stays
// readable. fault.Denied where none is sealed.
func (d *Desk) SignAgain(ctx context.Context, id uuid.UUID, reason string) (*loan.Case, error) {
	const op = "sign again"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Correct, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if c.Contract == nil || c.Contract.Sealed == nil {
		return nil, fault.Say(op, fault.Denied, "本案没有已封存的合同，不必重新签署。", errors.New("no sealed contract"))
	}
	return d.voidAsIs(ctx, c, reason)
}

// voidAsIs is a correction by which no value becomes another. A correction names a
// field: the amount, as it is.
func (d *Desk) voidAsIs(ctx context.Context, c *loan.Case, reason string) (*loan.Case, error) {
	return d.Correct(ctx, c.ID, map[string]any{"loan.amount": c.App.Loan.Amount}, reason)
}

// SubmitAgain hands a returned case to a reviewer as it is, with the reason why
// nothing of it is changed; its contract stands. fault.Denied for a case that is not
// returned, otherwise as Submit.
func (d *Desk) SubmitAgain(ctx context.Context, id uuid.UUID, reason string) (*loan.Case, error) {
	const op = "submit again"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	taken := *c // as whoever takes it up to mend it has it
	if c.Status == loan.Returned {
		taken.Status = loan.Corrected
	}
	if err := d.permit(ctx, guard.Submit, &taken); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if c.Status != loan.Returned {
		return nil, fault.Say(op, fault.Denied, "本案没有被中心退回，直接提交复核即可。", errors.New("not returned"))
	}
	if err := guard.CheckReason(reason); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.ready(c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	// A returned case is taken up by a change of it: of what no contract holds, as it is.
	body, err := editBody(map[string]any{"channel": c.App.Channel})
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d.commitAs(ctx, op, d.operator, id, []pending{entry(loan.ChangeEdit, body), entry(loan.ChangeSubmit, loan.SubmitBody{Reason: reason})})
}

// keepsPortrait denies another portrait, or none, to a case whose sealed contract holds
// the one that it has: that one takes new signatures. h is zero for none.
func keepsPortrait(c *loan.Case, slot loan.Slot, h loan.Hash) error {
	if c.Contract == nil || c.Contract.Sealed == nil || !portrait(slot) {
		return nil
	}
	for p, held := range c.Contract.Portraits {
		if p.Portrait() == slot && held != h {
			return unlike("keep portrait")
		}
	}
	return nil
}

// unlike says that the contract holds another portrait than the case has, or would have.
func unlike(op string) error {
	return fault.Tell(op, fault.Denied, "人像印在已签的合同里，更换人像须重新签署。请到第 7 步“签署”按“重新签署”并写明原因；签名作废后再拍。",
		errors.New("the sealed contract holds another portrait"))
}

// SealedPortrait is the portrait of a party in the sealed contract that stands, or else
// in the one voided last, to be set beside the one that the case has now.
// fault.Missing where no contract holds one; otherwise as Blob.
func (d *Desk) SealedPortrait(ctx context.Context, id uuid.UUID, p loan.Party) ([]byte, error) {
	const op = "read portrait of the contract"
	c, err := d.read(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	k := c.LastSealed()
	if k == nil || k.Portraits[p].Zero() {
		return nil, fault.New(op, fault.Missing, errors.New("no contract with a portrait"))
	}
	pdf, err := d.Blob(ctx, id, k.Sealed.Blob)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	pictures, err := contract.Pictures(pdf)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	i := slices.IndexFunc(pictures, func(b []byte) bool { return d.store.BlobName(b) == k.Portraits[p] })
	if i < 0 {
		return nil, fault.New(op, fault.Missing, errors.New("not in the contract"))
	}
	return pictures[i], nil
}

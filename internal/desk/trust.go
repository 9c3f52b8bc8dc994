package desk

import (
	"context"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Trust fills in what a contract's file is held against at this laptop, where o
// does not say it: the county's authority, the devices that it shut out, and
// where the case is here the stored contract, those that corrections voided and
// the second signature. The answer is good after the desk is closed.
func (d *Desk) Trust(ctx context.Context, pdf []byte, o contract.VerifyOptions) (contract.VerifyOptions, error) {
	const op = "trust contract"
	if o.CA == nil {
		o.CA = d.Authority()
	}
	o.Now = d.now()
	list, err := d.store.ShutOuts(ctx)
	if err != nil {
		return o, fault.Wrap(op, err)
	}
	o.Revoked = func(device string) (time.Time, bool) {
		for _, s := range list {
			if s.Device.String() == device {
				return s.At, true
			}
		}
		return time.Time{}, false
	}
	id, err := uuid.Parse(contract.Verify(pdf, contract.VerifyOptions{}).Case)
	if err != nil {
		return o, nil
	}
	c, err := d.store.Case(ctx, id)
	if fault.KindOf(err) == fault.Missing {
		return o, nil
	}
	if err != nil {
		return o, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.View, c); err != nil {
		return o, fault.Wrap(op, err)
	}
	name := d.store.BlobName(contract.Closed(pdf))
	o.Hash = func([]byte) loan.Hash { return name }
	return o.Against(c, name), nil
}

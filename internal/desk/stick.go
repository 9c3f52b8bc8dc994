package desk

import (
	"context"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// ToStick lets what waits for the centre be written onto a stick by write. The
// chain notes it first, so that the note goes along. Only who may sync may.
func (d *Desk) ToStick(ctx context.Context, write func(context.Context) error) error {
	const op = "write stick"
	if err := d.permit(ctx, guard.Sync, nil); err != nil {
		return fault.Wrap(op, err)
	}
	body := loan.ViewBody{Detail: "stick to the centre"}
	if _, err := d.store.Commit(ctx, []store.Entry{{Kind: loan.ChangeExport, Operator: d.operator.ID, Body: body}}, nil); err != nil {
		return fault.Wrap(op, err)
	}
	return fault.Wrap(op, write(ctx))
}

// FromStick lets the centre's answers on a stick be read by read. Nothing
// leaves the laptop by it, so the chain notes nothing.
func (d *Desk) FromStick(ctx context.Context, read func(context.Context) error) error {
	const op = "read stick"
	if err := d.permit(ctx, guard.Sync, nil); err != nil {
		return fault.Wrap(op, err)
	}
	return fault.Wrap(op, read(ctx))
}

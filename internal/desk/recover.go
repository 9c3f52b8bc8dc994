package desk

import (
	"context"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/store"
)

// Recovery is one plea of an operator who forgot the password.
type Recovery = store.Recovery

// AskRecovery makes a request to the county for an operator; it is in memory
// alone, and ends with the program.
func (d *Door) AskRecovery(operator string) (*Recovery, error) {
	const op = "ask recovery"
	if d.locked == nil {
		return nil, fault.New(op, fault.Missing, nil)
	}
	r, err := d.locked.AskRecovery(operator)
	return r, fault.Wrap(op, err)
}

// Recover sets a new password by the county's approval and signs the operator
// in. A weak password is fault.Input, and may be tried again.
func (d *Door) Recover(ctx context.Context, r *Recovery, password []byte) (*Desk, error) {
	const op = "recover"
	if err := guard.CheckPassword(r.Operator(), password); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if d.locked == nil {
		return nil, fault.New(op, fault.Missing, nil)
	}
	s, who, err := d.locked.Recover(ctx, r, password)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	own := &Desk{store: s}
	desk, err := (*Desk)(nil), fault.Wrap(op, own.markTemporary(ctx, who.ID, nil))
	if err == nil {
		desk, err = At(ctx, s, who, d.tools)
	}
	if err != nil {
		err = errors.Join(err, s.Close())
	}
	return d.entered(ctx, desk, err)
}

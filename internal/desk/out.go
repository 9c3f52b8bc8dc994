package desk

import (
	"context"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// Out is why the operator signed in may not go on, by the roster as it was last asked:
// the account was switched off, lost a role, or works elsewhere by now; the desk is then
// to be closed. nil while nothing was taken away of what he has had since he signed in.
func (d *Desk) Out() error {
	is := *d.account.Load()
	if err := guard.Lost(*d.stood.Load(), is, d.site()); err != nil {
		return fault.Wrap("go on", err)
	}
	d.stood.Store(&is)
	return nil
}

// recall asks the roster what the account of the operator signed in is by now.
func (d *Desk) recall(ctx context.Context) {
	if o, err := d.store.Account(ctx, d.operator.ID); err == nil { // else what asks next says so
		d.account.Store(&o)
	}
}

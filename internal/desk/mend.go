package desk

import (
	"context"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// OpenDoorAnyway is OpenDoor, but a damaged store gives a door whose Trouble
// says so, and that Repair or Restore may mend.
func OpenDoorAnyway(ctx context.Context, o store.Options, t Tools) (*Door, error) {
	d, err := OpenDoor(ctx, o, t)
	if fault.KindOf(err) == fault.Damaged {
		d.damaged(ctx, err)
		err = nil
	}
	return d, err
}

// Trouble is the damage that keeps the store from opening; nil while it opens.
func (d *Door) Trouble() error { return d.trouble }

// damaged notes why the store does not open, and who could mend it.
func (d *Door) damaged(ctx context.Context, why error) {
	d.trouble = why
	d.menders, _ = RepairPeople(ctx, d.options.Dir) // none known: the account is typed
}

// Repair mends the store by the password of one of its operators; see
// store.Repair. The door is open afterwards, or Trouble says why not. progress,
// which may be nil, hears of it on this goroutine.
func (d *Door) Repair(ctx context.Context, operator string, password []byte, progress func(done, total int64)) (RepairReport, error) {
	const op = "repair"
	if err := d.Close(); err != nil && fault.KindOf(err) != fault.Damaged {
		return RepairReport{}, fault.Wrap(op, err)
	}
	o := d.options
	o.Progress = progress
	r, err := store.Repair(ctx, o, operator, password)
	return r, d.opened(ctx, op, err)
}

// Restore puts the last whole backup in the folder from in the store's place;
// see store.Restore. What was there is set aside. partly says that values of
// the backup are damaged, which Repair then mends. A store that opens is replaced by
// the password of today of one whom guard lets, which its chain keeps, and by a backup
// of this laptop alone; nobody is asked where it is damaged or there is none.
func (d *Door) Restore(ctx context.Context, from, operator string, password []byte) (partly bool, err error) {
	const op = "restore"
	if !d.New() && d.trouble == nil {
		if err := d.mayReplace(ctx, from, operator, password); err != nil {
			return false, fault.Wrap(op, err)
		}
	}
	if err := d.Close(); err != nil && fault.KindOf(err) != fault.Damaged {
		return false, fault.Wrap(op, err)
	}
	err = store.Restore(ctx, from, d.options.Dir)
	var some *store.PartlyDamaged
	if errors.As(err, &some) {
		return true, d.opened(ctx, op, nil)
	}
	return false, d.opened(ctx, op, err)
}

// mayReplace asks whether a store that opens may be replaced by the backup in from.
func (d *Door) mayReplace(ctx context.Context, from, operator string, password []byte) error {
	const op = "replace by a backup"
	here, err := d.SignIn(ctx, operator, password)
	if err != nil {
		return fault.Wrap(op, err)
	}
	err = here.permit(ctx, guard.Restore, nil)
	if err == nil {
		err = here.store.OwnBackup(from)
	}
	if err == nil {
		_, err = here.store.Commit(ctx, []store.Entry{{Kind: loan.ChangeSetting, Operator: operator, Body: loan.ViewBody{Detail: "replaced by a backup"}}}, nil)
	}
	return d.opened(ctx, op, errors.Join(err, here.Close()))
}

// opened opens the door again after it was worked on; failed is how that went.
func (d *Door) opened(ctx context.Context, op string, failed error) error {
	d.trouble = nil
	err := d.reopen(ctx)
	if fault.KindOf(err) == fault.Damaged {
		d.damaged(ctx, err)
		if failed == nil {
			failed = err
		}
		err = nil
	}
	if failed != nil {
		return fault.Wrap(op, failed)
	}
	return fault.Wrap(op, err)
}

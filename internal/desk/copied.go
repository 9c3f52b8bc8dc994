package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// copiedSetting keeps under which certificate it was noted that another machine
// uses this laptop's identity.
const copiedSetting = "desk.copied"

// Copied is what the record says where the centre holds another chain of this
// device than the laptop.
const Copied = guard.Copied

// NoteCopied notes in the chain that the centre holds another chain of this device
// than this laptop's: another machine uses its identity. fresh is false where it
// was noted before, and the laptop was not enrolled again since.
func (d *Desk) NoteCopied(ctx context.Context) (fresh bool, err error) {
	const op = "note a copy"
	if err := d.permit(ctx, guard.Sync, nil); err != nil {
		return false, fault.Wrap(op, err)
	}
	sum := sha256.Sum256(d.store.Profile().CertDER)
	mark, was := hex.EncodeToString(sum[:8]), ""
	if _, err := d.setting(ctx, copiedSetting, &was); err != nil || was == mark {
		return false, fault.Wrap(op, err)
	}
	if err := d.note(ctx, op, loan.ChangeSetting, loan.ViewBody{Detail: Copied}); err != nil {
		return false, err
	}
	return true, fault.Wrap(op, d.store.SetSetting(ctx, copiedSetting, mark))
}

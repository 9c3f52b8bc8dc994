package central

import (
	"context"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/sync/parcel"
	"doorstep/sync/stick"
)

// shutOut answers a laptop that was shut out with the list that says so, by which alone it
// stops: one that lives by sticks hears it no other way. Nothing of it is taken.
func (t *taking) shutOut(ctx context.Context) (StickTaken, error) {
	err := t.answer(ctx, func(ctx context.Context, w *stick.Writer) error {
		b, err := t.c.BulletinToCarry(ctx, bulletin.Devices, bulletin.ShutOutName)
		if err == nil {
			err = w.Add(stick.Answers, nil)
		}
		if err == nil {
			err = w.Add(stick.Bulletin, b)
		}
		return err
	})
	if err != nil && fault.KindOf(err) != fault.Cancelled {
		t.c.log.Warn("a laptop that was shut out is not told so on its stick", "device", t.Device, "error", err.Error())
		err = nil
	}
	if err != nil {
		return t.StickTaken, err
	}
	t.ShutOut = true
	return t.passOver(problemOf("central.takeStick", fault.Denied, parcel.CodeRevoked))
}

package courier

import (
	"context"
	"fmt"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/sync/parcel"
)

// hearShutOut asks a centre that answered "revoked" for the list of devices shut
// out that it signed: this laptop stops by that list, and by no mere answer.
// Without one, as from an earlier centre, nothing changes.
func (c *Courier) hearShutOut(ctx context.Context) {
	c.county = time.Time{} // once it is let in again it asks for all at once
	if err := c.fetchShutOut(ctx); err != nil {
		c.log.Warn("list of devices shut out", "error", err.Error())
	}
}

func (c *Courier) fetchShutOut(ctx context.Context) error {
	const op = "courier.fetchShutOut"
	var has uint64
	for _, h := range c.store.Bulletins(bulletin.Devices) {
		has = max(has, h.Version)
	}
	c.road.endStream() // which a device that is shut out does not get again
	_, raw, err := c.road.ask(ctx, request{method: "GET", path: fmt.Sprintf("%s?version=%d", parcel.ShutOutPath, has),
		want: parcel.TypeBulletin, limit: bulletin.MaxBytes})
	if fault.KindOf(err) == fault.Missing {
		return nil // there is no newer one, or the centre is an earlier one
	}
	if err != nil {
		return err
	}
	b, err := bulletin.Open(raw, c.profile.Centre, c.profile.County)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if b.Kind != bulletin.Devices || b.Name != bulletin.ShutOutName {
		return fault.New(op, fault.Untrusted, fmt.Errorf("a bulletin of kind %s", b.Kind))
	}
	head, fresh, err := c.store.TakeBulletin(ctx, raw)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if fresh {
		c.log.Info("bulletin in force", "kind", string(head.Kind), "name", head.Name, "version", head.Label())
		c.update(func(s *State) { s.LastBulletin = c.now() })
	}
	return nil
}

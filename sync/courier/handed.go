package courier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// handIn hands in what this laptop carries for others of its room, and keeps
// the receipts for them to fetch. What the centre refuses of it is dropped: the
// other still has it, and hears why when it asks itself. Only what is wrong
// with the road holds up the rest.
func (c *Courier) handIn(ctx context.Context) error {
	all, err := c.store.Carried(ctx)
	if err != nil {
		return fault.Wrap("courier.handIn", err)
	}
	for _, p := range all {
		if err := c.handOne(ctx, p); err != nil {
			return err
		}
	}
	return c.askForOthers(ctx)
}

func (c *Courier) handOne(ctx context.Context, p store.Carried) error {
	b, err := c.store.ReadCarried(ctx, p)
	if fault.KindOf(err) == fault.Missing {
		return nil // it came to the centre by another way meanwhile
	}
	if err != nil {
		return err
	}
	_, raw, err := c.road.ask(ctx, request{method: "POST", path: "/v1/handed", typ: parcel.TypeHanded, body: b,
		want: parcel.TypeReceipt, limit: parcel.MaxReceipt})
	switch k := fault.KindOf(err); {
	case k == fault.Missing:
		return nil // an earlier centre takes none
	case codeOf(err) == parcel.CodeGap:
		return nil // what stands in front may yet come from another laptop
	case k == fault.Offline, k == fault.Cancelled, k == fault.Busy:
		return err
	case err != nil:
		c.log.Warn("handed parcel refused", "device", p.Device.String(), "kind", k.String())
		return c.store.DropCarried(ctx, p)
	}
	if err := c.keepFor(ctx, p.Device, raw); err != nil {
		return err
	}
	return c.store.DropCarried(ctx, p)
}

// keepFor keeps the centre's receipt for another laptop.
func (c *Courier) keepFor(ctx context.Context, device uuid.UUID, raw []byte) error {
	const op = "courier.keepFor"
	r, err := parcel.OpenReceipt(raw, c.profile.Centre)
	if err != nil {
		return fault.New(op, fault.Untrusted, err)
	}
	if r.Device != device {
		return fault.New(op, fault.Untrusted, errors.New("a receipt for another device"))
	}
	return c.store.SetSetting(ctx, store.ErrandReceipt+device.String(), raw)
}

// askForOthers asks which blobs the centre holds of those that other laptops
// wait to hear of.
func (c *Courier) askForOthers(ctx context.Context) error {
	names, err := c.store.SettingsWith(ctx, store.ErrandBlobs)
	if err != nil {
		return err
	}
	for _, name := range names {
		device, err := uuid.Parse(strings.TrimPrefix(name, store.ErrandBlobs))
		if err != nil {
			continue
		}
		q := parcel.HandedReceiptRequest{Device: device}
		if err := c.store.Setting(ctx, name, &q.Blobs); err != nil {
			return err
		}
		q.Blobs = append([]loan.Hash{}, q.Blobs[:min(len(q.Blobs), parcel.MaxAsk)]...)
		b, err := json.Marshal(q)
		if err != nil {
			return fault.New("courier.askForOthers", fault.Other, err)
		}
		_, raw, err := c.road.ask(ctx, request{method: "POST", path: "/v1/handed/receipt", typ: parcel.TypeJSON, body: b,
			want: parcel.TypeReceipt, limit: parcel.MaxReceipt})
		if k := fault.KindOf(err); k == fault.Offline || k == fault.Cancelled {
			return err
		}
		if err == nil {
			err = c.keepFor(ctx, device, raw)
		}
		if err != nil {
			c.log.Warn("receipt of another laptop", "device", device.String(), "kind", fault.KindOf(err).String())
		}
		if err := c.store.DropSetting(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// fetchRevoked brings home which laptops the centre shut out, so that they are
// refused in a room where no centre is in reach.
func (c *Courier) fetchRevoked(ctx context.Context) error {
	const op = "courier.fetchRevoked"
	_, raw, err := c.road.ask(ctx, request{method: "GET", path: "/v1/revoked", want: parcel.TypeJSON, limit: parcel.MaxJSON})
	if fault.KindOf(err) == fault.Missing {
		return nil // an earlier centre
	}
	if err != nil {
		return err
	}
	var a parcel.RevokedResponse
	if err := parcel.DecodeJSON(bytes.NewReader(raw), parcel.MaxJSON, &a); err != nil {
		return fault.New(op, fault.Untrusted, err)
	}
	known, err := c.store.SettingsWith(ctx, store.RevokedDevice)
	if err != nil {
		return fault.Wrap(op, err)
	}
	have := map[string]bool{}
	for _, name := range known {
		have[name] = true
	}
	for _, id := range a.Devices {
		name := store.RevokedDevice + id.String()
		if !have[name] {
			if err := c.store.SetSetting(ctx, name, true); err != nil {
				return fault.Wrap(op, err)
			}
		}
		delete(have, name)
	}
	if len(a.Devices) == parcel.MaxRevoked {
		return nil // there may be more
	}
	for name := range have { // the centre let it in again
		if err := c.store.DropSetting(ctx, name); err != nil {
			return fault.Wrap(op, err)
		}
	}
	return nil
}

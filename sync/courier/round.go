package courier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// rounds goes on until nothing waits and the centre agrees.
func (c *Courier) rounds(ctx context.Context) error {
	const op = "courier.rounds"
	if _, err := c.look(ctx); err != nil { // so that the centre is told what waits
		return err
	}
	if err := c.askReceipt(ctx, nil); err != nil {
		return err
	}
	for {
		box, err := c.look(ctx)
		if err != nil {
			return err
		}
		if box, err = c.sendChanges(ctx, box); err != nil {
			return err
		}
		if err := c.healBlobs(ctx); err != nil {
			return err
		}
		took, err := c.sendBlobs(ctx, box)
		if err != nil {
			return err
		}
		if _, err := c.look(ctx); err != nil { // so that the centre is told what waits now
			return err
		}
		if err := c.fetchNews(ctx); err != nil {
			return err
		}
		if err := c.keepCounty(ctx); err != nil {
			return err
		}
		after, err := c.look(ctx)
		if err != nil {
			return err
		}
		if !c.waiting(after) {
			return c.agree(ctx, after)
		}
		if c.paused() {
			return nil
		}
		if !took && after.Last == box.Last {
			return fault.New(op, fault.Offline, errors.New("the centre took nothing"))
		}
	}
}

// agree says "all sent" if the centre's last word on this chain is its end.
// The receipt's hash was compared with the chain when it was acknowledged.
func (c *Courier) agree(ctx context.Context, box store.Outbox) error {
	if c.held != box.Last {
		return fault.New("courier.agree", fault.Offline, errors.New("the centre's list ends elsewhere"))
	}
	if len(box.Blobs) == 0 {
		c.update(func(s *State) { s.AllSent = true })
	}
	return nil
}

// askReceipt asks what the centre holds of this chain and of some blobs.
func (c *Courier) askReceipt(ctx context.Context, blobs []loan.Hash) error {
	if blobs == nil {
		blobs = []loan.Hash{}
	}
	q := parcel.ReceiptRequest{Blobs: blobs}
	_, raw, err := c.receipt(ctx, q)
	if err != nil {
		return err
	}
	r, err := c.open(raw)
	if err != nil {
		return err
	}
	if q.Proof, err = c.proof(ctx, r); err != nil {
		return err
	}
	if q.Proof != nil {
		// The centre was set back and does not know. It will name another epoch.
		if _, raw, err = c.receipt(ctx, q); err != nil {
			return err
		}
		if r, err = c.open(raw); err != nil {
			return err
		}
	}
	return c.acknowledge(ctx, r, raw)
}

func (c *Courier) receipt(ctx context.Context, q parcel.ReceiptRequest) (int, []byte, error) {
	b, err := json.Marshal(q)
	if err != nil {
		return 0, nil, fault.New("courier.receipt", fault.Other, err)
	}
	return c.road.ask(ctx, request{method: "POST", path: "/v1/receipt" + c.tell("?"), typ: parcel.TypeJSON, body: b,
		want: parcel.TypeReceipt, limit: parcel.MaxReceipt})
}

// proof is the centre's own word, where it now says that it holds less than it
// once acknowledged in the same epoch; else nil.
func (c *Courier) proof(ctx context.Context, r *parcel.Receipt) ([]byte, error) {
	box, err := c.store.Outbox(ctx)
	if err != nil || box.Epoch != r.Epoch || r.Through >= box.Acked {
		return nil, err
	}
	kept, err := c.store.ReceiptAbove(ctx, r.Epoch, r.Through)
	if fault.KindOf(err) == fault.Missing {
		return nil, nil
	}
	return kept.Raw, err
}

// open verifies a receipt: signed by the centre, for this device.
func (c *Courier) open(raw []byte) (*parcel.Receipt, error) {
	const op = "courier.receipt"
	r, err := parcel.OpenReceipt(raw, c.profile.Centre)
	if err != nil {
		return nil, fault.New(op, fault.Untrusted, err)
	}
	if r.Device != c.profile.Device {
		return nil, fault.New(op, fault.Untrusted, errors.New("a receipt for another device"))
	}
	return r, nil
}

// acknowledge hands a receipt to the store where it says anything new.
func (c *Courier) acknowledge(ctx context.Context, r *parcel.Receipt, raw []byte) error {
	const op = "courier.acknowledge"
	box, err := c.store.Outbox(ctx)
	if err != nil {
		return err
	}
	if err := c.healOwn(ctx, r); err != nil {
		return fault.Wrap(op, err)
	}
	if r.Through > box.Last {
		if err := c.behind(ctx, r, box.Last); err != nil {
			return err
		}
	}
	c.update(func(s *State) { s.Behind = false })
	fresh := r.Through > box.Acked || r.Epoch != box.Epoch || len(r.Blobs) > 0
	if fresh {
		if err := c.store.Acknowledge(ctx, store.Receipt{Centre: r.Centre, Epoch: r.Epoch, Device: r.Device,
			Through: r.Through, Chain: r.Chain, At: r.At, Blobs: r.Blobs, Raw: raw}); err != nil {
			return c.otherChain(ctx, r, fault.Wrap(op, err))
		}
	} else if err := c.sameChain(ctx, r); err != nil {
		return err
	}
	c.store.SetClockError(c.now().Sub(r.At).Abs())
	c.centre, c.epoch, c.held = r.Centre, r.Epoch, r.Through
	c.update(func(s *State) {
		s.Online, s.LastContact = true, c.now()
		if fresh {
			s.LastReceipt = s.LastContact
		}
	})
	return nil
}

// sameChain compares a receipt that the store need not keep with its chain.
func (c *Courier) sameChain(ctx context.Context, r *parcel.Receipt) error {
	const op = "courier.sameChain"
	if r.Through == 0 {
		return nil
	}
	ch, err := c.store.Pending(ctx, r.Through-1, 1)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if len(ch) != 1 || ch[0].HeaderHash(c.store.Sum) != r.Chain {
		return c.otherChain(ctx, r, fault.New(op, fault.Conflict, errors.New("the centre holds another chain of this device")))
	}
	return nil
}

// Sizes of parcels: small against the time a bad link stays up.
const (
	parcelChanges = 256
	parcelBytes   = 96 << 10
)

// sendChanges sends all changes the centre lacks, and gives the outbox then.
func (c *Courier) sendChanges(ctx context.Context, box store.Outbox) (store.Outbox, error) {
	for c.held < box.Last {
		c.update(func(s *State) { s.Phase = Sending })
		changes, err := c.store.Pending(ctx, c.held, parcelChanges)
		if err != nil {
			return box, err
		}
		if len(changes) == 0 {
			return box, fault.New("courier.sendChanges", fault.Damaged, errors.New("the chain ends before its end"))
		}
		raw, err := c.sendParcel(ctx, trim(changes), c.held)
		if err != nil {
			return box, err
		}
		r, err := c.open(raw)
		if err != nil {
			return box, err
		}
		if r.Through < changes[0].Counter {
			return box, fault.New("courier.sendChanges", fault.Untrusted, errors.New("a receipt that passes over the parcel"))
		}
		if err := c.acknowledge(ctx, r, raw); err != nil {
			return box, err
		}
		if box, err = c.look(ctx); err != nil {
			return box, err
		}
	}
	return box, nil
}

// trim keeps as many changes as go into a parcel, at least one.
func trim(changes []*loan.Change) []*loan.Change {
	size := 0
	for i, ch := range changes {
		if size += len(ch.Encode()); size > parcelBytes && i > 0 {
			return changes[:i]
		}
	}
	return changes
}

// sendParcel sends changes to a centre that holds the chain up to held. What
// lies between is in no place that could be asked: it is declared lost.
func (c *Courier) sendParcel(ctx context.Context, changes []*loan.Change, held uint64) ([]byte, error) {
	const op = "courier.sendParcel"
	lost := uint64(0)
	if changes[0].Counter > held+1 {
		lost = held + 1
	}
	p, err := parcel.NewAfterLoss(changes, lost, c.profile.ChainKey().Suite())
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err := parcel.Pack(p, c.profile.ChainKey())
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	_, raw, err := c.road.ask(ctx, request{method: "POST", path: "/v1/parcel", typ: parcel.TypeParcel, body: b,
		want: parcel.TypeReceipt, limit: parcel.MaxReceipt})
	return raw, err
}

// newsMark is how far the centre's news were read.
type newsMark struct {
	Epoch   uuid.UUID `json:"epoch"`
	Through uint64    `json:"through"`
}

const newsSetting = "courier.news"

// fetchNews brings home what the centre wrote to this laptop's cases.
func (c *Courier) fetchNews(ctx context.Context) error {
	const op = "courier.fetchNews"
	var at newsMark
	if err := c.store.Setting(ctx, newsSetting, &at); err != nil && fault.KindOf(err) != fault.Missing {
		return fault.Wrap(op, err)
	}
	want, err := c.store.Wanted(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if at.Epoch != c.epoch || len(want.Cases) > 0 {
		at = newsMark{Epoch: c.epoch} // all that the centre wrote is read again
	}
	for {
		_, b, err := c.road.ask(ctx, request{method: "GET", path: fmt.Sprintf("/v1/news?after=%d%s", at.Through, c.tell("&")),
			want: parcel.TypeNews, limit: parcel.MaxBytes})
		if err != nil {
			return err
		}
		n, err := parcel.OpenNews(b, c.profile.Centre)
		if err != nil {
			return fault.New(op, fault.Untrusted, err)
		}
		if n.Device != c.profile.Device || n.Centre != c.centre {
			return fault.New(op, fault.Untrusted, errors.New("news for another device, or of another centre"))
		}
		if n.Epoch != c.epoch || n.After != at.Through {
			// The centre was set back: all its news are read again.
			if at.Through == 0 {
				return fault.New(op, fault.Offline, errors.New("the centre changed while it was asked"))
			}
			at = newsMark{Epoch: c.epoch}
			continue
		}
		if len(n.Changes) > 0 {
			if err := c.store.Receive(ctx, n.Changes); err != nil {
				return fault.Wrap(op, err)
			}
			c.update(func(s *State) { s.LastReceipt = c.now() })
		}
		if n.Through != at.Through {
			at.Through = n.Through
			if err := c.store.SetSetting(ctx, newsSetting, at); err != nil {
				return fault.Wrap(op, err)
			}
		}
		if !n.More {
			break
		}
	}
	if len(want.Cases) == 0 {
		return nil
	}
	return c.store.Asked(ctx, nil, want.Cases)
}

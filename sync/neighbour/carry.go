package neighbour

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Sizes of the parcels that are handed on.
const (
	handedChanges = 256
	handedBytes   = 96 << 10
	maxCarryOf    = 256
	handEvery     = 10 * time.Second
)

// giveCarried offers what waits for the centre, this laptop's own and what it
// carries for others, and hands over what the other has not got.
func (s *session) giveCarried(ctx context.Context) error {
	const op = "neighbour.giveCarried"
	c, own, err := s.room.carry(ctx, s.peer)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if len(c.Of) == 0 {
		return nil
	}
	said, err := json.Marshal(c)
	if err != nil {
		return fault.New(op, fault.Other, err)
	}
	// Each hand-over costs every laptop of the room a file: what is typed now
	// waits a little for what is typed next, unless a case went over.
	if string(said) == s.carry || !s.urgent && time.Since(s.handed) < handEvery {
		return nil
	}
	b, err := s.ask(ctx, frame{kindCarry, said})
	if err != nil {
		return ifEnded(err)
	}
	var a Carried
	if json.Unmarshal(b, &a) != nil || len(a.Through) != len(c.Of) {
		return fault.New(op, fault.Untrusted, errors.New("answer"))
	}
	for i, of := range c.Of {
		if a.Through[i] >= of.Last {
			continue
		}
		if own && i == 0 {
			err = s.handOwn(ctx, of, a.Through[i])
		} else {
			err = s.handOthers(ctx, of, a.Through[i])
		}
		if ended(err) {
			return err
		}
		if err != nil {
			s.room.log.Warn("not carried", "device", s.peer.String(), "error", err.Error())
		}
	}
	s.carry, s.handed, s.urgent = string(said), time.Now(), false
	return nil
}

// ifEnded passes an error on only when it ends the connection.
func ifEnded(err error) error {
	if ended(err) {
		return err
	}
	return nil
}

// carry lists what can be carried; own says that the first is this laptop's.
func (r *Room) carry(ctx context.Context, peer uuid.UUID) (c Carry, own bool, err error) {
	box, err := r.store.Outbox(ctx)
	if err != nil {
		return c, false, err
	}
	waits := box.Acked < box.Last || len(box.Blobs) > 0
	if waits && (r.cfg.Online == nil || !r.cfg.Online()) {
		of := CarryOf{Passport: r.pass, After: box.Acked, Last: box.Last}
		for _, b := range box.Blobs[:min(len(box.Blobs), parcel.MaxAsk)] {
			of.Blobs = append(of.Blobs, b.Hash)
		}
		c.Of, own = append(c.Of, of), true
	}
	all, err := r.store.Carried(ctx)
	if err != nil {
		return c, own, err
	}
	for i := 0; i < len(all) && len(c.Of) < maxCarryOf; {
		of := CarryOf{After: all[i].First - 1}
		device := all[i].Device
		for ; i < len(all) && all[i].Device == device; i++ {
			of.Last = max(of.Last, all[i].Last)
		}
		if device == peer {
			continue
		}
		if of.Passport, err = r.passport(ctx, device); err != nil {
			continue // came from nobody who could prove it
		}
		if err := r.store.Setting(ctx, store.ErrandBlobs+device.String(), &of.Blobs); err != nil && fault.KindOf(err) != fault.Missing {
			return c, own, err
		}
		c.Of = append(c.Of, of)
	}
	return c, own, nil
}

// handOwn seals the own chain to the centre and hands over what the other
// carries only up to through. The pieces are always cut at the same places, so
// that a longer last one takes the place of the shorter one before.
func (s *session) handOwn(ctx context.Context, of CarryOf, through uint64) error {
	const op = "neighbour.handOwn"
	for after := of.After; after < of.Last; {
		changes, err := s.room.store.Pending(ctx, after, handedChanges)
		if err != nil || len(changes) == 0 {
			return fault.Wrap(op, err)
		}
		size := 0
		for i, ch := range changes {
			if size += len(ch.Encode()); size > handedBytes && i > 0 {
				changes = changes[:i]
				break
			}
		}
		lost := uint64(0)
		if changes[0].Counter > after+1 {
			lost = after + 1
		}
		if end := changes[len(changes)-1].Counter; end <= through {
			after = end
			continue
		}
		key := s.room.profile.ChainKey()
		p, err := parcel.NewAfterLoss(changes, lost, key.Suite())
		if err != nil {
			return fault.Wrap(op, err)
		}
		b, err := parcel.Hand(p, key, s.room.profile.Centre)
		if err != nil {
			return fault.Wrap(op, err)
		}
		if _, err := s.ask(ctx, frame{kindHanded, b}); err != nil {
			return err
		}
		after = p.Last
	}
	return nil
}

// handOthers hands over what this laptop carries for another one.
func (s *session) handOthers(ctx context.Context, of CarryOf, through uint64) error {
	const op = "neighbour.handOthers"
	device, _, err := s.room.readPassport(of.Passport)
	if err != nil {
		return err
	}
	all, err := s.room.store.Carried(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	for _, c := range all {
		if c.Device != device || c.Last <= through {
			continue
		}
		b, err := s.room.store.ReadCarried(ctx, c)
		if fault.KindOf(err) == fault.Missing {
			continue // it has gone to the centre meanwhile
		}
		if err != nil {
			return fault.Wrap(op, err)
		}
		if _, err := s.ask(ctx, frame{kindHanded, b}); err != nil {
			return err
		}
	}
	return nil
}

// takeCarry says how far each chain is carried here already.
func (s *session) takeCarry(ctx context.Context, b []byte) (any, error) {
	const op = "neighbour.takeCarry"
	c, err := read[Carry](b)
	if err != nil || len(c.Of) > maxCarryOf {
		return nil, fault.New(op, fault.Input, errors.New("carry"))
	}
	all, err := s.room.store.Carried(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	out := Carried{Through: []uint64{}}
	for _, of := range c.Of {
		device, err := s.room.meetAuthor(ctx, of.Passport)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if device == s.room.self {
			out.Through = append(out.Through, of.Last)
			continue
		}
		if len(of.Blobs) > 0 && len(of.Blobs) <= parcel.MaxAsk {
			if err := s.room.store.SetSetting(ctx, store.ErrandBlobs+device.String(), of.Blobs); err != nil {
				return nil, fault.Wrap(op, err)
			}
		}
		through := of.After
		for _, p := range all {
			if p.Device == device && p.First <= through+1 {
				through = max(through, p.Last)
			}
		}
		if known, ok := s.room.receiptOf(ctx, device); ok {
			through = max(through, min(known.Through, of.Last))
		}
		out.Through = append(out.Through, through)
	}
	return out, nil
}

// takeHanded keeps a sealed parcel to be carried to the centre.
func (s *session) takeHanded(ctx context.Context, b []byte) error {
	const op = "neighbour.takeHanded"
	h, err := parcel.OpenHanded(b, s.room.keyOf(ctx))
	if err != nil {
		return fault.Wrap(op, err)
	}
	if h.Device == s.room.self {
		return fault.New(op, fault.Denied, errors.New("this laptop's own parcel"))
	}
	if err := s.room.store.KeepCarried(ctx, store.Carried{Device: h.Device, First: h.First, Last: h.Last}, b); err != nil {
		return fault.Wrap(op, err)
	}
	if s.room.cfg.Fresh != nil {
		s.room.cfg.Fresh()
	}
	return nil
}

// receiptOf is the centre's receipt that is kept for another device.
func (r *Room) receiptOf(ctx context.Context, device uuid.UUID) (*parcel.Receipt, bool) {
	var raw []byte
	if r.store.Setting(ctx, store.ErrandReceipt+device.String(), &raw) != nil {
		return nil, false
	}
	p, err := parcel.OpenReceipt(raw, r.profile.Centre)
	return p, err == nil && p.Device == device
}

// giveReceipts gives the centre's receipts that are kept here.
func (s *session) giveReceipts(ctx context.Context) error {
	const op = "neighbour.giveReceipts"
	names, err := s.room.store.SettingsWith(ctx, store.ErrandReceipt)
	if err != nil {
		return fault.Wrap(op, err)
	}
	var out Receipts
	for _, name := range names {
		device, err := uuid.Parse(strings.TrimPrefix(name, store.ErrandReceipt))
		if err != nil {
			continue
		}
		var raw []byte
		if err := s.room.store.Setting(ctx, name, &raw); err != nil {
			return fault.Wrap(op, err)
		}
		r, ok := s.room.receiptOf(ctx, device)
		if !ok || !r.At.After(s.posted[device]) || len(out.Receipts) == maxReceipts {
			continue
		}
		s.posted[device] = r.At
		out.Receipts = append(out.Receipts, raw)
	}
	if len(out.Receipts) == 0 {
		return nil
	}
	return ifEnded(s.put(ctx, kindReceipts, out, nil))
}

const maxReceipts = 32

// takeReceipts acknowledges what the centre holds of this laptop, and keeps the
// receipts of others to be brought on. One that is older than what is known
// says nothing.
func (s *session) takeReceipts(ctx context.Context, b []byte) error {
	const op = "neighbour.takeReceipts"
	in, err := read[Receipts](b)
	if err != nil || len(in.Receipts) > maxReceipts {
		return fault.New(op, fault.Input, errors.New("receipts"))
	}
	for _, raw := range in.Receipts {
		r, err := parcel.OpenReceipt(raw, s.room.profile.Centre)
		if err != nil {
			return fault.New(op, fault.Untrusted, err)
		}
		if r.Device == s.room.self {
			err = s.room.acknowledge(ctx, r, raw)
		} else if known, ok := s.room.receiptOf(ctx, r.Device); !ok || r.At.After(known.At) {
			err = s.room.keepReceipt(ctx, r, raw)
		}
		if err != nil {
			return fault.Wrap(op, err)
		}
	}
	return nil
}

// keepReceipt keeps another laptop's receipt, and drops what it covers.
func (r *Room) keepReceipt(ctx context.Context, p *parcel.Receipt, raw []byte) error {
	if err := r.store.SetSetting(ctx, store.ErrandReceipt+p.Device.String(), raw); err != nil {
		return err
	}
	all, err := r.store.Carried(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Device == p.Device && c.Last <= p.Through {
			if err := r.store.DropCarried(ctx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// acknowledge takes a receipt for this laptop that a neighbour brought home. A
// centre that holds more than this laptop is for the courier to deal with.
func (r *Room) acknowledge(ctx context.Context, p *parcel.Receipt, raw []byte) error {
	last, err := r.store.LastReceipt(ctx)
	if err != nil && fault.KindOf(err) != fault.Missing {
		return err
	}
	box, err := r.store.Outbox(ctx)
	if err != nil {
		return err
	}
	if !p.At.After(last.At) || bytes.Equal(raw, last.Raw) || p.Through > box.Last || last.Epoch != uuid.Nil && last.Epoch != p.Epoch {
		return nil
	}
	err = r.store.Acknowledge(ctx, store.Receipt{Centre: p.Centre, Epoch: p.Epoch, Device: p.Device, Through: p.Through,
		Chain: p.Chain, At: p.At, Blobs: p.Blobs, Raw: raw})
	if err == nil {
		r.update(func() { r.state.Arrived++ })
	}
	return err
}

package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// OnMetered is what goes to the centre over a network that is paid for by the
// byte.
type OnMetered string

// What goes over a metered network.
const (
	MeteredRecords   OnMetered = ""          // records alone: a few kilobytes a case
	MeteredContracts OnMetered = "contracts" // records and contracts
	MeteredAll       OnMetered = "all"       // everything, as anywhere
	MeteredNothing   OnMetered = "nothing"
)

// SyncSettings are how the operators of this laptop want things carried. They
// hold until they are changed, whoever is signed in.
type SyncSettings struct {
	Paused    bool      `json:"paused,omitempty"`
	Cap       int64     `json:"cap,omitempty"` // bytes a second that go out; 0 is no limit
	OnMetered OnMetered `json:"on_metered,omitempty"`
	Metered   bool      `json:"metered,omitempty"` // an operator said that the network is metered
}

// MinCap is the lowest limit: below it the centre would take a chunk for one
// that has stalled.
const MinCap = 4 << 10

// Check is fault.Input for settings that nothing can be carried by.
func (s SyncSettings) Check() error {
	const op = "sync settings"
	switch s.OnMetered {
	case MeteredRecords, MeteredContracts, MeteredAll, MeteredNothing:
	default:
		return fault.New(op, fault.Input, errors.New("metered"))
	}
	if s.Cap < 0 || s.Cap > 0 && s.Cap < MinCap {
		return fault.Say(op, fault.Input, "限速不能低于每秒 4 KB。", errors.New("cap"))
	}
	return nil
}

// Names of settings that are the store's own.
const (
	syncKey    = "sync"
	sentKey    = "outbox.sent"
	refusedKey = "outbox.refused"
)

// SyncSettings reads how things are to be carried; what was never set is the
// zero value.
func (s *Store) SyncSettings(ctx context.Context) (SyncSettings, error) {
	var v SyncSettings
	err := s.Setting(ctx, syncKey, &v)
	if fault.KindOf(err) == fault.Missing {
		return v, nil
	}
	return v, err
}

// SetSyncSettings keeps how things are to be carried, with the change that says
// who set it, in one transaction.
func (s *Store) SetSyncSettings(ctx context.Context, v SyncSettings, e Entry) error {
	const op = "store.SetSyncSettings"
	if err := v.Check(); err != nil {
		return fault.Wrap(op, err)
	}
	return s.setNoted(ctx, op, e, func(tx *bbolt.Tx) error { return s.putJSON(tx, bSettings, syncKey, v) })
}

// setNoted writes something with the change that says who did it.
func (s *Store) setNoted(ctx context.Context, op string, e Entry, set func(tx *bbolt.Tx) error) error {
	s.write.Lock()
	defer s.write.Unlock()
	_, err := s.perform(ctx, op, func(w *work) error {
		if err := w.entry(e); err != nil {
			return err
		}
		return set(w.tx)
	})
	return err
}

func (s *Store) putJSON(tx *bbolt.Tx, bucket, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fault.New("store.putJSON", fault.Other, err)
	}
	return s.put(tx, bucket, []byte(key), b)
}

// getJSON reads a value into v, and leaves v as it is where there is none.
func (s *Store) getJSON(tx *bbolt.Tx, bucket, key string, v any) error {
	b, err := s.get(tx, bucket, []byte(key))
	if fault.KindOf(err) == fault.Missing {
		return nil
	}
	if err != nil {
		return err
	}
	if strictJSON(b, v) != nil {
		return structural(bucket + " " + key)
	}
	return nil
}

// Part is some blobs.
type Part struct {
	Blobs int
	Bytes int64
}

// bring counts a blob that came with the case.
func (r *row) bring(u unsent) {
	p := &r.brought[1-yes(u.class == classContract)]
	p.Blobs++
	p.Bytes += int64(u.size)
}

// bringAll counts the blobs that came with the changes of a case, as far as they
// are or were here: a change may name one that is kept nowhere, and one that
// came with another case counts there.
func (s *Store) bringAll(tx *bbolt.Tx, r *row, changes []*loan.Change) error {
	seen := map[loan.Hash]bool{}
	for _, ch := range changes {
		for _, b := range brought(ch) {
			if seen[b.Hash] {
				continue
			}
			seen[b.Hash] = true
			info, err := s.blobInfo(tx, b.Hash[:])
			switch {
			case fault.KindOf(err) == fault.Missing || fault.KindOf(err) == fault.Damaged:
			case err != nil:
				return err
			case info.id == ch.Case:
				r.bring(info.unsent)
			}
		}
	}
	return nil
}

// Going is how far a part of a case is on its way to the centre.
type Going struct {
	All  Part // that came with it
	Left Part // that the centre has not acknowledged
}

// Waiting is a case that is not wholly at the centre.
type Waiting struct {
	Summary
	Records  bool // records of it wait
	Refused  bool // a record of it was refused
	Contract Going
	Images   Going
}

// Waiting lists the cases of which anything waits, in the order of sending:
// urgent ones first, and then the oldest. A case that an earlier version wrote
// last has at least what is left of it.
func (s *Store) Waiting() []Waiting {
	s.mu.RLock()
	defer s.mu.RUnlock()
	left := map[uuid.UUID]*[2]Part{}
	of := func(id uuid.UUID) *[2]Part {
		if left[id] == nil {
			left[id] = &[2]Part{}
		}
		return left[id]
	}
	for _, u := range s.outbox.blobs {
		p := &of(u.id)[1-yes(u.class == classContract)]
		p.Blobs++
		p.Bytes += int64(u.size)
	}
	refused := map[uuid.UUID]bool{}
	for _, r := range s.refused {
		refused[r.Case] = true
		of(r.Case)
	}
	for id, slot := range s.index.slots {
		if s.index.last[slot] > s.acked || s.index.status[slot] == loan.Queued {
			of(id)
		}
	}
	out := make([]Waiting, 0, len(left))
	for id, parts := range left {
		slot, there := s.index.slots[id]
		if !there {
			continue // of a case whose opening is not here
		}
		r := s.index.row(slot)
		w := Waiting{Summary: s.summary(slot), Records: r.last > s.acked, Refused: refused[id],
			Contract: goingOf(r.brought[0], parts[0]), Images: goingOf(r.brought[1], parts[1])}
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b Waiting) int {
		return cmp.Or(cmp.Compare(yes(b.Urgency != loan.NotUrgent), yes(a.Urgency != loan.NotUrgent)), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return out
}

func goingOf(all, left Part) Going {
	return Going{All: Part{max(all.Blobs, left.Blobs), max(all.Bytes, left.Bytes)}, Left: left}
}

// Refused is a record of this laptop's chain that the centre did not take. What
// stands behind it goes on without it; it is kept, and can be sent again.
type Refused struct {
	Counter uint64          `json:"counter"`
	Case    uuid.UUID       `json:"case"` // Nil where no case is meant
	Kind    loan.ChangeKind `json:"kind"`
	Reason  string          `json:"reason"` // the centre's, for a log: a kind and a code
	At      time.Time       `json:"at"`
}

// SetRefused notes durably that the centre refused a record, before anything
// that stands behind it is sent. The same record again replaces its reason.
func (s *Store) SetRefused(ctx context.Context, r Refused) error {
	return s.changeRefused(ctx, "store.SetRefused", func(list []Refused) []Refused {
		list = slices.DeleteFunc(list, func(x Refused) bool { return x.Counter == r.Counter })
		list = append(list, r)
		slices.SortFunc(list, func(a, b Refused) int { return cmp.Compare(a.Counter, b.Counter) })
		return list
	})
}

// TakenAfterAll takes a record out of those refused: the centre's receipt says
// that it holds it now.
func (s *Store) TakenAfterAll(ctx context.Context, counter uint64) error {
	return s.changeRefused(ctx, "store.TakenAfterAll", func(list []Refused) []Refused {
		return slices.DeleteFunc(list, func(x Refused) bool { return x.Counter == counter })
	})
}

func (s *Store) changeRefused(ctx context.Context, op string, change func([]Refused) []Refused) error {
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.RLock()
	list := change(slices.Clone(s.refused))
	s.mu.RUnlock()
	if err := s.update(ctx, op, func(tx *bbolt.Tx) error { return s.putJSON(tx, bSettings, refusedKey, list) }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = list
	return nil
}

// LetGo takes a blob out of the outbox, and out of what is wanted, that cannot
// be read here any more, with the change that says that it is lost. That no case
// needs it is for the caller to know. fault.Denied for one that can still be
// read, fault.Missing for one that neither waits nor is wanted.
func (s *Store) LetGo(ctx context.Context, h loan.Hash, e Entry) error {
	const op = "store.LetGo"
	want, err := s.Wanted(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if !s.waits([]loan.Hash{h}) && !slices.Contains(want.Blobs, h) {
		return fault.New(op, fault.Missing, errors.New("it does not wait"))
	}
	_, err = s.Blob(ctx, h)
	switch fault.KindOf(err) {
	case fault.Damaged, fault.Missing, fault.Erased:
	default:
		if err == nil {
			err = fault.New(op, fault.Denied, errors.New("it can be read"))
		}
		return err
	}
	s.write.Lock()
	defer s.write.Unlock()
	sent := s.sentWith([]loan.Hash{h}, nil)
	_, err = s.perform(ctx, op, func(w *work) error {
		if err := w.entry(e); err != nil {
			return err
		}
		if err := s.dropWanted(w.tx, h); err != nil {
			return err
		}
		if err := s.del(w.tx, bUnsent, h[:]); err != nil {
			return err
		}
		return s.putJSON(w.tx, bSettings, sentKey, sent)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbox.remove(h)
	s.ackedBytes = sent
	return nil
}

// readCarriage reads what the outbox is besides its blobs.
func (s *Store) readCarriage(tx *bbolt.Tx) (refused []Refused, sent int64, err error) {
	if err = s.getJSON(tx, bSettings, refusedKey, &refused); err == nil {
		err = s.getJSON(tx, bSettings, sentKey, &sent)
	}
	return refused, sent, err
}

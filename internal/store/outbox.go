package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Outbox is what has not been acknowledged by the centre: the device's changes
// above Acked up to Last, and blobs.
type Outbox struct {
	Device  uuid.UUID
	Epoch   uuid.UUID // of the centre that acknowledged; Nil before the first receipt
	Acked   uint64
	Last    uint64
	Changes int           // above Acked and of Home; a chain with gaps has fewer than Last - Acked
	Home    []loan.Range  // that came home, and that the centre is not known to hold, also below Acked
	Blobs   []PendingBlob // in the order of sending
	Bytes   int64         // of the blobs
	Sent    int64         // bytes of blobs acknowledged since none waited
	Refused []Refused     // records that the centre did not take
}

// PendingBlob is a blob the centre has not acknowledged.
type PendingBlob struct {
	Hash     loan.Hash
	Size     int64
	Case     uuid.UUID
	Contract bool // of a contract or its ink: sent before images
	Urgent   bool // of a case that goes before others
}

// Receipt is the centre's signed word on what it holds, its signature verified
// by the caller: changes 1 to Through of Device, of which the last has the
// header hash Chain, and blobs.
type Receipt struct {
	Centre  uuid.UUID   `json:"centre"`
	Epoch   uuid.UUID   `json:"epoch"`
	Device  uuid.UUID   `json:"device"`
	Through uint64      `json:"through"`
	Chain   loan.Hash   `json:"chain"`
	At      time.Time   `json:"at"`
	Blobs   []loan.Hash `json:"blobs,omitempty"`
	Raw     []byte      `json:"raw,omitempty"` // as signed
}

// unsent is a blob's size and place in the sending order.
type unsent struct {
	class byte
	size  uint64
	order uint64 // counter of the change it came with
	id    uuid.UUID
}

const (
	classContract = 1
	classImage    = 2
	unsentSize    = 1 + 8 + 8 + 16
)

func classOf(entries []Entry) byte {
	for _, e := range entries {
		switch e.Kind {
		case loan.ChangeContract, loan.ChangeSign, loan.ChangeSeal:
			return classContract
		}
	}
	return classImage
}

func (u unsent) encode() []byte {
	b := append(make([]byte, 0, unsentSize), u.class)
	b = binary.BigEndian.AppendUint64(b, u.size)
	return append(binary.BigEndian.AppendUint64(b, u.order), u.id[:]...)
}

func decodeUnsent(b []byte) (unsent, error) {
	if len(b) != unsentSize || binary.BigEndian.Uint64(b[1:]) > MaxBlob {
		return unsent{}, structural("blob")
	}
	return unsent{b[0], binary.BigEndian.Uint64(b[1:]), binary.BigEndian.Uint64(b[9:]), uuid.UUID(b[17:])}, nil
}

// outbox is the blobs that wait, in memory.
type outbox struct {
	blobs   map[loan.Hash]unsent
	waiting map[uuid.UUID]int // blobs of each case
	bytes   int64

	mu     sync.Mutex // of what is below, for many list at once
	sorted []PendingBlob
	stale  bool               // sorted lacks some of blobs
	before map[uuid.UUID]bool // the urgent cases, as sorted has them
}

func newOutbox() *outbox {
	return &outbox{blobs: map[loan.Hash]unsent{}, waiting: map[uuid.UUID]int{}}
}

func (o *outbox) add(h loan.Hash, u unsent) {
	if _, ok := o.blobs[h]; ok {
		return
	}
	o.blobs[h] = u
	o.waiting[u.id]++
	o.bytes += int64(u.size)
	o.stale = true
}

func (o *outbox) remove(h loan.Hash) {
	u, ok := o.blobs[h]
	if !ok {
		return
	}
	delete(o.blobs, h)
	if o.waiting[u.id]--; o.waiting[u.id] == 0 {
		delete(o.waiting, u.id)
	}
	o.bytes -= int64(u.size)
}

// list gives what is of urgent cases before all else, contracts before images,
// and of each the oldest case first: a case's id begins with the time of its
// opening.
func (o *outbox) list(urgent func(uuid.UUID) bool) []PendingBlob {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := map[uuid.UUID]bool{}
	for id := range o.waiting {
		if urgent(id) {
			before[id] = true
		}
	}
	if o.stale || !maps.Equal(before, o.before) {
		o.before = before
		o.sorted, o.stale = o.sort(), false
	}
	// What was taken out since still stands in the list.
	o.sorted = slices.DeleteFunc(o.sorted, func(b PendingBlob) bool { _, ok := o.blobs[b.Hash]; return !ok })
	return slices.Clone(o.sorted)
}

func (o *outbox) sort() []PendingBlob {
	type item struct {
		PendingBlob
		order uint64
	}
	all := make([]item, 0, len(o.blobs))
	for h, u := range o.blobs {
		all = append(all, item{PendingBlob{Hash: h, Size: int64(u.size), Case: u.id, Contract: u.class == classContract, Urgent: o.before[u.id]}, u.order})
	}
	slices.SortFunc(all, func(a, b item) int {
		return cmp.Or(cmp.Compare(yes(b.Urgent), yes(a.Urgent)), cmp.Compare(yes(b.Contract), yes(a.Contract)),
			bytes.Compare(a.Case[:], b.Case[:]), cmp.Compare(a.order, b.order), bytes.Compare(a.Hash[:], b.Hash[:]))
	})
	out := make([]PendingBlob, len(all))
	for i, b := range all {
		out[i] = b.PendingBlob
	}
	return out
}

// loadUnsent reads the bucket of unsent blobs; l is the ledger it must agree
// with, or nil inside a transaction that writes.
func (s *Store) loadUnsent(tx *bbolt.Tx, l *ledger) (*outbox, error) {
	if l == nil {
		l = s.book.next
	}
	o := newOutbox()
	return o, s.count(tx, l, bUnsent, func(k, b []byte) error {
		u, err := decodeUnsent(b)
		if err != nil || len(k) != 32 {
			return structural("outbox")
		}
		o.add(loan.Hash(k), u)
		return nil
	})
}

// Outbox lists what waits for the centre.
func (s *Store) Outbox(ctx context.Context) (Outbox, error) {
	if err := ended("store.Outbox", ctx); err != nil {
		return Outbox{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Outbox{Device: s.profile.Device, Epoch: s.epoch, Acked: s.acked, Last: s.tip.counter,
		Changes: s.unacked(), Home: s.goingHome(), Blobs: s.outbox.list(s.index.urgent), Bytes: s.outbox.bytes,
		Sent: s.ackedBytes, Refused: slices.Clone(s.refused)}, nil
}

// Pending reads the device's own changes with counters above after, in order,
// at most max of them, and no further than the next gap of the chain: what it
// gives is one unbroken piece.
func (s *Store) Pending(ctx context.Context, after uint64, max int) ([]*loan.Change, error) {
	const op = "store.Pending"
	var out []*loan.Change
	err := s.view(ctx, op, func(tx *bbolt.Tx) error {
		last, err := s.readTip(tx, s.profile.Device)
		if err != nil {
			return err
		}
		gaps, err := s.readGaps(tx)
		if err != nil {
			return err
		}
		for n := after + 1; n <= last.counter && len(out) < max; n++ {
			if gap, ok := gapAt(gaps, n); ok {
				if len(out) > 0 {
					break
				}
				n = gap.To
				continue
			}
			ch, err := s.change(tx, refKey(s.profile.Device, n))
			if err != nil {
				return err
			}
			out = append(out, ch)
		}
		return nil
	})
	return out, err
}

// Acknowledge keeps a receipt and takes out of the outbox what it covers,
// durably. An older receipt takes nothing back, and one that says nothing new
// is not kept. A receipt of another epoch, by
// a centre restored from a backup, puts everything it does not name into the
// outbox again. A receipt for another device is fault.Input; one that names a
// chain this store does not have is fault.Conflict.
func (s *Store) Acknowledge(ctx context.Context, r Receipt) error {
	const op = "store.Acknowledge"
	if r.Device != s.profile.Device {
		return fault.New(op, fault.Input, errors.New("a receipt for another device"))
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return fault.New(op, fault.Input, errors.New("receipt"))
	}
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.RLock()
	acked, epoch := s.acked, s.epoch
	s.mu.RUnlock()
	restored := epoch != uuid.Nil && epoch != r.Epoch
	if !restored && epoch != uuid.Nil && r.Through <= acked && !s.waits(r.Blobs) {
		return s.view(ctx, op, func(tx *bbolt.Tx) error { return s.checkChain(tx, r) }) // nothing new: spare the disk
	}
	if restored || r.Through > acked {
		acked = r.Through
	}
	var box *outbox
	var sent int64
	home := s.home
	err = s.update(ctx, op, func(tx *bbolt.Tx) error {
		if err := s.checkChain(tx, r); err != nil {
			return err
		}
		if restored {
			if err := s.requeue(tx); err != nil {
				return err
			}
			if len(home.All) > 0 {
				home = home.reopened()
				if err := s.putHomecome(tx, home); err != nil {
					return err
				}
			}
		}
		for _, h := range r.Blobs {
			if err := s.arrived(tx, h, r.At); err != nil {
				return err
			}
		}
		if restored {
			if box, err = s.loadUnsent(tx, nil); err != nil {
				return err
			}
		}
		sent = s.sentWith(r.Blobs, box)
		if err := s.putAcked(tx, acked, r.Epoch, sent); err != nil {
			return err
		}
		return s.put(tx, bReceipts, nextReceipt(tx), raw)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked, s.epoch, s.ackedBytes, s.home = acked, r.Epoch, sent, home
	if box != nil {
		s.outbox = box
	}
	for _, h := range r.Blobs {
		s.outbox.remove(h)
	}
	return nil
}

// putAcked writes how far the centre has acknowledged, and the bytes sent where
// they are others now.
func (s *Store) putAcked(tx *bbolt.Tx, acked uint64, epoch uuid.UUID, sent int64) error {
	if sent != s.ackedBytes {
		if err := s.putJSON(tx, bSettings, sentKey, sent); err != nil {
			return err
		}
	}
	return s.put(tx, bMeta, []byte("acked"), append(binary.BigEndian.AppendUint64(nil, acked), epoch[:]...))
}

// sentWith is the bytes that count as sent when the blobs are acknowledged; they
// begin anew when none waits any more. again is what waits where the centre was
// set back, else nil.
func (s *Store) sentWith(blobs []loan.Hash, again *outbox) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, left, seen := s.ackedBytes, len(s.outbox.blobs), map[loan.Hash]bool{}
	for _, h := range blobs {
		if u, ok := s.outbox.blobs[h]; ok && !seen[h] {
			seen[h] = true
			n, left = n+int64(u.size), left-1
		}
	}
	if again != nil {
		left = len(again.blobs)
	}
	if left == 0 {
		return 0
	}
	return n
}

// nextReceipt is the key behind the last receipt's. The bucket's own sequence
// would not do: nothing vouches for it.
func nextReceipt(tx *bbolt.Tx) []byte {
	var n uint64
	if k, _ := tx.Bucket([]byte(bReceipts)).Cursor().Last(); len(k) == 8 {
		n = binary.BigEndian.Uint64(k)
	}
	return binary.BigEndian.AppendUint64(nil, n+1)
}

// waits says whether any of the blobs is in the outbox.
func (s *Store) waits(blobs []loan.Hash) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.ContainsFunc(blobs, func(h loan.Hash) bool {
		_, ok := s.outbox.blobs[h]
		return ok
	})
}

func (s *Store) checkChain(tx *bbolt.Tx, r Receipt) error {
	if r.Through == 0 {
		return nil
	}
	ch, err := s.change(tx, refKey(s.profile.Device, r.Through))
	if err != nil || ch.HeaderHash(s.Sum) != r.Chain {
		return fault.New("store.checkChain", fault.Conflict, errors.New("the centre holds another chain of this device"))
	}
	return nil
}

// requeue puts every blob whose content is here into the outbox.
func (s *Store) requeue(tx *bbolt.Tx) error {
	c := tx.Bucket([]byte(bBlobInfo)).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		b, err := s.vault.open(bBlobInfo, k, v)
		if err != nil {
			return err
		}
		info, err := decodeInfo(b)
		if err != nil {
			return err
		}
		if info.state == blobErased {
			continue
		}
		if err := s.put(tx, bUnsent, slices.Clone(k), info.unsent.encode()); err != nil {
			return err
		}
	}
	return nil
}

// arrived takes a blob out of the outbox and notes when the centre had it.
func (s *Store) arrived(tx *bbolt.Tx, h loan.Hash, at time.Time) error {
	info, err := s.blobInfo(tx, h[:])
	if fault.KindOf(err) == fault.Missing {
		return s.del(tx, bUnsent, h[:])
	}
	if err != nil && fault.KindOf(err) != fault.Damaged {
		return err
	}
	if err == nil && info.state == blobKept && !at.Equal(info.acked) {
		info.acked = at
		if err := s.putInfo(tx, h[:], info); err != nil {
			return err
		}
	}
	return s.del(tx, bUnsent, h[:])
}

// LastReceipt is the newest receipt kept; fault.Missing before the first.
func (s *Store) LastReceipt(ctx context.Context) (Receipt, error) {
	const op = "store.LastReceipt"
	var r Receipt
	err := s.view(ctx, op, func(tx *bbolt.Tx) error {
		k, v := tx.Bucket([]byte(bReceipts)).Cursor().Last()
		b, err := s.vault.open(bReceipts, k, v)
		if err != nil {
			return err
		}
		if strictJSON(b, &r) != nil {
			return structural("receipt")
		}
		return nil
	})
	return r, err
}

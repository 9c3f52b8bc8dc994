package store

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// RoomCase is a case of a room's pipeline.
type RoomCase struct {
	ID uuid.UUID
	// Version is another one after every change of the case, a look among them.
	Version uint32
}

// RoomCases lists the cases that another laptop of the room may know of: those
// that it holds or once held, and those that it wrote to, once they were passed
// on and until they came to their end two days ago. The oldest comes first.
func (s *Store) RoomCases(ctx context.Context, peer uuid.UUID) ([]RoomCase, error) {
	var out []RoomCase
	err := s.view(ctx, "store.RoomCases", func(tx *bbolt.Tx) error {
		s.mu.RLock()
		rows := s.index.inRoom()
		s.mu.RUnlock()
		c := tx.Bucket([]byte(bCases)).Cursor()
		for _, r := range rows {
			if s.settledLong(r) {
				continue
			}
			wrote := append(bytes.Clone(r.ID[:]), peer[:]...)
			if len(r.Holders) == 0 {
				continue
			}
			k, _ := c.Seek(wrote)
			may := r.HeldBy(peer) || bytes.HasPrefix(k, wrote)
			if !may {
				// It may have been taken from a laptop that had not written yet.
				once, err := s.everHeld(tx, r)
				if err != nil {
					return err
				}
				may = slices.Contains(once, peer)
			}
			if may {
				out = append(out, RoomCase{r.ID, r.changes})
			}
		}
		return nil
	})
	return out, err
}

// once are the devices that ever held a case, as of a version of it.
type once struct {
	version uint32
	devices []uuid.UUID
}

// everHeld gives the devices that ever held a case. A case that cannot be
// folded was held by none that is known.
func (s *Store) everHeld(tx *bbolt.Tx, r *row) ([]uuid.UUID, error) {
	s.mu.RLock()
	o, ok := s.once[r.ID]
	s.mu.RUnlock()
	if ok && o.version == r.changes {
		return o.devices, nil
	}
	changes, err := s.caseChanges(tx, r.ID)
	if err != nil {
		return nil, err
	}
	o = once{version: r.changes}
	if k := loan.Fold(changes); k != nil {
		o.devices = k.EverHeldBy()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.once == nil {
		s.once = map[uuid.UUID]once{}
	}
	s.once[r.ID] = o
	return o.devices, nil
}

// settledFor is how long after its end a case is still told of in the room.
const settledFor = 48 * time.Hour

// settledLong says whether a case came to its end some time ago: laptops need
// not ask one another about those of a whole season.
func (s *Store) settledLong(r *row) bool {
	switch r.Status {
	case loan.Received, loan.Accepted, loan.Void:
		return s.o.now()().Sub(r.Updated) > settledFor
	}
	return false
}

// inRoom gives the rows of cases that were passed on or have a number, the
// oldest first.
func (ix *index) inRoom() []*row {
	var out []*row
	for _, slot := range ix.order {
		if p := ix.packed[slot]; len(p) == 0 || p[0] < summaryInRoom {
			continue
		}
		out = append(out, ix.row(slot))
	}
	return out
}

// AtStations lists the cases of the room's pipeline that are not done with, the
// one waiting longest first.
func (s *Store) AtStations() []Summary {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Summary
	for _, r := range s.index.inRoom() {
		switch r.Status {
		case loan.Received, loan.Accepted, loan.Void:
			continue
		}
		out = append(out, s.summary(s.index.slots[r.ID]))
	}
	return out
}

// LastTicket is the highest number that a letter gave on a day, as far as this
// laptop knows: the digits alone, 0 for none.
func (s *Store) LastTicket(day loan.Date, letter string) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	last := 0
	for _, r := range s.index.inRoom() {
		number, _, _ := strings.Cut(r.Ticket, "-") // the mark of the laptop behind it
		n := len(number) - 3
		if r.TicketDay != day || n < 1 || number[:n] != letter {
			continue
		}
		v := 0
		for _, c := range number[n:] {
			v = v*10 + int(c-'0')
		}
		last = max(last, v)
	}
	return last
}

// HoldsBlob says whether a blob's content is here.
func (s *Store) HoldsBlob(ctx context.Context, h loan.Hash) (bool, error) {
	there := false
	err := s.view(ctx, "store.HoldsBlob", func(tx *bbolt.Tx) error {
		info, err := s.blobInfo(tx, h[:])
		if fault.KindOf(err) == fault.Missing {
			return nil
		}
		there = err == nil && s.readable(info)
		return err
	})
	return there, err
}

// TakeBlob keeps a blob that another laptop of the room handed over with a
// case, and puts it into the outbox; one that is here already stays as it is.
// It is wanted no longer.
// Content that has another name is fault.Input.
func (s *Store) TakeBlob(ctx context.Context, b PendingBlob, content []byte) error {
	const op = "store.TakeBlob"
	if b.Case == uuid.Nil {
		return fault.New(op, fault.Input, errors.New("no case"))
	}
	want, err := s.Wanted(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if slices.Contains(want.Blobs, b.Hash) {
		return s.putBack(ctx, op, b, content, func(*work) error { return nil })
	}
	blob := Blob{Hash: b.Hash, Content: content}
	sealed, err := s.ready([]Blob{blob})
	if err != nil {
		return fault.Wrap(op, err)
	}
	defer sealed.done()
	if err := sealed.named(); err != nil {
		return fault.Wrap(op, err)
	}
	kind := loan.ChangeAttach
	if b.Contract {
		kind = loan.ChangeContract
	}
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.needKey(ctx); err != nil {
		return fault.Wrap(op, err)
	}
	_, err = s.perform(ctx, op, func(w *work) error {
		return sealed.within(w, func() error {
			w.boxes = sealed.boxes()
			return w.blob(blob, []Entry{{Case: b.Case, Kind: kind}})
		})
	})
	return err
}

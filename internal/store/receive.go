package store

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// Receive keeps changes that others wrote, the centre or a neighbour, their
// signature verified by the caller, in one transaction; what is here already is
// left alone, so it may be repeated. A chain may have gaps, for others' changes
// are not all for this laptop, but where two neighbours of a chain are here
// they must fit. A change that differs from the one here under its number, or
// does not fit its chain or its own body, is fault.Conflict or fault.Damaged,
// and nothing is kept.
func (s *Store) Receive(ctx context.Context, changes []*loan.Change) error {
	return s.receive(ctx, changes, func(*bbolt.Tx) error { return nil })
}

// ReceiveUpTo is Receive that keeps, in the same transaction, a setting that
// says how far others were heard.
func (s *Store) ReceiveUpTo(ctx context.Context, changes []*loan.Change, key string, mark any) error {
	return s.receive(ctx, changes, func(tx *bbolt.Tx) error { return s.putJSON(tx, bSettings, key, mark) })
}

func (s *Store) receive(ctx context.Context, changes []*loan.Change, also func(*bbolt.Tx) error) error {
	const op = "store.Receive"
	if err := s.checkBodies(changes); err != nil {
		return fault.Wrap(op, err)
	}
	s.write.Lock()
	defer s.write.Unlock()
	rows := map[uuid.UUID]*row{}
	err := s.update(ctx, op, func(tx *bbolt.Tx) error {
		known, touched := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
		for _, ch := range changes {
			if err := s.whole(tx, ch.Case, known); err != nil {
				return err
			}
			fresh, err := s.admit(tx, ch)
			if err != nil {
				return err
			}
			if fresh && ch.Case != uuid.Nil {
				touched[ch.Case] = true
			}
		}
		for id := range touched {
			r, err := s.resummarize(tx, id)
			if err != nil {
				return err
			}
			if r != nil {
				rows[id] = r
			}
		}
		return also(tx)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rows {
		s.index.put(r)
	}
	return nil
}

// checkBodies is fault.Damaged for a change that is none, or whose body is not
// the one its header names.
func (s *Store) checkBodies(changes []*loan.Change) error {
	for _, ch := range changes {
		if ch == nil || ch.Counter == 0 || ch.Body != nil && !bodyHolds(ch) {
			return fault.New("store.checkBodies", fault.Damaged, errors.New("change"))
		}
	}
	return nil
}

// whole checks once that a case is undamaged before anything is added to it,
// for its summary is written anew afterwards.
func (s *Store) whole(tx *bbolt.Tx, id uuid.UUID, known map[uuid.UUID]bool) error {
	if id == uuid.Nil || known[id] {
		return nil
	}
	known[id] = true
	_, err := s.caseChanges(tx, id)
	if k := fault.KindOf(err); k == fault.Missing || k == fault.Erased {
		return nil
	}
	return err
}

// admit keeps a change unless it is here; fresh says whether it was not.
func (s *Store) admit(tx *bbolt.Tx, ch *loan.Change) (fresh bool, err error) {
	const op = "store.admit"
	ref := refKey(ch.Device, ch.Counter)
	if tx.Bucket([]byte(bChanges)).Get(ref) != nil {
		have, err := s.change(tx, ref)
		if err != nil {
			return false, err
		}
		if have.HeaderHash(s.Sum) != ch.HeaderHash(s.Sum) {
			return false, fault.New(op, fault.Conflict, errors.New("another change under this number"))
		}
		return false, nil
	}
	if ch.Device == s.profile.Device {
		return false, fault.New(op, fault.Conflict, errors.New("a change of this device that it does not have"))
	}
	if err := s.fits(tx, ch); err != nil {
		return false, err
	}
	return true, s.keepBare(tx, ch)
}

// fits compares a change with its neighbours in its chain, where they are here.
func (s *Store) fits(tx *bbolt.Tx, ch *loan.Change) error {
	const op = "store.fits"
	wrong := func() error {
		return fault.New(op, fault.Conflict, errors.New("does not fit its chain"))
	}
	if ch.Counter == 1 && !ch.Prev.Zero() {
		return wrong()
	}
	before := refKey(ch.Device, ch.Counter-1)
	if tx.Bucket([]byte(bChanges)).Get(before) != nil {
		prev, err := s.change(tx, before)
		if err != nil {
			return err
		}
		if !follows(ch, prev) {
			return wrong()
		}
	}
	after := refKey(ch.Device, ch.Counter+1)
	if tx.Bucket([]byte(bChanges)).Get(after) != nil {
		next, err := s.change(tx, after)
		if err != nil {
			return err
		}
		if !follows(next, ch) {
			return wrong()
		}
	}
	return nil
}

// follows says whether a change names another as the one before it. The chain
// may be of a device of either suite, and no change names its suite.
func follows(ch, prev *loan.Change) bool {
	return anySuite(func(sum func([]byte) loan.Hash) bool { return ch.Prev == prev.HeaderHash(sum) })
}

// bodyHolds says whether a change's body is the one its header names.
func bodyHolds(ch *loan.Change) bool {
	return anySuite(func(sum func([]byte) loan.Hash) bool { return loan.BodyHashOf(sum, ch.Salt, ch.Body) == ch.BodyHash })
}

func anySuite(holds func(sum func([]byte) loan.Hash) bool) bool {
	return slices.ContainsFunc(seal.Suites(), func(s seal.Suite) bool {
		return holds(func(b []byte) loan.Hash { return s.Sum(b) })
	})
}

// resummarize writes a case's summary anew; nil while no change opened it.
func (s *Store) resummarize(tx *bbolt.Tx, id uuid.UUID) (*row, error) {
	changes, err := s.listChanges(tx, id)
	if err != nil {
		return nil, err
	}
	old, err := s.readRow(tx, id)
	if err == nil && old.erased {
		return nil, s.putBareRow(tx, id, old.Status, changes)
	}
	c := loan.Fold(changes)
	if c == nil {
		return nil, nil
	}
	r := s.rowOf(changes)
	if err := s.bringAll(tx, r, changes); err != nil {
		return nil, err
	}
	if err := s.describe(tx, r, c); err != nil {
		return nil, err
	}
	return r, s.put(tx, bSummaries, id[:], r.encode())
}

// rowOf is a row with what the number and counters of a case's changes give.
func (s *Store) rowOf(changes []*loan.Change) *row {
	r := &row{changes: uint32(len(changes))}
	for _, ch := range changes {
		if ch.Device == s.profile.Device {
			r.last = max(r.last, ch.Counter)
		}
	}
	return r
}

package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Entry is a change to be written: the store numbers, chains and dates it.
type Entry struct {
	Case     uuid.UUID // Nil where no case is meant
	Kind     loan.ChangeKind
	Operator string
	Body     any         // marshalled to JSON; nil is no body
	Seen     []uuid.UUID // nil: the case's heads as they are now
}

// Blob is an attachment's content under its keyed name.
type Blob struct {
	Hash    loan.Hash
	Content []byte
}

// work is one commit under way.
type work struct {
	s     *Store
	tx    *bbolt.Tx
	at    time.Time
	clock time.Duration
	tip   tip
	made  []*loan.Change
	cases map[uuid.UUID]*loan.Case
	rows  map[uuid.UUID]*row
	sends map[loan.Hash]unsent
	boxes map[loan.Hash]*boxes // of the blobs to be written
	kept  *kept
	gaps  []loan.Range // the chain's, where this commit made one
}

// kept is the case that was written last, as it is on disk: who writes to it
// again, or reads it, need not fold it anew. It is never changed, and every
// write but a commit forgets it.
type kept struct {
	c       *loan.Case
	changes uint32
	brought [2]Part
}

// keeps is what to keep after the commit: the case it wrote to, or the one
// kept before when it wrote to none.
func (w *work) keeps() *kept {
	for id, c := range w.cases {
		return &kept{c, w.rows[id].changes, w.rows[id].brought}
	}
	return w.kept
}

// Commit writes changes and the blobs they name in one transaction: numbered
// and chained, with the case's summary, the index and the outbox. When it
// returns nil all of it is durable; otherwise none of it happened.
// A change that does not fit its case is refused with loan's fault, a blob
// whose name is not its content's with fault.Input, a full disk with
// fault.Full.
func (s *Store) Commit(ctx context.Context, entries []Entry, blobs []Blob) ([]*loan.Change, error) {
	w, err := s.commit(ctx, entries, blobs)
	if err != nil {
		return nil, err
	}
	return w.made, nil
}

// CommitCase is Commit that gives the case of the first entry as it is
// afterwards, the caller's own; nil when that entry means no case.
func (s *Store) CommitCase(ctx context.Context, entries []Entry, blobs []Blob) (*loan.Case, error) {
	w, err := s.commit(ctx, entries, blobs)
	if err != nil {
		return nil, err
	}
	if c := w.cases[entries[0].Case]; c != nil {
		return s.shown(ctx, c.Clone())
	}
	return nil, nil
}

func (s *Store) commit(ctx context.Context, entries []Entry, blobs []Blob) (*work, error) {
	const op = "store.Commit"
	if len(entries) == 0 {
		return nil, fault.New(op, fault.Input, errors.New("no change"))
	}
	sealed, err := s.ready(blobs)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer sealed.done()
	s.write.Lock()
	defer s.write.Unlock()
	if len(blobs) > 0 {
		if err := s.needKey(ctx); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	return s.perform(ctx, op, func(w *work) error {
		return sealed.within(w, func() error { return w.enter(entries, sealed) })
	})
}

// enter makes the changes, and writes the blobs that they name.
func (w *work) enter(entries []Entry, sealed *readied) error {
	if w.tx.Bucket([]byte(bPlain)).Get([]byte(restoredKey)) != nil {
		return structural("restored, and its chain not led on")
	}
	for _, e := range entries {
		if err := w.entry(e); err != nil {
			return err
		}
	}
	w.boxes = sealed.boxes()
	for _, b := range sealed.blobs {
		if err := w.blob(b, entries); err != nil {
			return err
		}
	}
	return sealed.named()
}

// perform does a work in one transaction and shows it to all who read. The
// caller holds s.write.
func (s *Store) perform(ctx context.Context, op string, do func(*work) error) (*work, error) {
	w := &work{s: s, at: s.o.now()().UTC().Truncate(time.Millisecond),
		cases: map[uuid.UUID]*loan.Case{}, rows: map[uuid.UUID]*row{}, sends: map[loan.Hash]unsent{}}
	s.mu.RLock()
	w.tip, w.clock, w.kept = s.tip, s.clockErr, s.kept
	s.mu.RUnlock()
	err := s.update(ctx, op, func(tx *bbolt.Tx) error {
		w.tx = tx
		if err := do(w); err != nil {
			return err
		}
		return w.finish()
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tip, s.kept = w.tip, w.keeps()
	if w.gaps != nil {
		s.gaps = w.gaps
	}
	for _, r := range w.rows {
		s.index.put(r)
	}
	for h, u := range w.sends {
		s.outbox.add(h, u)
	}
	return w, nil
}

// entry makes the change of an entry and lets its case take it.
func (w *work) entry(e Entry) error {
	ch, err := w.change(e)
	if err != nil {
		return err
	}
	if e.Case != uuid.Nil {
		c, r, err := w.load(e)
		if err != nil {
			return err
		}
		if ch.Seen == nil {
			ch.Seen = slices.Clone(c.Heads)
		}
		if err := c.Take(ch, e.Body); err != nil {
			return err
		}
		r.changes++
		r.last = ch.Counter
	} else if !e.Kind.View() {
		return fault.New("store.entry", fault.Input, errors.New("no case"))
	}
	w.tip = tip{ch.Counter, ch.HeaderHash(w.s.Sum)}
	w.made = append(w.made, ch)
	return w.s.keep(w.tx, ch)
}

// keep writes a change and its place in the case's list.
func (s *Store) keep(tx *bbolt.Tx, ch *loan.Change) error {
	ref := refKey(ch.Device, ch.Counter)
	if err := s.put(tx, bChanges, ref, ch.Encode()); err != nil {
		return err
	}
	if ch.Case == uuid.Nil {
		return nil
	}
	return s.put(tx, bCases, append(slices.Clone(ch.Case[:]), ref...), nil)
}

func (w *work) change(e Entry) (*loan.Change, error) {
	const op = "store.change"
	if e.Kind == "" || len(e.Kind) > 255 || len(e.Operator) > 255 {
		return nil, fault.New(op, fault.Input, errors.New("kind or operator"))
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	ch := &loan.Change{ID: id, Device: w.s.profile.Device, Counter: w.tip.counter + 1, Prev: w.tip.hash,
		Operator: e.Operator, Case: e.Case, Kind: e.Kind, At: w.at, ClockErr: w.clock.Truncate(time.Millisecond)}
	if e.Seen != nil {
		ch.Seen = slices.Clone(e.Seen)
		slices.SortFunc(ch.Seen, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	}
	if e.Body != nil {
		if ch.Body, err = json.Marshal(e.Body); err != nil {
			return nil, fault.New(op, fault.Input, errors.New("body"))
		}
	}
	if len(ch.Body) > loan.MaxBody {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	_, _ = rand.Read(ch.Salt[:])
	ch.BodyHash = loan.BodyHashOf(w.s.Sum, ch.Salt, ch.Body)
	return ch, nil
}

// load gives the case that an entry is about, and its row; a case to be opened
// is empty.
func (w *work) load(e Entry) (*loan.Case, *row, error) {
	const op = "store.load case"
	if c := w.cases[e.Case]; c != nil {
		return c, w.rows[e.Case], nil
	}
	if k := w.kept; k != nil && k.c.ID == e.Case {
		c, r := k.c.Clone(), &row{changes: k.changes, brought: k.brought}
		w.cases[e.Case], w.rows[e.Case] = c, r
		return c, r, nil
	}
	changes, err := w.s.caseChanges(w.tx, e.Case)
	if err != nil && fault.KindOf(err) != fault.Missing {
		return nil, nil, err
	}
	c := loan.Fold(changes)
	if c == nil {
		if e.Kind != loan.ChangeOpen || len(changes) > 0 {
			return nil, nil, fault.New(op, fault.Missing, nil)
		}
		c = &loan.Case{}
	}
	r := &row{changes: uint32(len(changes))}
	if err := w.s.bringAll(w.tx, r, changes); err != nil {
		return nil, nil, err
	}
	w.cases[e.Case], w.rows[e.Case] = c, r
	return c, r, nil
}

// finish writes the summaries of the cases touched and the chain's end.
func (w *work) finish() error {
	for id, c := range w.cases {
		r := w.rows[id]
		if err := w.s.describe(w.tx, r, c); err != nil {
			return err
		}
		if err := w.s.put(w.tx, bSummaries, id[:], r.encode()); err != nil {
			return err
		}
	}
	return w.s.putTip(w.tx, w.s.profile.Device, w.tip)
}

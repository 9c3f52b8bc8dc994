package store

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
)

// homecome is what came back of the own chain from others than the centre. Below
// what the centre acknowledged, the centre may not have it.
type homecome struct {
	All   []loan.Range `json:"all,omitempty"`   // ever
	Open  []loan.Range `json:"open,omitempty"`  // of them, which the centre is not known to hold
	Doubt []loan.Range `json:"doubt,omitempty"` // what may have, and the centre was not asked for
}

const homecomeKey = "homecome"

func (s *Store) readHomecome(tx *bbolt.Tx) (homecome, error) {
	var h homecome
	err := s.getJSON(tx, bMeta, homecomeKey, &h)
	if err == nil && !(ordered(h.All) && ordered(h.Open) && ordered(h.Doubt)) {
		err = structural(homecomeKey)
	}
	return h, err
}

func (s *Store) putHomecome(tx *bbolt.Tx, h homecome) error {
	return s.putJSON(tx, bMeta, homecomeKey, h)
}

// reopened is what is to be handed in again to a centre that was set back.
func (h homecome) reopened() homecome {
	h.Open = slices.Clone(h.All)
	return h
}

// goingHome is what the centre is not known to hold of what came home; what it
// refused waits for a person instead. The caller holds mu.
func (s *Store) goingHome() []loan.Range {
	out := slices.Clone(s.home.Open)
	for _, r := range s.refused {
		out = cutRange(out, loan.Range{From: r.Counter, To: r.Counter})
	}
	return out
}

// unacked counts the own changes that the centre has not acknowledged. The
// caller holds mu.
func (s *Store) unacked() int {
	n := held(s.gaps, s.acked, s.tip.counter)
	for _, r := range s.goingHome() {
		if to := min(r.To, s.acked); r.From <= to {
			n += int(to - r.From + 1)
		}
	}
	return n
}

// CameHome lists the own counters that others than the centre gave back, or may
// have: it is asked for them too, for it may lack them.
func (s *Store) CameHome() []loan.Range {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := slices.Clone(s.home.All)
	for _, r := range s.home.Doubt {
		out = addRange(out, r)
	}
	return out
}

// Confirm notes what the centre said, in an epoch, of the own counters asked:
// it holds those in there, and no others of them. What came home from others is
// in the outbox until it does. The word of another epoch than the one that is
// acknowledged counts for nothing.
func (s *Store) Confirm(ctx context.Context, epoch uuid.UUID, asked loan.Range, there []loan.Range) error {
	const op = "store.Confirm"
	s.mu.RLock()
	none := s.home.same(homecome{})
	s.mu.RUnlock()
	if none {
		return nil // as nearly always: a save is not held up for it
	}
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.RLock()
	next := s.home.confirmed(asked, there)
	same := epoch != s.epoch || next.same(s.home)
	s.mu.RUnlock()
	if same {
		return nil
	}
	if err := s.update(ctx, op, func(tx *bbolt.Tx) error { return s.putHomecome(tx, next) }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.home = next
	return nil
}

func (h homecome) same(o homecome) bool {
	return slices.Equal(h.All, o.All) && slices.Equal(h.Open, o.Open) && slices.Equal(h.Doubt, o.Doubt)
}

func (h homecome) confirmed(asked loan.Range, there []loan.Range) homecome {
	lacked := onlyIn(h.Doubt, asked)
	for _, r := range there {
		lacked = cutRange(lacked, r)
	}
	for _, r := range lacked {
		h.All = addRange(h.All, r)
	}
	h.Doubt = cutRange(h.Doubt, asked)
	for _, r := range onlyIn(h.All, asked) {
		h.Open = addRange(h.Open, r)
	}
	for _, r := range there {
		h.Open = cutRange(h.Open, r)
	}
	return h
}

// onlyIn gives what of the ranges lies in r.
func onlyIn(rs []loan.Range, r loan.Range) []loan.Range {
	for _, out := range cutRange([]loan.Range{{From: 1, To: ^uint64(0)}}, r) {
		rs = cutRange(rs, out)
	}
	return rs
}

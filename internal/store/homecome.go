package store

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
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
	b, err := s.get(tx, bMeta, []byte(homecomeKey))
	if fault.KindOf(err) == fault.Missing {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	if strictJSON(b, &h) != nil || !ordered(h.All) || !ordered(h.Open) || !ordered(h.Doubt) {
		return h, structural(homecomeKey)
	}
	return h, nil
}

func ordered(rs []loan.Range) bool {
	last := uint64(0)
	for _, r := range rs {
		if r.From <= last || r.To < r.From {
			return false
		}
		last = r.To
	}
	return true
}

func (s *Store) putHomecome(tx *bbolt.Tx, h homecome) error {
	b, err := json.Marshal(h)
	if err != nil {
		return fault.New("store.putHomecome", fault.Other, err)
	}
	return s.put(tx, bMeta, []byte(homecomeKey), b)
}

// reopened is what is to be handed in again to a centre that was set back. What
// it refused waits for a person.
func (h homecome) reopened(refused []Refused) homecome {
	h.Open = slices.Clone(h.All)
	for _, r := range refused {
		h.Open = cutRange(h.Open, loan.Range{From: r.Counter, To: r.Counter})
	}
	return h
}

// unacked counts the own changes that the centre has not acknowledged. The
// caller holds mu.
func (s *Store) unacked() int {
	n := held(s.gaps, s.acked, s.tip.counter)
	for _, r := range s.home.Open {
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
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.RLock()
	next := s.home.confirmed(asked, there, s.refused)
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

func (h homecome) confirmed(asked loan.Range, there []loan.Range, refused []Refused) homecome {
	lacked := onlyIn(h.Doubt, asked)
	for _, r := range there {
		lacked = cutRange(lacked, r)
	}
	for _, r := range lacked {
		h.All = addRange(h.All, r)
	}
	h.Doubt = cutRange(h.Doubt, asked)
	for _, r := range onlyIn(h.reopened(refused).Open, asked) {
		h.Open = addRange(h.Open, r)
	}
	for _, r := range there {
		h.Open = cutRange(h.Open, r)
	}
	for _, r := range refused {
		h.Open = cutRange(h.Open, loan.Range{From: r.Counter, To: r.Counter})
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

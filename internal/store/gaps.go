package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"slices"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// A device's chain may lack counters: a backup that took the file's place, or
// a repair, does not know what was written after it. Such counters are never
// used again. They stand in meta "gaps", as ranges in order that do not touch;
// what the centre still has of them comes home by Heal.

const gapsKey = "gaps"

// leap leaves everything from the chain's end to a new era out for ever, and
// asks for what the centre has of it. The next change is the era's first; its
// Prev is the last change known here. The era is also above the counter given.
func (w *work) leap(above uint64) error {
	// Two laptops may be made out of one backup, one after the other: what the
	// first wrote lies in the gap of the second.
	next, err := loan.NextEra(max(w.tip.counter, above), w.at)
	if err != nil {
		return err
	}
	lost := loan.Range{From: w.tip.counter + 1, To: next - 1}
	if w.gaps, err = w.s.readGaps(w.tx); err != nil {
		return err
	}
	w.gaps = addRange(w.gaps, lost)
	if err := w.s.putGaps(w.tx, w.gaps); err != nil {
		return err
	}
	want, err := w.s.readWanted(w.tx)
	if err != nil {
		return err
	}
	want.Own = addRange(want.Own, lost)
	w.tip.counter = lost.To
	began, err := json.Marshal(w.at.UTC())
	if err != nil {
		return fault.New("store.leap", fault.Other, err)
	}
	if err := w.s.put(w.tx, bSettings, []byte(EraBegan), began); err != nil {
		return err
	}
	return w.s.putWanted(w.tx, want)
}

// newEra writes one change under the first counter of a new era, and what then
// does, in one transaction. It is the first thing written to a store whose file
// may lack what was written before: after a repair, and after a backup took the
// file's place.
func (s *Store) newEra(ctx context.Context, op string, e Entry, then func(*bbolt.Tx) error) error {
	return s.newEraAbove(ctx, op, e, 0, then)
}

// newEraAbove is newEra in an era above a counter that the centre holds.
func (s *Store) newEraAbove(ctx context.Context, op string, e Entry, above uint64, then func(*bbolt.Tx) error) error {
	s.write.Lock()
	defer s.write.Unlock()
	_, err := s.perform(ctx, op, func(w *work) error {
		if err := w.leap(above); err != nil {
			return err
		}
		if err := then(w.tx); err != nil {
			return err
		}
		return w.entry(e)
	})
	return err
}

// Gaps lists the counters below the chain's end that this store does not hold.
func (s *Store) Gaps() []loan.Range {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.gaps)
}

func (s *Store) readGaps(tx *bbolt.Tx) ([]loan.Range, error) {
	b, err := s.get(tx, bMeta, []byte(gapsKey))
	if fault.KindOf(err) == fault.Missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeRanges(b)
}

func (s *Store) putGaps(tx *bbolt.Tx, gaps []loan.Range) error {
	return s.put(tx, bMeta, []byte(gapsKey), encodeRanges(gaps))
}

func encodeRanges(rs []loan.Range) []byte {
	b := []byte{}
	for _, r := range rs {
		b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, r.From), r.To)
	}
	return b
}

func decodeRanges(b []byte) ([]loan.Range, error) {
	if len(b)%16 != 0 {
		return nil, structural("gaps")
	}
	var out []loan.Range
	for ; len(b) > 0; b = b[16:] {
		out = append(out, loan.Range{From: binary.BigEndian.Uint64(b), To: binary.BigEndian.Uint64(b[8:])})
	}
	if !ordered(out) {
		return nil, structural("gaps")
	}
	return out, nil
}

// ordered says whether ranges stand in order and none lies in another.
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

// addRange gives the ranges with r among them, in order, none touching.
func addRange(rs []loan.Range, r loan.Range) []loan.Range {
	if r.To < r.From {
		return rs
	}
	out := make([]loan.Range, 0, len(rs)+1)
	for _, o := range rs {
		switch {
		case o.To != ^uint64(0) && o.To+1 < r.From, r.To != ^uint64(0) && r.To+1 < o.From:
			out = append(out, o)
		default:
			r = loan.Range{From: min(r.From, o.From), To: max(r.To, o.To)}
		}
	}
	out = append(out, r)
	slices.SortFunc(out, func(a, b loan.Range) int {
		if a.From < b.From {
			return -1
		}
		return 1
	})
	return out
}

// cutRange gives the ranges without what lies in r.
func cutRange(rs []loan.Range, r loan.Range) []loan.Range {
	var out []loan.Range
	for _, o := range rs {
		if o.To < r.From || r.To < o.From {
			out = append(out, o)
			continue
		}
		if o.From < r.From {
			out = append(out, loan.Range{From: o.From, To: r.From - 1})
		}
		if r.To < o.To {
			out = append(out, loan.Range{From: r.To + 1, To: o.To})
		}
	}
	return out
}

// gapAt is the range that n lies in.
func gapAt(rs []loan.Range, n uint64) (loan.Range, bool) {
	for _, r := range rs {
		if r.From <= n && n <= r.To {
			return r, true
		}
	}
	return loan.Range{}, false
}

// held counts the counters above after and up to last that lie in no gap.
func held(gaps []loan.Range, after, last uint64) int {
	if last <= after {
		return 0
	}
	n := last - after
	for _, r := range gaps {
		if from, to := max(r.From, after+1), min(r.To, last); from <= to {
			n -= to - from + 1
		}
	}
	return int(n)
}

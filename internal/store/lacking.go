package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// lack is a change of a case that was here and was lost. Where it is not known
// which, Device and Counter are zero.
type lack struct {
	Case    uuid.UUID
	Device  uuid.UUID
	Counter uint64
}

const lackingKey = "lacking"

func (l lack) key() []byte { return append(l.Case[:], refKey(l.Device, l.Counter)...) }

func lackOf(all []lack) map[uuid.UUID][]lack {
	out := map[uuid.UUID][]lack{}
	for _, l := range all {
		out[l.Case] = append(out[l.Case], l)
	}
	return out
}

func (s *Store) readLacking(tx *bbolt.Tx) (map[uuid.UUID][]lack, error) {
	b, err := s.get(tx, bMeta, []byte(lackingKey))
	if fault.KindOf(err) == fault.Missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(b)%40 != 0 {
		return nil, structural("lacking")
	}
	var all []lack
	for ; len(b) > 0; b = b[40:] {
		all = append(all, lack{uuid.UUID(b[:16]), uuid.UUID(b[16:32]), binary.BigEndian.Uint64(b[32:])})
	}
	return lackOf(all), nil
}

// putLacking adds to what is known to be lost.
func (s *Store) putLacking(tx *bbolt.Tx, more []lack) error {
	have, err := s.readLacking(tx)
	if err != nil {
		return err
	}
	var keys [][]byte
	for _, of := range have {
		for _, l := range of {
			keys = append(keys, l.key())
		}
	}
	for _, l := range more {
		keys = append(keys, l.key())
	}
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, bytes.Compare)
	keys = slices.CompactFunc(keys, bytes.Equal)
	return s.put(tx, bMeta, []byte(lackingKey), bytes.Join(keys, nil))
}

// incomplete says whether a change of the case was lost and has not come back.
// One of which nothing is known counts for as long as the case is wanted.
func (s *Store) incomplete(tx *bbolt.Tx, id uuid.UUID) (bool, error) {
	for _, l := range s.lacking[id] {
		if l.Counter != 0 {
			if tx.Bucket([]byte(bChanges)).Get(refKey(l.Device, l.Counter)) == nil {
				return true, nil
			}
			continue
		}
		w, err := s.readWanted(tx)
		if err != nil || slices.Contains(w.Cases, id) {
			return true, err
		}
	}
	return false, nil
}

// errLacking is what a case says of itself that is not complete.
func errLacking() error {
	return fault.Say("store.Case", fault.Damaged, "本案有内容在修复数据文件时丢失，正在向县资助中心索取；请核对后再提交。",
		errors.New("changes of this case were lost"))
}

// shown is a case, the caller's own, with a loss listed among what waits for a
// person.
func (s *Store) shown(ctx context.Context, c *loan.Case) (*loan.Case, error) {
	s.dbMu.RLock()
	none := len(s.lacking) == 0
	s.dbMu.RUnlock()
	if none {
		return c, nil
	}
	err := s.view(ctx, "store.Case", func(tx *bbolt.Tx) error {
		lost, err := s.incomplete(tx, c.ID)
		if lost {
			c.Aside = append(c.Aside, loan.Aside{Err: errLacking()})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// describe fills a row from its case.
func (s *Store) describe(tx *bbolt.Tx, r *row, c *loan.Case) error {
	r.fill(c)
	lost, err := s.incomplete(tx, c.ID)
	if lost {
		r.Problems++
	}
	return err
}

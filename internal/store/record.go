package store

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
)

// EachChange calls fn for every change of every device that is here, device by
// device in the order of its chain. Values that cannot be read are passed over
// and counted: Audit says where they are. Others may write meanwhile; fn must
// not call the store.
func (s *Store) EachChange(ctx context.Context, fn func(*loan.Change)) (unread int, err error) {
	const op = "store.EachChange"
	for at := []byte{}; at != nil; {
		// A batch at a time: a long reading transaction holds up the writer.
		err := s.view(ctx, op, func(tx *bbolt.Tx) error {
			c := tx.Bucket([]byte(bChanges)).Cursor()
			k, v := c.Seek(at)
			for n := 0; k != nil && n < 1000; n++ {
				b, err := s.vault.open(bChanges, k, v)
				var ch *loan.Change
				if err == nil {
					ch, err = loan.DecodeChange(b)
				}
				if err != nil {
					unread++
				} else {
					fn(ch)
				}
				k, v = c.Next()
			}
			at = bytes.Clone(k)
			return nil
		})
		if err != nil {
			return unread, err
		}
	}
	return unread, nil
}

// SharedPhone is one phone that stands in several cases.
type SharedPhone struct {
	Tail  string // its last four digits
	Cases []Summary
}

// SharedPhones lists phones of students that stand in at least as many cases.
func (s *Store) SharedPhones(least int) []SharedPhone {
	s.mu.RLock()
	defer s.mu.RUnlock()
	by := map[string][]uint32{}
	var order []string
	for _, slot := range s.index.order {
		p := s.index.row(slot).Phone
		if p == "" {
			continue
		}
		if len(by[p]) == 0 {
			order = append(order, p)
		}
		by[p] = append(by[p], slot)
	}
	var out []SharedPhone
	for _, p := range order {
		if len(by[p]) < least {
			continue
		}
		one := SharedPhone{Tail: tail(p)}
		for _, slot := range by[p] {
			one.Cases = append(one.Cases, s.summary(slot))
		}
		out = append(out, one)
	}
	return out
}

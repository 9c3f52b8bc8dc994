package store

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"doorstep/internal/guard"
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

// SharedPhone is one phone that stands in cases of several students.
type SharedPhone struct {
	Tail     string // its last four digits
	Students int
	Cases    []Summary
}

// SharedPhones lists phones that stand with at least as many students, as theirs or
// their co-borrower's. Void cases are left out, and a student's cases, as those of
// several years, count once; of one that has no number each counts.
func (s *Store) SharedPhones(least int) []SharedPhone {
	s.mu.RLock()
	defer s.mu.RUnlock()
	by := map[string][]uint32{}
	var order []string
	for _, slot := range s.index.order {
		r := s.index.row(slot)
		if r.Status == loan.Void {
			continue
		}
		phones := []string{r.Phone, r.coPhone}
		if r.Phone == r.coPhone {
			phones = phones[:1]
		}
		for _, p := range phones {
			if p == "" {
				continue
			}
			if len(by[p]) == 0 {
				order = append(order, p)
			}
			by[p] = append(by[p], slot)
		}
	}
	var out []SharedPhone
	for _, p := range order {
		if len(by[p]) < least {
			continue
		}
		one, whose := SharedPhone{Tail: tail(p)}, []guard.Whose{}
		for _, slot := range by[p] {
			k := s.summary(slot)
			one.Cases = append(one.Cases, k)
			whose = append(whose, guard.Whose{Case: k.ID, Student: string(k.IDNo)})
		}
		if one.Students = guard.Students(whose); one.Students < least {
			continue
		}
		out = append(out, one)
	}
	return out
}

package store

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
)

// Head is the end of this device's chain: the last change's counter and header
// hash, zero before the first.
func (s *Store) Head() (uint64, loan.Hash) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tip.counter, s.tip.hash
}

// Held counts the changes of the device's own chain that are here.
func (s *Store) Held(ctx context.Context) (int, error) {
	n := 0
	err := s.view(ctx, "store.Held", func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte(bChanges)).Cursor()
		for k, _ := c.Seek(s.profile.Device[:]); k != nil && bytes.HasPrefix(k, s.profile.Device[:]); k, _ = c.Next() {
			n++
		}
		return nil
	})
	return n, err
}

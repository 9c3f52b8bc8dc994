package store

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
)

// Wanted is what this store knows it lacks and hopes to get back: set by a
// repair and after a restore, less what healing brought.
type Wanted struct {
	Own   []loan.Range `json:"own,omitempty"`   // counters of the device's own chain, in order
	Blobs []loan.Hash  `json:"blobs,omitempty"` // that changes here name
	Cases []uuid.UUID  `json:"cases,omitempty"` // that others' changes may be lacking of
}

// Empty says whether nothing is wanted.
func (w Wanted) Empty() bool { return len(w.Own)+len(w.Blobs)+len(w.Cases) == 0 }

const wantedKey = "wanted"

// Wanted tells what is lacking here.
func (s *Store) Wanted(ctx context.Context) (Wanted, error) {
	var w Wanted
	err := s.view(ctx, "store.Wanted", func(tx *bbolt.Tx) (err error) {
		w, err = s.readWanted(tx)
		return err
	})
	return w, err
}

func (s *Store) readWanted(tx *bbolt.Tx) (Wanted, error) {
	var w Wanted
	return w, s.getJSON(tx, bMeta, wantedKey, &w)
}

// dropWanted takes a blob out of what is wanted, where it is.
func (s *Store) dropWanted(tx *bbolt.Tx, h loan.Hash) error {
	w, err := s.readWanted(tx)
	if err != nil || !slices.Contains(w.Blobs, h) {
		return err
	}
	w.Blobs = slices.DeleteFunc(w.Blobs, func(o loan.Hash) bool { return o == h })
	return s.putWanted(tx, w)
}

func (s *Store) putWanted(tx *bbolt.Tx, w Wanted) error {
	if w.Empty() {
		return s.del(tx, bMeta, []byte(wantedKey))
	}
	return s.putJSON(tx, bMeta, wantedKey, w)
}

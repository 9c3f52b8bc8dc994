package store

import (
	"context"
	"slices"
	"sync"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// keeping lets one long work on the whole file follow another, an erasing, a
// compaction or a backup, and ends the one under way when the store is closed.
type keeping struct {
	work sync.Mutex // taken before write

	mu    sync.Mutex
	stop  context.CancelFunc // nil while there is none
	ended bool
}

// occupy waits for its turn. The context it gives ends with the store; done is
// for when the work is over.
func (s *Store) occupy(ctx context.Context) (_ context.Context, done func()) {
	k := &s.keeping
	k.work.Lock()
	ctx, stop := context.WithCancel(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ended {
		stop()
	}
	k.stop = stop
	return ctx, func() {
		stop()
		k.mu.Lock()
		k.stop = nil
		k.mu.Unlock()
		k.work.Unlock()
	}
}

// end stops the work under way and waits for it; none begins afterwards.
func (k *keeping) end() {
	k.mu.Lock()
	k.ended = true
	if k.stop != nil {
		k.stop()
	}
	k.mu.Unlock()
	k.work.Lock()
	defer k.work.Unlock()
}

// WantUnreadable counts the blobs that cannot be read because the file of
// wrapping keys was lost, and wants back from the centre those that it has.
func (s *Store) WantUnreadable(ctx context.Context) (lost int, err error) {
	const op = "store.WantUnreadable"
	var there []loan.Hash
	err = s.eachInfo(ctx, func(infos []named) error {
		for _, n := range infos {
			lost++
			if !s.waits([]loan.Hash{n.h}) {
				there = append(there, n.h)
			}
		}
		return nil
	}, func(_ loan.Hash, i *blobInfo) bool { return i.state == blobKept && !s.readable(i) })
	if err != nil || len(there) == 0 {
		return lost, fault.Wrap(op, err)
	}
	s.write.Lock()
	defer s.write.Unlock()
	return lost, s.update(ctx, op, func(tx *bbolt.Tx) error {
		want, err := s.readWanted(tx)
		if err != nil {
			return err
		}
		before := len(want.Blobs)
		for _, h := range there {
			if !slices.Contains(want.Blobs, h) {
				want.Blobs = append(want.Blobs, h)
			}
		}
		if len(want.Blobs) == before {
			return nil
		}
		return s.putWanted(tx, want)
	})
}

package store

import (
	"context"
	"sync"
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

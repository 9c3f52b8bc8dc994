package central

import (
	"os"
	"sync"
)

// syncer shares syncs: all who wait for a file while one sync of it runs are
// answered by the next, and several files are synced side by side.
type syncer struct {
	mu      sync.Mutex
	wake    *sync.Cond
	waiting map[*os.File]*round
	order   []*os.File
	busy    map[*os.File]bool
	closed  bool
	wg      sync.WaitGroup
}

// round is one sync to come and those who wait for it.
type round struct {
	done chan struct{}
	err  error
}

const syncWorkers = 4

func newSyncer() *syncer {
	s := &syncer{waiting: map[*os.File]*round{}, busy: map[*os.File]bool{}}
	s.wake = sync.NewCond(&s.mu)
	for range syncWorkers {
		s.wg.Go(s.run)
	}
	return s
}

// sync returns when a sync of f that began after the call has ended.
func (s *syncer) sync(f *os.File) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return os.ErrClosed
	}
	r := s.waiting[f]
	if r == nil {
		r = &round{done: make(chan struct{})}
		s.waiting[f] = r
		s.order = append(s.order, f)
		s.wake.Signal()
	}
	s.mu.Unlock()
	<-r.done
	return r.err
}

func (s *syncer) close() {
	s.mu.Lock()
	s.closed = true
	s.wake.Broadcast()
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *syncer) run() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		f := s.next()
		if f == nil {
			if s.closed && len(s.order) == 0 {
				return
			}
			s.wake.Wait()
			continue
		}
		r := s.waiting[f]
		delete(s.waiting, f)
		s.busy[f] = true
		s.mu.Unlock()
		r.err = f.Sync()
		close(r.done)
		s.mu.Lock()
		delete(s.busy, f)
		s.wake.Broadcast()
	}
}

// next takes the first file of the queue that no other worker is syncing.
func (s *syncer) next() *os.File {
	for i, f := range s.order {
		if !s.busy[f] {
			s.order = append(s.order[:i:i], s.order[i+1:]...)
			return f
		}
	}
	return nil
}

package central

import (
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
)

// Bounds of streams.
const (
	maxLanes       = 2048 // at once, of all laptops
	maxDeviceLanes = 48   // of one laptop, ghosts among them
	ghostTime      = 20 * time.Second
)

// lanes are the connections of all streams.
type lanes struct {
	mu    sync.Mutex
	all   map[*lane]bool
	ended bool
	wg    sync.WaitGroup
}

func newLanes() *lanes { return &lanes{all: map[*lane]bool{}} }

// enter counts a lane in, or is fault.Busy. A lane of the same session and
// number is the ghost of a broken connection, or a laptop keeps it in reserve: it
// lives on for a while after it last moved. Of a laptop with too many lanes the
// one silent for longest ends, so that ghosts never keep a laptop out. When the
// centre is half full, laptops get their first two lanes and no more.
func (s *lanes) enter(l *lane) error {
	const op = "central.lanes"
	s.mu.Lock()
	defer s.mu.Unlock()
	var mine int
	var silent *lane
	for o := range s.all {
		if o.device.id != l.device.id {
			continue
		}
		if o.session == l.session && o.number == l.number {
			o.retire(ghostTime)
		}
		mine++
		if silent == nil || o.heard.Load() < silent.heard.Load() {
			silent = o
		}
	}
	switch {
	case s.ended, len(s.all) >= maxLanes, len(s.all) >= maxLanes/2 && l.number > 1:
		return problemOf(op, fault.Busy, parcel.CodeBusy)
	case mine >= maxDeviceLanes && silent.conn != nil:
		silent.conn.Close()
	}
	s.all[l] = true
	s.wg.Add(1)
	return nil
}

func (s *lanes) leave(l *lane) {
	s.mu.Lock()
	delete(s.all, l)
	s.mu.Unlock()
	s.wg.Done()
}

// count is how many there are.
func (s *lanes) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// end closes all streams and waits for them; there are none afterwards.
func (s *lanes) end() {
	s.mu.Lock()
	s.ended = true
	for l := range s.all {
		if l.conn != nil {
			l.conn.Close()
		}
	}
	s.mu.Unlock()
	s.wg.Wait()
}

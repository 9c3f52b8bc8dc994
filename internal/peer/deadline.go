package peer

import (
	"sync"
	"time"
)

// deadline closes a channel when its time has come.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	over  chan struct{}
}

func newDeadline() *deadline { return &deadline{over: make(chan struct{})} }

// set moves the deadline; the zero time is none.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.over // the timer closes it without the lock
	}
	d.timer = nil
	passed := false
	select {
	case <-d.over:
		passed = true
	default:
	}
	left := time.Until(t)
	if passed && (t.IsZero() || left > 0) {
		d.over = make(chan struct{})
	}
	switch {
	case t.IsZero():
	case left > 0:
		over := d.over
		d.timer = time.AfterFunc(left, func() { close(over) })
	case !passed:
		close(d.over)
	}
}

// passed is closed when the time of now has come.
func (d *deadline) passed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.over
}

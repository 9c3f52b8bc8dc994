package ui

import "sync"

// tally counts what is under way. It may rise from none while it is waited for, as
// a sync.WaitGroup may not: what was done may ask for more.
type tally struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed at none; nil while nobody waits
}

func (t *tally) begin() {
	t.mu.Lock()
	t.n++
	t.mu.Unlock()
}

func (t *tally) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n--; t.n == 0 && t.none != nil {
		close(t.none)
		t.none = nil
	}
}

// wait returns once nothing has been under way for a moment.
func (t *tally) wait() {
	t.mu.Lock()
	if t.n == 0 {
		t.mu.Unlock()
		return
	}
	if t.none == nil {
		t.none = make(chan struct{})
	}
	none := t.none
	t.mu.Unlock()
	<-none
}

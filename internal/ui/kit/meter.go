package kit

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Meter tells whether the network in use is paid for by the byte, as far as the
// system knows.
type Meter struct {
	on   atomic.Bool
	stop context.CancelFunc
	done sync.WaitGroup
}

const (
	// meterFirst bounds how long the first question may take.
	meterFirst = time.Second
	// meterEvery is how often the system is asked that does not tell by itself.
	meterEvery = 10 * time.Second
)

// NewMeter asks once, and follows the system's word until Close.
func NewMeter() *Meter {
	m := &Meter{}
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	first := make(chan struct{})
	m.done.Go(func() { followMetered(ctx, &m.on, sync.OnceFunc(func() { close(first) })) })
	select {
	case <-first:
	case <-time.After(meterFirst):
	}
	return m
}

// Metered is the system's last word; false where it does not know.
func (m *Meter) Metered() bool { return m.on.Load() }

// Close ends the following, and returns when it has ended.
func (m *Meter) Close() {
	m.stop()
	m.done.Wait()
}

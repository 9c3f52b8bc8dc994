package courier

import (
	"sync"
	"time"
)

// limiter lets so many bytes a second through, and not much more in any one:
// what it lets through at once is a quarter of a second's. It belongs to the
// courier and not to a connection, so that it holds after every failure.
type limiter struct {
	mu   sync.Mutex
	rate int64 // bytes a second; 0: no bound
	have float64
	at   time.Time
}

const burst = 4 // the part of a second's bytes that may go at once

func (l *limiter) set(rate int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate, l.have, l.at = max(rate, 0), 0, time.Now()
}

// piece bounds how many bytes may be asked for at once; n where there is none.
func (l *limiter) piece(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == 0 {
		return n
	}
	return min(n, max(int(l.rate/(2*burst)), 512))
}

// take takes n bytes, or says how long to wait before asking again.
func (l *limiter) take(n int) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == 0 {
		return 0
	}
	l.fill()
	// What does not fit into a burst goes when the account is full, and is owed.
	if need := min(float64(n), float64(l.rate)/burst); l.have < need {
		return max(time.Duration((need-l.have)/float64(l.rate)*float64(time.Second)), time.Millisecond)
	}
	l.have -= float64(n)
	return 0
}

// spend takes n bytes that go in any case.
func (l *limiter) spend(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate > 0 {
		l.fill()
		l.have -= float64(n)
	}
}

func (l *limiter) fill() {
	now := time.Now()
	l.have = min(l.have+now.Sub(l.at).Seconds()*float64(l.rate), float64(l.rate)/burst)
	l.at = now
}

// SetCap bounds how many bytes of blobs go to the centre in a second; 0 takes
// the bound away. Records and questions are counted, and never wait.
func (c *Courier) SetCap(bytesPerSecond int64) { c.road.cap.set(bytesPerSecond) }

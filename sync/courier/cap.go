package courier

import (
	"context"
	"io"
	"sync"
	"time"

	"doorstep/internal/fault"
)

// SetCap limits the bytes a second that go out, over all connections together;
// 0 is no limit. It holds from the next bytes on, also for what is under way.
func (c *Courier) SetCap(bytesPerSecond int64) { c.limit.set(bytesPerSecond) }

// limiter lets bytes go at a rate. It is lent to as many senders as there are.
type limiter struct {
	mu   sync.Mutex
	rate int64
	due  time.Time // when the bytes let go so far will have gone
	turn chan struct{}
}

func (l *limiter) set(rate int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == rate {
		return
	}
	l.rate, l.due = rate, time.Time{}
	if l.turn != nil {
		close(l.turn)
		l.turn = nil
	}
}

// burst is how far ahead of its rate a limiter lets bytes go.
const burst = 100 * time.Millisecond

// part is how many bytes may go in one piece: a tenth of a second's, so that a
// slow link moves all the time.
func (l *limiter) part(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate <= 0 {
		return n
	}
	return max(1, min(n, int(l.rate/10)))
}

// wait returns when n more bytes may go, or with the context's end.
func (l *limiter) wait(ctx context.Context, n int) error {
	var mine time.Time
	for taken := false; ; {
		l.mu.Lock()
		if l.rate <= 0 {
			l.mu.Unlock()
			return nil
		}
		if !taken {
			taken = true
			mine = l.due
			if now := time.Now(); mine.Before(now) {
				mine = now
			}
			l.due = mine.Add(time.Duration(float64(n) / float64(l.rate) * float64(time.Second)))
		}
		if l.turn == nil {
			l.turn = make(chan struct{})
		}
		turn := l.turn
		l.mu.Unlock()
		left := time.Until(mine) - burst
		if left <= 0 {
			return nil
		}
		t := time.NewTimer(left)
		select {
		case <-ctx.Done():
			t.Stop()
			return fault.New("courier.limiter", fault.Cancelled, ctx.Err())
		case <-turn: // another rate
			t.Stop()
			taken = false
		case <-t.C:
			return nil
		}
	}
}

// limited is a reader whose bytes go out at a limiter's rate.
type limited struct {
	io.Reader
	ctx  context.Context
	with *limiter
}

func (r limited) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b[:r.with.part(len(b))])
	if n > 0 {
		if werr := r.with.wait(r.ctx, n); werr != nil {
			return 0, werr
		}
	}
	return n, err
}

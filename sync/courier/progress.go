package courier

import (
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// found notes what the centre has of blobs that are to be sent, by its answer
// to what it lacks.
func (c *Courier) found(load []store.PendingBlob, lacks []parcel.Lack) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, b := range load {
		have := b.Size
		if !lacks[i].Held {
			for _, r := range lacks[i].Ranges {
				have -= r[1] - r[0]
			}
		}
		c.setUnder(b, max(have, 0))
	}
}

// portion is the bytes that the centre has of a blob of a case.
type portion struct {
	of    uuid.UUID
	bytes int64
}

// sentOf counts bytes of a blob's chunk that the centre has.
func (c *Courier) sentOf(b store.PendingBlob, n int) {
	c.mu.Lock()
	c.setUnder(b, min(c.under[b.Hash].bytes+int64(n), b.Size))
	c.state.Done = min(max(c.state.Done, c.state.acked+c.underSum), c.state.Total)
	c.mu.Unlock()
	c.sent(b.Case, n)
}

// setUnder notes how much of a blob the centre has. The caller holds mu.
func (c *Courier) setUnder(b store.PendingBlob, bytes int64) {
	c.underSum += bytes - c.under[b.Hash].bytes
	c.under[b.Hash] = portion{b.Case, bytes}
}

// show puts what waits into the state. Bytes done never go back while anything
// waits, even where the centre dropped what it had of a blob.
func (c *Courier) show(box store.Outbox) {
	cases := map[uuid.UUID]bool{}
	c.update(func(s *State) {
		waits := make(map[loan.Hash]bool, len(box.Blobs))
		may := c.maySettled()
		s.HeldBlobs, s.HeldBytes = 0, 0
		for _, b := range box.Blobs {
			waits[b.Hash], cases[b.Case] = true, true
			if _, aside := c.aside[b.Hash]; !aside && may.hold == HeldMetered && !may.goes(b) {
				s.HeldBlobs++
				s.HeldBytes += b.Size
			}
		}
		for h := range c.under {
			if !waits[h] {
				c.underSum -= c.under[h].bytes
				delete(c.under, h)
			}
		}
		for h := range c.aside {
			if !waits[h] {
				delete(c.aside, h)
			}
		}
		s.Changes, s.Blobs, s.Bytes, s.Cases = box.Changes, len(box.Blobs), box.Bytes, len(cases)
		s.Refused = box.Refused
		s.acked, s.Total = box.Sent, box.Sent+box.Bytes
		s.Done = min(max(s.Done, box.Sent+c.underSum), s.Total)
		if len(box.Blobs) == 0 {
			s.Done, s.Total, s.acked = 0, 0, 0
		}
		if s.Changes > 0 || s.Blobs > 0 || len(s.Refused) > 0 {
			s.AllSent = false
		}
	})
}

// Underway is how many bytes of each case the centre has beyond the blobs that
// it acknowledged.
func (c *Courier) Underway() map[uuid.UUID]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[uuid.UUID]int64{}
	for _, p := range c.under {
		if p.bytes > 0 {
			out[p.of] += p.bytes
		}
	}
	return out
}

// ToGo is how many bytes of blobs are yet to go: those that wait, but for what
// stays here.
func (s State) ToGo() int64 {
	n := s.Total - s.Done - s.HeldBytes
	for _, a := range s.Aside {
		n -= a.Size
	}
	return max(n, 0)
}

// Left is how long what may go will take at the speed of now; zero when that
// cannot be told.
func (s State) Left() time.Duration { return TimeFor(s.ToGo(), s.Speed) }

// TimeFor is how long bytes take at a speed; zero for none, or at no speed.
func TimeFor(bytes int64, speed float64) time.Duration {
	if speed <= 0 || bytes <= 0 {
		return 0
	}
	return time.Duration(float64(bytes) / speed * float64(time.Second))
}

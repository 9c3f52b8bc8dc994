package courier

import (
	"errors"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/store"
)

// roomless is a centre that is reached and could not keep a blob. It is under
// Courier.mu.
type roomless struct {
	err   error     // what it said; nil: it keeps what comes
	until time.Time // no blob goes before
	times int       // in a row, with no blob kept between
}

// noRoom says whether the centre refused something because of its disk.
func noRoom(err error) bool {
	var r *refusal
	return errors.As(err, &r) && (r.Kind == fault.Full.String() || r.Kind == fault.Disk.String())
}

// roomLacks notes that the centre could not keep something. Blobs then wait longer
// each time, whoever wakes the courier meanwhile: records are few bytes, and blobs
// that are sent for nothing cost the laptop's network and the centre.
func (c *Courier) roomLacks(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.full = roomless{err: err, until: time.Now().Add(backoff(c.full.times)), times: c.full.times + 1}
	clear(c.under)
	c.underSum = 0 // what was under way is not there after all
}

// roomAgain notes that the centre keeps blobs.
func (c *Courier) roomAgain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.full = roomless{}
}

// untilRoom is why blobs wait that may go by the settings, and until when: the
// centre had no room. nil where none does.
func (c *Courier) untilRoom(box store.Outbox) (why error, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full.err == nil {
		return nil, time.Time{}
	}
	may := c.maySettled()
	for _, b := range box.Blobs {
		if _, aside := c.aside[b.Hash]; !aside && may.goes(b) {
			return c.full.err, c.full.until
		}
	}
	return nil, time.Time{}
}

// pause is how long to wait after an attempt that failed so many times: where the
// centre has no room, until blobs may go again.
func (c *Courier) pause(err error, fails int) time.Duration {
	if !noRoom(err) {
		return pauseAfter(err, fails)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Until(c.full.until)
}

// atOnce lets what waits for room go at once.
func (c *Courier) atOnce() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.full.until = time.Time{}
}

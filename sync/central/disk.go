package central

import (
	"errors"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
)

// fullTime is how long a centre counts as full after a laptop was refused for it:
// laptops that wait for room try again within a minute.
const fullTime = 2 * time.Minute

// fullness remembers when a laptop was last refused because the disk was full.
type fullness struct{ last atomic.Int64 } // Unix milliseconds; 0: never

func (f *fullness) note(err error, now time.Time) {
	if fault.KindOf(err) == fault.Full {
		f.last.Store(now.UnixMilli())
	}
}

// fault is fault.Full while laptops are refused for it.
func (f *fullness) fault(now time.Time) error {
	if at := f.last.Load(); at != 0 && now.Sub(time.UnixMilli(at)) < fullTime {
		return fault.New("central.full", fault.Full, errors.New("laptops are refused"))
	}
	return nil
}

// free is how many bytes still go onto the disk with the centre's blobs; nil where
// that is none of its own, or the system does not say.
func (c *Central) free() *int64 {
	if c.shared {
		return nil
	}
	n, err := freeSpace(c.dir)
	if p, perr := freeSpace(c.path("packs")); perr == nil && (err != nil || p < n) {
		n, err = p, nil // it may be a disk of its own
	}
	if err != nil {
		return nil
	}
	out := int64(min(n, 1<<62))
	return &out
}

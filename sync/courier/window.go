package courier

import "time"

// window bounds the bytes under way, of all lanes together. It grows while the
// acknowledgements come as fast as they can, and shrinks when bytes queue up on
// the way: a long queue is what a cut loses, and what makes others wait. Of the
// delays in a round trip the least counts, for a lane that repairs a loss says
// nothing about the queue. A window is under its session's lock.
type window struct {
	size    int
	startup bool // no queue was seen yet: it doubles
	limited bool // bytes waited for the window since the last step

	base    [2]time.Duration // least delay of this period and the one before
	baseEnd time.Time

	stepEnd time.Time
	least   time.Duration // since the last step; 0: no acknowledgement came
	smooth  time.Duration // of all delays
}

const (
	minWindow   = 6 << 10
	startWindow = 16 << 10
	maxWindow   = 4 << 20
	basePeriod  = 20 * time.Second
	leastStep   = 10 * time.Millisecond
	leastQueue  = 12 * time.Millisecond
	mostQueue   = 100 * time.Millisecond
)

func newWindow() window { return window{size: startWindow, startup: true} }

// trip is the least round trip seen lately; 0 before the first.
func (w *window) trip() time.Duration {
	switch {
	case w.base[0] == 0:
		return w.base[1]
	case w.base[1] == 0:
		return w.base[0]
	}
	return min(w.base[0], w.base[1])
}

// ack takes the delay between the sending of some bytes and the word that they
// came.
func (w *window) ack(now time.Time, delay time.Duration) {
	delay = max(delay, time.Microsecond)
	if now.After(w.baseEnd) {
		w.base[1], w.base[0] = w.base[0], 0
		w.baseEnd = now.Add(basePeriod)
	}
	if w.base[0] == 0 || delay < w.base[0] {
		w.base[0] = delay
	}
	if w.least == 0 || delay < w.least {
		w.least = delay
	}
	if w.smooth == 0 {
		w.smooth = delay
	}
	w.smooth += (delay - w.smooth) / 8
	if now.After(w.stepEnd) {
		w.step()
		w.stepEnd = now.Add(max(w.trip(), leastStep))
	}
}

func (w *window) step() {
	queue := w.least - w.trip()
	switch goal := min(max(w.trip()/3, leastQueue), mostQueue); {
	case queue > goal:
		w.startup = false
		w.size -= w.size / 8
	case !w.limited:
	case w.startup:
		w.size *= 2
	default:
		w.size += max(w.size/8, 2<<10)
	}
	w.size = min(max(w.size, minWindow), maxWindow)
	w.limited, w.least = false, 0
}

// patience is how long silence is no sign of a broken road.
func (w *window) patience() time.Duration {
	return min(max(4*max(w.smooth, w.trip()), 900*time.Millisecond), 8*time.Second)
}

// lanes is how many connections are worth their while: each needs enough bytes
// under way to notice a loss, and a loss is to hold up only a part of them.
func (w *window) lanes() int {
	most := maxLanes
	if t := w.trip(); t > 0 && t < 5*time.Millisecond {
		most = nearLanes
	}
	return min(max(w.size/laneBytes, 2), most)
}

// piece is how many bytes of a blob go at once over one of n lanes.
func (w *window) piece(n int) int {
	return min(max(w.size/(2*max(n, 1)), minPiece), maxPiece)
}

const (
	maxLanes  = 8
	nearLanes = 3
	laneBytes = 6 << 10
	minPiece  = 2800
	maxPiece  = 64<<10 - 64 // with its frames four records of TLS
)

package courier

import (
	"slices"
	"time"
)

// window bounds the bytes under way, of all lanes together: what the road takes
// in a round trip, and a short queue. More would only queue up on the way, where
// a cut loses it and others wait behind it. Of the delays in a step the least
// counts, for a lane that repairs a loss says nothing about the queue. A window
// is under its session's lock.
type window struct {
	size    int
	startup bool // no queue was seen yet: it grows by itself
	limited bool // bytes waited for the window since the last step

	base    [2]time.Duration // least delay of this period and the one before
	baseEnd time.Time
	before  int           // the size, while it is halved to see the road without a queue
	drained int           // steps since it was
	bare    time.Duration // round trip that was seen so, and no shorter one was; 0: none yet

	stepAt  time.Time // when the step began
	stepEnd time.Time
	least   time.Duration // since the last step; 0: no acknowledgement came
	smooth  time.Duration // of all delays

	secondAt time.Time
	came     int         // bytes acknowledged since then
	rates    [10]float64 // bytes a second, of the last seconds
	second   int
}

const (
	minWindow   = 6 << 10
	startWindow = 32 << 10
	farAway     = 500 * time.Millisecond // a road of such a round trip may be slow
	maxWindow   = 4 << 20
	basePeriod  = 30 * time.Second
	leastStep   = 10 * time.Millisecond
	leastQueue  = 12 * time.Millisecond
	mostQueue   = 100 * time.Millisecond

	leastPatience = 900 * time.Millisecond
	mostPatience  = 8 * time.Second
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

// ack takes the delay between the sending of n bytes and the word that they came.
func (w *window) ack(now time.Time, delay time.Duration, n int) {
	delay = max(delay, time.Microsecond)
	if now.After(w.baseEnd) {
		// A queue that always stands would pass for the length of the road. While
		// the least delay is still that of the bare road, none does.
		if !w.startup && w.before == 0 && (w.bare == 0 || w.base[0] > w.bare+w.goal()/4) {
			w.before, w.drained = w.size, 0
			w.size = max(w.size/2, minWindow)
		}
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
	w.count(now, n)
	if now.After(w.stepEnd) {
		w.step()
		w.stepAt, w.stepEnd = now, now.Add(max(w.trip(), leastStep))
	}
}

// count measures the rate, over a second or three round trips, for a lane that
// repaired a loss brings much at once.
func (w *window) count(now time.Time, n int) {
	if w.secondAt.IsZero() {
		w.secondAt = now
	}
	w.came += n
	d := now.Sub(w.secondAt)
	long := time.Second
	if w.startup {
		long = max(w.trip(), leastStep)
	}
	if d < long {
		w.rates[w.second] = max(w.rates[w.second], float64(w.came)/long.Seconds())
		return
	}
	w.rates[w.second] = float64(w.came) / d.Seconds()
	w.second = (w.second + 1) % len(w.rates)
	w.rates[w.second] = 0
	w.secondAt, w.came = now, 0
}

// rate is the best of the last seconds.
func (w *window) rate() float64 { return slices.Max(w.rates[:]) }

func (w *window) step() {
	if w.before > 0 {
		if w.drained++; w.drained > 2 {
			w.size, w.before = w.before, 0
			if w.bare = w.base[0]; w.bare < w.base[1]-w.goal()/4 {
				w.bare = 0 // a queue stood, and some of it may stand still
			}
		}
		w.limited, w.least = false, 0
		return
	}
	queue, goal := w.least-w.trip(), w.goal()
	switch {
	case w.least == 0:
	case w.startup && queue > goal:
		w.startup = false
		w.size -= w.size / 4
	case w.startup && w.limited:
		// What came lately bounds it, for the queue shows a round trip late.
		// More would overflow what lies on the way, and all lanes would lose at once.
		if fits := int(1.5 * w.rate() * (w.trip() + goal).Seconds()); w.rate() == 0 {
			w.size += w.size / 2
		} else if w.size < fits {
			w.size = min(w.size+w.size/2, fits)
		}
	case w.startup:
	case queue > goal:
		w.size -= int(float64(w.size) / 8 * min(float64(queue-goal)/float64(goal), 1))
	case w.limited:
		w.size += max(int(float64(w.size)/8*float64(goal-queue)/float64(goal)), 512)
	}
	w.size = min(max(w.size, w.floor()), maxWindow)
	w.limited, w.least = false, 0
}

// floor is the least window. On a near and quick road a late word comes of a
// busy machine and not of a queue.
func (w *window) floor() int {
	if t := w.trip(); t > 0 && t < near && w.rate() > quick {
		return nearWindow
	}
	return minWindow
}

// goal is how long the queue may be.
func (w *window) goal() time.Duration { return min(max(w.trip()/3, leastQueue), mostQueue) }

// patience is how long silence is no sign of a broken road.
func (w *window) patience() time.Duration {
	t := w.trip()
	if t == 0 {
		t = w.smooth
	}
	return min(max(4*t, leastPatience), mostPatience)
}

// stall is how old a piece may be before its lane is taken to repair a loss: its
// bytes then wait at the far end, and no longer fill the road.
func (w *window) stall() time.Duration { return w.trip()*5/4 + mostQueue }

// late is how old a piece may be at the end before another lane sends it too.
func (w *window) late() time.Duration { return max(w.trip()*5/4, leastLate) }

// lanes is how many connections are worth their while, most at the most: each
// needs enough bytes under way to notice a loss, and a loss is to hold up only a
// part of them.
func (w *window) lanes(most int) int {
	if t := w.trip(); t > 0 && t < near {
		most = nearLanes
	}
	return min(max(w.size/laneBytes, 2), most)
}

// piece is how many bytes of a blob go at once over one of n lanes. A short one
// fills, with its frame and record, whole packets.
func (w *window) piece(n int) int {
	size := min(max(w.size/(2*min(max(n, 1), maxLanes)), minPiece), maxPiece)
	if packets := (size + packet/2) / packet; packets <= fullPackets {
		return packets*packet - pieceHead
	}
	return size
}

const (
	maxLanes   = 8
	calmLanes  = 12 // on a road that holds: each costs a handshake whenever it breaks
	leastLate  = 50 * time.Millisecond
	laneShare  = 1.5 // times its part of the window a lane may have under way
	nearLanes  = 3
	near       = 5 * time.Millisecond
	quick      = 2 << 20 // bytes a second
	nearWindow = 256 << 10
	laneBytes  = 6 << 10
	minPiece   = 2800

	packet      = 1440        // bytes of TCP in a packet, on a line that takes some for itself
	pieceHead   = 30          // of a frame and a record
	fullPackets = 10          // more are two records
	maxPiece    = 64<<10 - 64 // with its frames four records of TLS
)

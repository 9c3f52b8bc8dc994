package courier

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// Phase is what the courier is about.
type Phase uint8

// The phases.
const (
	Idle       Phase = iota // nothing to do, or not running
	Connecting              // asking the centre
	Sending                 // the centre answers, and things go
	Waiting                 // the last attempt failed; the next is at State.Next
	Paused                  // an operator paused
	Healing                 // what was lost here comes home from the centre
)

// State is what the window shows of sync.
type State struct {
	Phase  Phase
	Online bool // the last attempt reached the centre

	Changes int   // waiting
	Cases   int   // with blobs waiting
	Blobs   int   // waiting
	Bytes   int64 // of those blobs

	Healed      int // changes that came home since the start
	HealedBlobs int // blobs that did

	// Behind says that the centre holds more of this laptop's chain than the
	// laptop, which knows of no loss; Adopt leads on from there.
	Behind bool

	// Copied says that the centre holds another chain of this device than the
	// laptop: another machine uses its identity, and nothing of it is sent.
	Copied bool

	Done, Total int64 // bytes of blobs that the centre has, and in all, since none waited
	acked       int64 // of Done, what the centre acknowledged

	Settings  store.SyncSettings
	Metered   bool // the network is, or counts as such by the settings
	Hold      Hold // why something stays here, if it does
	HeldBlobs int  // that may not go for it, and were not set aside
	HeldBytes int64

	Fetching bool // there is more to fetch
	Fetched  int  // changes that others wrote and that came home since the start

	Sent  int64   // bytes of blobs that went since the start
	Speed float64 // bytes a second, over the last seconds

	// Stands says that images are on their way, and for ten seconds or more
	// nothing moved: the network does not answer.
	Stands bool

	// NoRoom says that the centre is reached and could not keep what was sent: its
	// disk is full, or fails. Records go if they can; blobs are tried again in
	// growing pauses, the next time at Next.
	NoRoom bool

	// AllSent says that nothing waits and the centre's own list agreed; a new
	// change ends it.
	AllSent bool

	Reason fault.Kind // why it waits; Other when it does not
	Err    error      // the same, for fault.Sentence; nil when it does not wait
	Next   time.Time  // of the next attempt; zero when none is planned

	// Recovery says that the laptop was given the county's recovery key since the
	// start: from now on a forgotten password can be set anew.
	Recovery bool

	LastContact  time.Time // the centre answered
	LastReceipt  time.Time // a receipt or news changed something here
	EverContact  time.Time // when the centre last answered, in this run or one before; zero: never, as far as is kept
	EverReceipt  time.Time // LastReceipt, or of the newest receipt of a run before
	LastBulletin time.Time // something the county sends down was put in force here
	BulletinErr  error     // why the last one was refused, for fault.Sentence; nil when none was

	Aside   []Aside // what the centre refused: it stays here, the rest goes on
	Refused []store.Refused
}

// Aside is a blob that could not be sent, and why.
type Aside struct {
	Case uuid.UUID
	Blob loan.Hash
	Size int64
	Err  error
}

// State is how things stand now.
func (c *Courier) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.snapshot()
}

func (c *Courier) snapshot() State {
	s := c.state
	s.Settings, s.Metered = c.settings, c.onMetered()
	if s.Hold = c.may().hold; s.Hold == HeldPaused {
		s.Phase = Paused
	}
	s.Aside = nil
	for _, a := range c.aside {
		s.Aside = append(s.Aside, a)
	}
	slices.SortFunc(s.Aside, func(a, b Aside) int {
		return cmp.Or(bytes.Compare(a.Case[:], b.Case[:]), bytes.Compare(a.Blob[:], b.Blob[:]))
	})
	now := time.Now()
	s.Speed, s.Stands = c.pace.speed(now), c.pace.stands(now)
	return s
}

// Watch calls f with the state whenever it changed, from the courier's own
// goroutines: f must be quick and must not call the courier. The function given
// back ends it.
func (c *Courier) Watch(f func(State)) (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers++
	id := c.watchers
	c.watch[id] = f
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watch, id)
	}
}

// update changes the state and tells those who watch.
func (c *Courier) update(change func(*State)) {
	c.mu.Lock()
	change(&c.state)
	s := c.snapshot()
	if reflect.DeepEqual(s, c.told) {
		c.mu.Unlock()
		return
	}
	c.told = s
	fs := make([]func(State), 0, len(c.watch))
	for _, f := range c.watch {
		fs = append(fs, f)
	}
	c.mu.Unlock()
	for _, f := range fs {
		f(s)
	}
}

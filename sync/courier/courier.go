package courier

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Config is what a courier works with.
type Config struct {
	Store  *store.Store
	Server string           // address of the centre; empty: the profile's
	Now    func() time.Time // clock for certificates; nil: the system's
	Log    *slog.Logger     // nil: nothing is logged
	// Proxy says which proxy to use, with its login; nil: as the environment
	// says.
	Proxy func(*http.Request) (*url.URL, error)
	// Dial connects to an address; nil: over the system's TCP, with or without a
	// proxy, and with all that is set on its sockets.
	Dial func(ctx context.Context, addr string) (net.Conn, error)

	// Metered says whether the network in use is paid for by the byte, as far as
	// the system knows; it must be quick, and may be called from any goroutine.
	// nil: the system is not asked.
	Metered func() bool

	Version string // of the program, told to the centre; empty: not told

	// Enrolled is the enrolment of a moment ago that made the store's device; nil:
	// there was none. The centre then holds nothing of this laptop, which need not
	// ask first, and goes through the door of the enrolment.
	Enrolled *EnrolResult
}

// Courier carries one store's outbox to its centre.
type Courier struct {
	store   *store.Store
	profile store.Profile
	road    *road
	now     func() time.Time
	log     *slog.Logger
	wake    chan struct{}
	running sync.Mutex // one run at a time
	network func() string
	metered func() bool
	version string

	// Of the run alone.
	centre uuid.UUID // that signed the last receipt
	epoch  uuid.UUID
	held   uint64             // the centre's word on this chain
	window int                // chunks under way at once
	parcel int                // bytes of the next parcel
	county time.Time          // when the centre was last asked about its county
	mark   string             // the centre's last word on whether the county has something new,
	marked string             // and what it was when the county was last asked
	mixed  map[loan.Hash]bool // blobs the centre refused once for their name
	absent map[loan.Hash]bool // blobs lacking here that the centre has not got
	asked  bool               // the centre was asked for all gaps of the chain
	passes int                // refused records in a row
	shown  time.Time          // when the centre was last shown its newest receipt
	fresh  bool               // the centre holds nothing of this laptop
	ready  *composed          // the first parcel of an attempt
	along  struct {           // how far it had come when an attempt last failed
		sent    int64
		receipt time.Time
	}

	mu       sync.Mutex
	state    State
	adopt    string // who said Adopt; empty once done
	settings store.SyncSettings
	aside    map[loan.Hash]Aside
	full     roomless
	hear     bool                  // the county is to be asked at the next contact
	again    bool                  // what was refused is to be sent once more
	under    map[loan.Hash]portion // what the centre has of blobs not acknowledged
	underSum int64                 // bytes of under
	watch    map[int]func(State)
	watchers int
	pace     pace
	told     State // to those who watch
}

// Times between attempts and looks.
const (
	firstWait  = time.Second
	maxWait    = time.Minute
	idleStream = 20 * time.Second // an open stream costs power
	lookEvery  = 2 * time.Second  // at the outbox
	newsEvery  = 60 * time.Second // when nothing is to be sent
	showEvery  = time.Hour        // the centre its newest receipt
	stall      = 30 * time.Second // without a byte
)

// New makes a courier of an open store. fault.Input for an address that is
// none, fault.Damaged when the store's profile has no usable certificates.
func New(cfg Config) (*Courier, error) {
	const op = "courier.New"
	p := cfg.Store.Profile()
	c := &Courier{store: cfg.Store, profile: p, now: cfg.Now, log: cfg.Log, wake: make(chan struct{}, 1), network: network, window: 4, parcel: firstParcel, metered: cfg.Metered, version: cfg.Version,
		again: true, under: map[loan.Hash]portion{}, aside: map[loan.Hash]Aside{}, mixed: map[loan.Hash]bool{}, absent: map[loan.Hash]bool{}, watch: map[int]func(State){}}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	server := cfg.Server
	if server == "" {
		server = p.Server
	}
	var err error
	if c.road, err = deviceRoad(server, p, c.now); err != nil {
		return nil, fault.Wrap(op, err)
	}
	c.road.count = c.sentOf
	c.fresh, c.road.enrolled = cfg.Enrolled != nil, cfg.Enrolled
	if cfg.Proxy != nil {
		c.road.proxy = cfg.Proxy
	}
	c.road.dial = cfg.Dial
	return c, nil
}

// Wake ends a wait: there is new work, or the network changed.
func (c *Courier) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Hear lets the courier try at once, and ask for all that the county has to say,
// also where the centre does not tell whether that is anything new. What waits
// because the centre had no room goes too.
func (c *Courier) Hear() {
	c.atOnce()
	c.mu.Lock()
	c.hear = true
	c.mu.Unlock()
	c.Wake()
}

// Run carries until ctx ends; it then gives fault.Cancelled, after all its
// goroutines have ended. Two runs of one courier follow one another.
func (c *Courier) Run(ctx context.Context) error {
	c.running.Lock()
	defer c.running.Unlock()
	defer c.road.close()
	if err := c.readSettings(ctx); err != nil {
		return fault.Wrap("courier.Run", err)
	}
	c.recall(ctx)
	defer c.keepContact()
	_, _ = c.look(ctx) // what waits is shown before the road is known; an error is met again by the attempt
	for fails := 0; ; {
		var err error
		if !c.stopped() {
			err = c.attempt(ctx)
		}
		if ctx.Err() != nil {
			return fault.New("courier.Run", fault.Cancelled, ctx.Err())
		}
		if err == nil {
			fails = 0
			c.rest(ctx)
			continue
		}
		if c.cameAlong(err) {
			fails = 0
		}
		if c.sleep(ctx, c.pause(err, fails)) {
			fails = 0
		} else {
			fails++
		}
	}
}

// RunUntilEmpty carries until the outbox is empty and the centre agrees. It
// goes on trying while the centre cannot be reached, until ctx ends; what will
// not pass by itself it gives back: a refusal, an identity that does not hold,
// damage, a conflict. With anything set aside it gives back the first one's error,
// and fault.Denied when what is left may not go by the settings.
func (c *Courier) RunUntilEmpty(ctx context.Context) error {
	const op = "courier.RunUntilEmpty"
	c.running.Lock()
	defer c.running.Unlock()
	defer c.road.close()
	if err := c.readSettings(ctx); err != nil {
		return fault.Wrap(op, err)
	}
	c.recall(ctx)
	defer c.keepContact()
	for fails := 0; ; fails++ {
		if c.stopped() {
			return fault.Wrap(op, c.heldFault())
		}
		err := c.attempt(ctx)
		if ctx.Err() != nil {
			return fault.New(op, fault.Cancelled, ctx.Err())
		}
		if err == nil && !c.State().NoRoom {
			return fault.Wrap(op, c.left())
		}
		if err != nil && fault.KindOf(err) != fault.Offline {
			return fault.Wrap(op, err)
		}
		if c.cameAlong(err) {
			fails = 0
		}
		c.sleep(ctx, c.pause(err, fails))
	}
}

// errNothing is of a centre that does not name in its receipts what came to it.
var errNothing = errors.New("the centre took nothing")

// cameAlong says whether the attempt that failed brought anything to the centre,
// and the road alone ended it: a road that comes and goes is tried again soon,
// for the next time that it is there may be short.
func (c *Courier) cameAlong(err error) bool {
	c.mu.Lock()
	sent, receipt := c.state.Sent, c.state.LastReceipt
	along := sent > c.along.sent || receipt.After(c.along.receipt)
	c.along.sent, c.along.receipt = sent, receipt
	c.mu.Unlock()
	var r *refusal
	return along && !errors.As(err, &r) && !errors.Is(err, errNothing)
}

// pauseAfter is how long to wait after a failure: as backoff says, and no less
// than a busy centre asked for.
func pauseAfter(err error, fails int) time.Duration {
	d := backoff(fails)
	var r *refusal
	if errors.As(err, &r) && r.after > 0 {
		asked := min(r.after, maxWait/2)
		d = max(d, asked+rand.N(asked)) // not all at the same moment
	}
	return d
}

// backoff is how long to wait after so many failures: twice as long each time,
// and never the same twice.
func backoff(fails int) time.Duration {
	d := min(firstWait<<min(fails, 10), maxWait)
	return d/2 + rand.N(d/2)
}

// sleep waits, and shows meanwhile what gathers in the outbox; woken says that
// Wake or a change of the network ended it.
func (c *Courier) sleep(ctx context.Context, d time.Duration) (woken bool) {
	c.update(func(s *State) { s.Phase, s.Next = Waiting, time.Now().Add(d) })
	defer c.update(func(s *State) { s.Phase, s.Next = Idle, time.Time{} })
	return c.wait(ctx, d, func() {
		_, _ = c.look(ctx) // only shows it
	})
}

func (c *Courier) wait(ctx context.Context, d time.Duration, show func()) (woken bool) {
	end, look := time.NewTimer(d), time.NewTicker(lookEvery)
	defer end.Stop()
	defer look.Stop()
	for was := c.network(); ; {
		select {
		case <-ctx.Done():
			return false
		case <-end.C:
			return false
		case <-c.wake:
			return true
		case <-look.C:
			if c.network() != was {
				return true
			}
			show()
		}
	}
}

// rest waits until there is something to send, or news may have come.
func (c *Courier) rest(ctx context.Context) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	quiet := time.Now().Add(idleStream)
	for until := time.Now().Add(newsEvery); ctx.Err() == nil; {
		if time.Now().After(quiet) {
			c.road.endStream()
		}
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
			return
		case <-t.C:
		}
		box, err := c.look(ctx)
		if c.stopped() {
			continue
		}
		if err != nil || c.waiting(box) || time.Now().After(until) {
			return
		}
	}
}

// look reads the outbox and shows it.
func (c *Courier) look(ctx context.Context) (store.Outbox, error) {
	box, err := c.store.Outbox(ctx)
	if err != nil {
		return box, err
	}
	c.show(box)
	return box, nil
}

// waiting says whether there is anything that may be sent and was not set aside.
func (c *Courier) waiting(box store.Outbox) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.again && len(box.Refused)+len(c.aside) > 0 || box.Changes > refusedAbove(box, box.Acked) {
		return true
	}
	may := c.may()
	for _, b := range box.Blobs {
		if _, ok := c.aside[b.Hash]; !ok && may.goes(b) {
			return true
		}
	}
	return false
}

// connect opens the road, and composes meanwhile the first parcel that goes.
func (c *Courier) connect(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { c.ready = c.composeFirst(ctx) })
	err := c.road.connect(ctx)
	wg.Wait()
	return err
}

var errStalled = fault.New("courier.watchdog", fault.Offline, errors.New("no byte moved"))

// attempt makes rounds until nothing waits, and ends when no byte moves.
func (c *Courier) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	c.road.move()
	var wg sync.WaitGroup
	wg.Go(func() {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			if time.Since(time.Unix(0, c.road.moved.Load())) > stall {
				cancel(errStalled)
				return
			}
		}
	})
	c.update(func(s *State) { s.Phase, s.Next = Connecting, time.Time{} })
	err := c.connect(ctx)
	if err == nil {
		if err = c.rounds(ctx); err != nil && ctx.Err() == nil && c.road.gaveUp() {
			err = c.rounds(ctx)
		}
	}
	if codeOf(err) == parcel.CodeRevoked {
		c.hearShutOut(ctx)
	}
	cancel(nil)
	wg.Wait()
	if noRoom(err) {
		c.roomLacks(err)
	}
	if err != nil {
		// Connections that failed once are not trusted again.
		c.road.close()
		c.window = max(1, c.window/2)
		c.log.Info("sync waits", "kind", fault.KindOf(err).String(), "error", err.Error())
	}
	box, _ := c.look(context.WithoutCancel(ctx)) // only shows it
	c.came(err, box)
	return err
}

// came shows what came of an attempt.
func (c *Courier) came(err error, box store.Outbox) {
	next := time.Time{}
	if err == nil {
		err, next = c.untilRoom(box)
	}
	c.update(func(s *State) {
		s.Phase = Idle
		if fault.KindOf(err) == fault.Cancelled {
			return // says nothing about the centre
		}
		s.Err, s.Reason, s.NoRoom = err, fault.KindOf(err), noRoom(err)
		if s.NoRoom {
			s.Phase, s.Next = Waiting, next
		}
		s.Copied = s.Copied || IsCopied(err)
		if err != nil && s.Reason != fault.Refused && !s.NoRoom {
			s.Online = false
		}
	})
}

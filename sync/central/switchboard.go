package central

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// switchboard holds what laptops of this server have under way with one
// another: who waits for signals, and whose bytes are passed on.
type switchboard struct {
	server uuid.UUID // of this process, in the table of relays
	quit   chan struct{}
	end    sync.Once
	wg     sync.WaitGroup

	mu         sync.Mutex
	shut       bool
	waiting    map[uuid.UUID]*wait
	listed     map[uuid.UUID]time.Time // when a listener was last written down
	halves     map[uuid.UUID]*half     // by session, waiting for the other one
	relays     map[uuid.UUID]int       // connections to the relay, by device
	allowances map[allowanceKey]*allowance
	looked     time.Time

	sessions, up, down atomic.Int64 // relayed so far: sessions, and bytes each way
}

// wait is a laptop's question that is not answered yet.
type wait struct {
	woken chan struct{} // a token when a signal may have come
	over  chan struct{} // closed when a newer question took its place
}

func newSwitchboard() *switchboard {
	return &switchboard{server: uuid.New(), quit: make(chan struct{}), waiting: map[uuid.UUID]*wait{}, listed: map[uuid.UUID]time.Time{},
		halves: map[uuid.UUID]*half{}, relays: map[uuid.UUID]int{}, allowances: map[allowanceKey]*allowance{}}
}

// stop ends what waits and what is relayed; close waits for it too.
func (s *switchboard) stop() {
	s.end.Do(func() {
		s.mu.Lock()
		s.shut = true
		s.mu.Unlock()
		close(s.quit)
	})
}

func (s *switchboard) close() {
	s.stop()
	s.wg.Wait()
}

// begin counts one who works until done is called; false once it is closing.
func (s *switchboard) begin() (done func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut {
		return nil, false
	}
	s.wg.Add(1)
	return s.wg.Done, true
}

// await enters a device's question; an earlier one ends.
func (s *switchboard) await(d uuid.UUID) (w *wait, leave func()) {
	w = &wait{woken: make(chan struct{}, 1), over: make(chan struct{})}
	w.woken <- struct{}{} // something may wait already
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.waiting[d]; old != nil {
		close(old.over)
	}
	s.waiting[d] = w
	return w, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.waiting[d] == w {
			delete(s.waiting, d)
		}
	}
}

func (s *switchboard) wake(d uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.waiting[d]; w != nil {
		select {
		case w.woken <- struct{}{}:
		default:
		}
	}
}

// looks says whether it is time to look again, and to whom it says so.
func (s *switchboard) looks(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.looked) < signalLook {
		return false
	}
	s.looked = now
	return true
}

// list says whether a listener must be written down anew.
func (s *switchboard) list(d uuid.UUID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.listed[d]).Abs() < listedFor/3 {
		return false
	}
	s.listed[d] = now
	return true
}

// What one device may do, so often at once and then so often a second.
type deed int

const (
	sends deed = iota
	asks
	relaysAsked
)

type allowanceKey struct {
	device uuid.UUID
	deed   deed
}

type allowance struct {
	left float64
	at   time.Time
}

// maxAllowances is how many are kept before the full ones are dropped.
const maxAllowances = 4096

// allow takes one of what a device may do; fault.Busy when it has none left.
func (s *switchboard) allow(d uuid.UUID, what deed) error {
	burst, rate := 30.0, 2.0
	if what == relaysAsked {
		burst, rate = 10, 0.2
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.allowances) >= maxAllowances {
		for k, b := range s.allowances {
			if now.Sub(b.at) > time.Minute {
				delete(s.allowances, k)
			}
		}
	}
	k := allowanceKey{d, what}
	b := s.allowances[k]
	if b == nil {
		b = &allowance{left: burst, at: now}
		s.allowances[k] = b
	}
	b.left = min(burst, b.left+now.Sub(b.at).Seconds()*rate)
	b.at = now
	if b.left < 1 {
		return problemOf("central.allow", fault.Busy, parcel.CodeBusy)
	}
	b.left--
	return nil
}

// meetings are the answers to laptops about other laptops.
func (c *Central) meetings(mux *http.ServeMux) {
	mux.HandleFunc("POST /v1/signal/{device}", c.answer(c.known(c.postSignal)))
	mux.HandleFunc("POST /v1/signal", c.answer(c.known(c.askSignals)))
	mux.HandleFunc("GET /v1/peers", c.answer(c.known(c.getPeers)))
	mux.HandleFunc("GET /v1/relay/{session}", c.answer(c.known(c.getRelay)))
}

// aside gives the request's place to others while do waits.
func (c *Central) aside(ctx context.Context, do func(context.Context)) {
	<-c.requests
	defer func() { c.requests <- struct{}{} }()
	do(ctx)
}

package courier

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// session is a stream to the centre: several lanes, fed from one freight. A
// lane that falls silent is kept, and a successor dialled beside it; whichever
// moves first goes on. What was under way on a lane that is given up is asked
// about, and only what did not come is sent again.
type session struct {
	road   *road
	id     string
	server string // where lanes are thought to end before they say; under mu
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
	events chan struct{} // something for the courier to look at

	mu      sync.Mutex
	cond    sync.Cond
	lanes   []*lane
	holders map[int]*lane // of each slot
	slots   int
	tested  int  // connections that the last silence put to the test,
	lived   int  // and of those, how many were heard again
	mortal  bool // the silence before the last let none live
	window  window
	freight freight
	pause   bool
	heard   time.Time // when anything last came
	answers bool      // anything came
	silent  bool      // nothing came for too long
	since   time.Time // of the silence
	begun   time.Time
	back    time.Time // when the road was last found open after a silence
	doubts  []sent
	asked   bool // about doubts
	asks    map[uint32]*pendingAsk
	lastAsk uint32
	refusal []*parcel.Refused
	alive   time.Time // when a lane was last known to work
	lastErr error
	waits   bool // a timer will wake those who wait for the cap
	dials   int
	resent  int64
}

// pendingAsk is a request whose answer is awaited.
type pendingAsk struct {
	frame  []byte
	server string // that is to answer, where a lane ends there
	lane   *lane
	answer chan *parcel.Answer
	from   *lane // over which the answer came; read after it
}

// Times of a session.
const (
	tick       = 50 * time.Millisecond
	pingEvery  = 400 * time.Millisecond
	dialEvery  = 200 * time.Millisecond // a connection that is not there yet is tried beside the last
	mostDials  = 8                      // connections tried side by side
	mostHands  = 3                      // and handshakes
	shedWait   = 20 * time.Second       // before a lane that the centre would not have is tried again
	giveUp     = 5 * time.Second        // without any lane, after a plain failure
	calmTime   = 20 * time.Second       // without a silence: the road holds
	asleep     = 5 * time.Second        // by which the clocks part while the machine sleeps
	graceLeast = time.Second
	graceMost  = 15 * time.Second
)

// newSession connects the first lane. Its error is that of the connection.
// Whether the centre knows streams comes out with its first answer, and ends
// the session with errNoStream if it does not: questions need not wait for it.
func newSession(ctx context.Context, r *road) (*session, error) {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	s := &session{road: r, id: hex.EncodeToString(id[:]), events: make(chan struct{}, 1), window: newWindow(),
		freight: freight{all: map[loan.Hash]*cargo{}, apart: r.apart.Load()}, asks: map[uint32]*pendingAsk{}, holders: map[int]*lane{}, slots: 1}
	s.cond.L = &s.mu
	w, trip, err := r.first(ctx, s.id+"/0")
	if err != nil {
		return nil, err
	}
	s.window.smooth = max(trip*3/4, time.Millisecond)
	if s.window.smooth > farAway {
		s.window.size = startWindow / 2
	}
	s.ctx, s.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	now := time.Now()
	s.begun, s.heard, s.alive = now, now, now
	first := s.enter(w, 0)
	s.wg.Go(func() { s.slot(0, first) })
	s.wg.Go(s.watch)
	return s, nil
}

// reach dials until a connection to the centre stands.
func (r *road) reach(ctx context.Context, every time.Duration, small bool) (net.Conn, error) {
	return race(ctx, mostDials, every, func(ctx context.Context) (net.Conn, error) { return r.dialTCP(ctx, small) },
		func(c net.Conn) { c.Close() })
}

// end closes all and waits.
func (s *session) end() {
	s.cancel(errReplaced)
	s.mu.Lock()
	for _, l := range s.lanes {
		l.w.close()
	}
	s.mu.Unlock()
	s.cond.Broadcast()
	s.wg.Wait()
}

// err is why the session ended, or nil.
func (s *session) err() error {
	if s.ctx.Err() == nil {
		return nil
	}
	return context.Cause(s.ctx)
}

// enter makes a lane of a connection, in the place of the slot's last.
func (s *session) enter(w *wire, number int) *lane {
	now := time.Now()
	l := &lane{s: s, number: number, w: w, heard: now, begun: now, proven: w.greeted}
	s.mu.Lock()
	l.server = s.server
	s.lanes = append(s.lanes, l)
	if old := s.holders[number]; old != nil && !old.closed {
		old.retired = true
	}
	s.holders[number] = l
	s.mu.Unlock()
	s.wg.Go(l.write)
	s.wg.Go(func() {
		err := l.read()
		if number == 0 && s.unheard() {
			s.cancel(firstFault(err))
		}
		err = roadFault(s.ctx, "courier.lane", err)
		l.end(err)
		if k := fault.KindOf(err); k == fault.Denied || k == fault.Untrusted || k == fault.Refused || k == fault.Unsupported {
			s.cancel(err)
		}
	})
	s.cond.Broadcast()
	return l
}

// firstFault is why a session ends whose first lane brought no stream.
func firstFault(err error) error {
	if fault.KindOf(err) == fault.Other && !refusedTLS(err) {
		return fmt.Errorf("%w: %w", errBroke, err)
	}
	return err
}

// unheard says whether nothing ever came from the centre.
func (s *session) unheard() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.answers
}

// hear takes in that something came over a lane.
func (s *session) hear(l *lane) {
	s.road.move()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.silent {
		s.silent = false
		s.back = now
	}
	s.heard, s.alive, l.heard, s.answers = now, now, now, true
	if l.tested {
		l.tested = false
		s.lived++
	}
	l.tried = time.Time{}
	if l.doubted || l.replace || !l.proven {
		s.useSpares(now) // before l's turn: after a silence its kernel sends slowly
		l.doubted, l.replace, l.proven = false, false, true
		s.cond.Broadcast()
	}
}

// load puts the next piece for a lane behind buf; false when there is none now.
// The caller holds s.mu.
func (s *session) load(l *lane, buf []byte) ([]byte, bool) {
	if s.pause || l.doubted || l.retired || l.replace || l.lent || l.spare || !l.known && s.several() {
		return buf, false
	}
	c := s.freight.next(l)
	if c == nil {
		return buf, false
	}
	n := s.window.piece(s.slots)
	if under := s.onTheWay(time.Now()); under > 0 && under+n/2 > s.window.size {
		s.window.limited = true
		return buf, false
	}
	if l.bytes > 0 && l.bytes+n > max(int(laneShare*float64(s.window.size))/max(s.slots, 1), 2*n) {
		return buf, false // a loss would hold up too much of the window
	}
	n = s.road.cap.piece(n)
	if c.packed != nil {
		n = len(c.packed)
	}
	if wait := s.road.cap.take(n); wait > 0 {
		s.later(wait)
		return buf, false
	}
	if l.cargo != c {
		buf = parcel.AppendBlob(buf, parcel.BlobSize{Hash: c.Hash, Size: c.Size})
		l.cargo = c
	}
	c.lane, c.server = l, l.server
	now := time.Now()
	if len(l.flight) == 0 {
		l.begun = now
	}
	var p sent
	if c.packed != nil && len(c.todo) == 1 && c.todo[0] == [2]int64{0, c.Size} {
		c.todo = nil
		p = sent{cargo: c, from: 0, to: c.Size, bytes: n, turn: c.turn}
		buf = append(parcel.AppendHead(buf, parcel.FramePacked, n), c.packed...)
	} else {
		x := c.todo.take(int64(min(n, maxPiece)))
		p = sent{cargo: c, from: x[0], to: x[1], bytes: int(x[1] - x[0]), turn: c.turn}
		buf = parcel.AppendData(buf, x[0], c.content[x[0]:x[1]])
	}
	l.sent += uint64(p.bytes)
	p.end = l.sent
	l.flight = append(l.flight, p)
	l.times = append(l.times, stamp{l.sent, p.bytes, now})
	l.bytes += p.bytes
	return buf, true
}

// underWay is the bytes on lanes that work: what is stuck on others must not
// keep these from sending. The caller holds s.mu.
func (s *session) underWay() (n int) {
	for _, l := range s.lanes {
		if !l.closed && !l.doubted && !l.retired {
			n += l.bytes
		}
	}
	return n
}

// onTheWay is underWay without the lanes that repair a loss. The caller holds
// s.mu.
func (s *session) onTheWay(now time.Time) (n int) {
	old := s.window.stall()
	for _, l := range s.lanes {
		if !l.closed && !l.doubted && !l.retired && (len(l.times) == 0 || now.Sub(l.times[0].at) < old) {
			n += l.bytes
		}
	}
	return n
}

// later wakes the lanes that wait for the cap. The caller holds s.mu.
func (s *session) later(d time.Duration) {
	if s.waits {
		return
	}
	s.waits = true
	s.wg.Go(func() {
		select {
		case <-time.After(d):
		case <-s.ctx.Done():
		}
		s.mu.Lock()
		s.waits = false
		s.mu.Unlock()
		s.cond.Broadcast()
	})
}

// took takes in that the centre has all bytes of a lane up to n.
func (s *session) took(l *lane, n uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > l.sent {
		return errors.New("more was taken than was sent")
	}
	now := time.Now()
	for len(l.times) > 0 && l.times[0].end <= n {
		s.window.ack(now, now.Sub(l.times[0].at), l.times[0].bytes)
		l.times = l.times[1:]
	}
	for len(l.flight) > 0 && !l.closed {
		p := &l.flight[0]
		begun := p.end - uint64(p.bytes)
		if n <= begun {
			break
		}
		part := int(n - begun)
		if n >= p.end {
			part = p.bytes
		} else if p.bytes != int(p.to-p.from) {
			break // a packed one counts whole
		}
		done := int64(part)
		if p.bytes != int(p.to-p.from) {
			done = p.to - p.from
		}
		news, whole := s.freight.got(*p, p.from, p.from+done)
		s.road.count(p.PendingBlob, int(news))
		l.bytes -= part
		p.from += done
		p.bytes -= part
		if whole {
			s.tell()
		}
		if n >= p.end {
			l.flight = l.flight[1:]
			continue
		}
		break
	}
	l.lent = l.lent && len(l.flight) > 0
	s.cond.Broadcast()
	return nil
}

// doubt takes over what was under way on a lane that is closed. The caller
// holds s.mu.
func (s *session) doubt(l *lane) {
	for _, p := range l.flight {
		if p.turn != p.cargo.turn {
			continue // it was asked about since
		}
		if p.alone && p.home == l && p.state == going {
			s.freight.anew(p.cargo) // whoever takes it over is to ask its own server
		} else if !p.alone {
			s.doubts = append(s.doubts, p)
		}
	}
	l.flight, l.times, l.bytes = nil, nil, 0
	for _, a := range s.asks {
		if a.lane == l {
			a.lane = nil
		}
	}
}

func (s *session) tell() {
	select {
	case s.events <- struct{}{}:
	default:
	}
}

func (s *session) refused(r *parcel.Refused) {
	s.mu.Lock()
	s.refusal = append(s.refusal, r)
	if c := s.freight.all[r.Hash]; c != nil {
		c.state = refusedCargo
		s.freight.unload(c)
	}
	s.mu.Unlock()
	s.tell()
}

func (s *session) answered(l *lane, a *parcel.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.asks[a.ID]
	if p == nil {
		return // answered already
	}
	delete(s.asks, a.ID)
	p.from = l
	p.answer <- a
}

// lack asks what the centre lacks of some blobs, a certain server where that can
// be, and says over which lane it answered.
func (s *session) lack(ctx context.Context, server string, blobs []parcel.BlobSize) ([]parcel.Lack, *lane, error) {
	a, from, err := s.roundTrip(ctx, server, func(id uint32) ([]byte, error) { return parcel.AppendLack(nil, id, blobs), nil })
	if err != nil {
		return nil, nil, err
	}
	out, err := parcel.ParseLacking(a.Body, blobs)
	if err != nil {
		return nil, nil, fault.New("courier.lack", fault.Untrusted, err)
	}
	return out, from, nil
}

// roundTrip sends a question that frame makes of its number, to a certain server
// where that can be, and waits for the answer, over whichever lane it comes.
func (s *session) roundTrip(ctx context.Context, server string, frame func(id uint32) ([]byte, error)) (*parcel.Answer, *lane, error) {
	p := &pendingAsk{server: server, answer: make(chan *parcel.Answer, 1)}
	s.mu.Lock()
	s.lastAsk++
	id := s.lastAsk
	var err error
	if p.frame, err = frame(id); err != nil {
		s.mu.Unlock()
		return nil, nil, err
	}
	s.asks[id] = p
	s.road.cap.spend(len(p.frame))
	s.give(p)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.asks, id)
		s.mu.Unlock()
	}()
	select {
	case a := <-p.answer:
		return a, p.from, nil
	case <-s.ctx.Done():
		return nil, nil, context.Cause(s.ctx)
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

// give puts a question on the best lane there is; without one it waits for the
// next look. The caller holds s.mu.
func (s *session) give(p *pendingAsk) {
	l := s.best(p.server)
	if l == nil {
		return
	}
	p.lane = l
	l.control = append(l.control, p.frame)
	s.cond.Broadcast()
}

// best is the lane with the least under way that works, of those that end at a
// server where there are any. The caller holds s.mu.
func (s *session) best(server string) *lane {
	var best *lane
	for _, l := range s.lanes {
		if l.closed || l.doubted || l.retired || l.replace || l.spare {
			continue
		}
		if best == nil || l.better(best, server) {
			best = l
		}
	}
	return best
}

func (l *lane) better(than *lane, server string) bool {
	switch there := l.server == server; {
	case server != "" && there != (than.server == server):
		return there
	case l.proven != than.proven:
		return l.proven
	}
	return l.bytes < than.bytes
}

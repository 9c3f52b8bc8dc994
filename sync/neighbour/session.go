package neighbour

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Times of a session.
const (
	pingEvery = 5 * time.Second
	silence   = 20 * time.Second // then the other is gone
	lookEvery = time.Second      // whether the other was shut out
)

// session is the connection with one laptop.
type session struct {
	room   *Room
	conn   *tls.Conn
	peer   uuid.UUID
	way    Way
	lower  bool // dialled by the lower of the two ids
	began  time.Time
	cancel context.CancelFunc
	out    chan frame
	back   chan frame // answers

	// Of the one that gives.
	giving atomic.Bool          // not all has been offered since the last look
	given  map[uuid.UUID]uint32 // case → version that was offered last
	told   Hello
	carry  string // what was last said of parcels to be carried
	handed time.Time
	urgent bool // a case went over, so its records are to follow at once
	posted map[uuid.UUID]time.Time

	// Of the one that takes.
	greeted bool
	version atomic.Int32 // of the other's hello
	coming  *coming
	broke   error // why nothing more can be read
	shut    error // why it was cut: one of the two was shut out
}

// serve exchanges with whoever is at the other end until the connection ends;
// it fails when that ended before they had met.
func (r *Room) serve(ctx context.Context, conn *tls.Conn, dialled bool, way Way) error {
	defer conn.Close()
	state := conn.ConnectionState()
	name, _, err := seal.NeighbourDevice(&state)
	if err != nil {
		return err
	}
	peer, err := uuid.Parse(name)
	if err != nil {
		return fault.New("neighbour.serve", fault.Untrusted, errors.New("certificate of no device"))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &session{room: r, conn: conn, peer: peer, way: way, cancel: cancel, began: time.Now(),
		lower: (slices.Compare(r.self[:], peer[:]) < 0) == dialled,
		out:   make(chan frame, 4), back: make(chan frame, 1), given: map[uuid.UUID]uint32{}, posted: map[uuid.UUID]time.Time{}}
	if !r.enter(s) {
		return nil
	}
	var wg sync.WaitGroup
	wg.Go(func() { defer cancel(); s.write(ctx) })
	wg.Go(func() { defer cancel(); s.listen(ctx) })
	wg.Go(func() { defer cancel(); s.watch(ctx) })
	wg.Go(func() {
		<-ctx.Done()
		conn.Close()
	})
	err = s.drive(ctx)
	cancel()
	wg.Wait()
	if s.shut != nil {
		err = s.shut
	}
	r.exit(s, err)
	if s.greeted {
		return nil
	}
	return refusedUs("neighbour.serve", s.broke)
}

// enter makes a session the one with its laptop, in place of a former one. Of
// two that were begun at the same time the one stays that the lower id dialled.
// One from afar takes no place of one in the room, and makes way for it.
func (r *Room) enter(s *session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.sessions[s.peer]; old != nil {
		if old.way == Near && s.way != Near {
			return false
		}
		if (old.way == Near) == (s.way == Near) && time.Since(old.began) < settling && old.lower && !s.lower {
			return false
		}
		old.cancel()
	}
	r.sessions[s.peer] = s
	return true
}

func (r *Room) exit(s *session, err error) {
	r.update(func() {
		if r.sessions[s.peer] != s {
			return // another took its place
		}
		delete(r.sessions, s.peer)
		p := r.peer(s.peer)
		p.Online = false
		if k := fault.KindOf(err); k != fault.Offline && k != fault.Cancelled {
			p.Err = err
		}
	})
}

func (s *session) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-s.out:
			_ = s.conn.SetWriteDeadline(time.Now().Add(silence))
			if _, err := s.conn.Write(f.encode()); err != nil {
				return
			}
		}
	}
}

// watch cuts the connection as soon as it is known here that the other laptop,
// or this one, was shut out, whatever goes over it just then.
func (s *session) watch(ctx context.Context) {
	for {
		woken := s.room.woken()
		if s.shut = s.room.may(s.peer.String()); s.shut != nil {
			s.conn.Close()
			return
		}
		t := time.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-woken:
			t.Stop()
		case <-t.C:
		}
	}
}

// listen reads what comes: answers for who asked, requests to be answered.
func (s *session) listen(ctx context.Context) {
	for ctx.Err() == nil {
		_ = s.conn.SetReadDeadline(time.Now().Add(silence))
		f, err := readFrame(s.conn)
		if err != nil {
			s.broke = err
			return
		}
		to, g := s.back, f
		if f.kind&answer == 0 {
			to, g = s.out, s.reply(ctx, f)
		}
		select {
		case to <- g:
		case <-ctx.Done():
			return
		}
	}
}

// reply answers one request.
func (s *session) reply(ctx context.Context, f frame) frame {
	v, err := s.handle(ctx, f)
	if err == nil {
		var b []byte
		if v != nil {
			b, err = json.Marshal(v)
		}
		if err == nil {
			s.room.seen(s.peer)
			return frame{f.kind | answer, b}
		}
	}
	s.room.log.Info("refused a neighbour", "device", s.peer.String(), "kind", int(f.kind), "error", err.Error())
	b, _ := json.Marshal(parcel.Problem{Kind: fault.KindOf(err).String()}) // strings and a number
	return frame{kindRefusal, b}
}

func (r *Room) seen(device uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.peers[device]; p != nil {
		p.Seen = time.Now()
	}
}

func (s *session) handle(ctx context.Context, f frame) (any, error) {
	const op = "neighbour.handle"
	if !s.greeted && f.kind != kindHello {
		return nil, fault.New(op, fault.Denied, errors.New("no hello"))
	}
	switch f.kind {
	case kindOffer, kindWhole, kindCarry, kindHanded, kindReceipts:
		// Nothing is taken in, or given word of, between the list and the cut.
		if err := s.room.may(s.peer.String()); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	switch f.kind {
	case kindHello:
		return nil, s.greet(ctx, f.body)
	case kindOffer:
		return s.takeOffer(ctx, f.body)
	case kindPiece:
		return nil, s.takePiece(ctx, f.body)
	case kindWhole:
		return s.takeWhole(ctx, f.body)
	case kindBlob:
		return nil, s.takeBlob(ctx, f.body)
	case kindCarry:
		return s.takeCarry(ctx, f.body)
	case kindHanded:
		return nil, s.takeHanded(ctx, f.body)
	case kindReceipts:
		return nil, s.takeReceipts(ctx, f.body)
	case kindPing:
		return nil, nil
	}
	return nil, fault.New(op, fault.Unsupported, errors.New("kind of frame"))
}

// ask sends a request and gives the answer's content. A refusal has the kind
// that the other named, and the end of the connection is fault.Offline.
func (s *session) ask(ctx context.Context, f frame) ([]byte, error) {
	const op = "neighbour.ask"
	select {
	case s.out <- f:
	case <-ctx.Done():
		return nil, fault.New(op, fault.Offline, ctx.Err())
	}
	select {
	case <-ctx.Done():
		return nil, fault.New(op, fault.Offline, ctx.Err())
	case got := <-s.back:
		switch got.kind {
		case f.kind | answer:
			return got.body, nil
		case kindRefusal:
			return nil, refusal(got.body)
		}
		s.cancel()
		return nil, fault.New(op, fault.Untrusted, errors.New("an answer to another question"))
	}
}

func refusal(b []byte) error {
	p, err := read[parcel.Problem](b)
	if err != nil {
		return err
	}
	kind := fault.Refused
	for _, k := range fault.Kinds() {
		if k.String() == p.Kind && k != fault.Other && k != fault.Offline && k != fault.Cancelled {
			kind = k
		}
	}
	return fault.New("neighbour.refusal", kind, errors.New("the other laptop refused"))
}

// put sends a request with JSON and reads the answer into v, unless it is nil.
func (s *session) put(ctx context.Context, kind byte, q any, v any) error {
	f, err := message(kind, q)
	if err != nil {
		return err
	}
	b, err := s.ask(ctx, f)
	if err != nil || v == nil {
		return err
	}
	if json.Unmarshal(b, v) != nil {
		return fault.New("neighbour.put", fault.Untrusted, errors.New("answer"))
	}
	return nil
}

// drive gives what there is to give, again and again, until the connection
// ends.
func (s *session) drive(ctx context.Context) error {
	for {
		woken := s.room.woken()
		// It may have been shut out since.
		if err := s.room.may(s.peer.String()); err != nil {
			return err
		}
		s.giving.Store(true)
		if err := s.give(ctx); err != nil {
			return err
		}
		s.giving.Store(false)
		t := time.NewTimer(pingEvery)
		select {
		case <-ctx.Done():
			t.Stop()
			return fault.New("neighbour.drive", fault.Offline, ctx.Err())
		case <-woken:
			t.Stop()
		case <-t.C:
			if _, err := s.ask(ctx, frame{kind: kindPing}); err != nil {
				return err
			}
		}
	}
}

// greet takes a hello: the laptop is in the room from now on.
func (s *session) greet(ctx context.Context, b []byte) error {
	const op = "neighbour.greet"
	var h Hello
	// What a later version adds is passed over.
	if len(b) > parcel.MaxJSON || json.Unmarshal(b, &h) != nil {
		return fault.New(op, fault.Input, errors.New("hello"))
	}
	if h.Version < 1 || len(h.Point) > 300 || len(h.Name) > 8 || len(h.Stations) > len(loan.Stations()) {
		return fault.New(op, fault.Input, errors.New("hello"))
	}
	device, err := s.room.meetAuthor(ctx, h.Passport)
	if err != nil {
		return err
	}
	if device != s.peer {
		return fault.New(op, fault.Untrusted, errors.New("another laptop's passport"))
	}
	h.Stations = slices.DeleteFunc(h.Stations, func(st loan.Station) bool { return !st.Known() })
	s.greeted = true
	s.version.Store(int32(min(h.Version, 1000)))
	s.room.update(func() {
		p := s.room.peer(s.peer)
		p.Way = s.way
		p.Name, p.Point, p.Stations, p.Online, p.Seen, p.Err = h.Name, h.Point, h.Stations, true, time.Now(), nil
		s.room.state.Err = nil
	})
	return nil
}

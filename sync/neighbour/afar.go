package neighbour

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Times of the road to other places.
const (
	lookAfar = 30 * time.Second // between two questions who can be called
	mostWait = time.Minute      // between two calls of one laptop that fail
	maxAfar  = 64               // laptops that are called, or that call, at once
)

// Way is how a laptop is reached.
type Way int

// The ways: in the room, or from another place.
const (
	Near    Way = iota // on the local network
	Direct             // from afar, and nobody between
	Relayed            // from afar, the centre passes on what it cannot read
)

// Afar is the road to the county's laptops in other places. What Call and
// Answer give is TLS 1.3 between two devices that have shown certificates; who
// called whom was told by the centre, and is not taken for granted.
type Afar struct {
	Who    func(ctx context.Context) ([]parcel.PeerDevice, error)
	Call   func(ctx context.Context, device uuid.UUID) (conn *tls.Conn, relayed bool, err error)
	Answer func(ctx context.Context, take func(conn *tls.Conn, device uuid.UUID, relayed bool)) error
}

// Other is a laptop of the county that can be called.
type Other = parcel.PeerDevice

// Distance is what the window shows of laptops in other places.
type Distance struct {
	On     bool
	Err    error   // why nobody can be called; nil when the centre answers
	Asked  bool    // the centre has answered once
	Others []Other // who can be called now, by point
}

// reach is one run of Reach.
type reach struct {
	*Room
	road Afar
	keys *seal.Room
	wg   sync.WaitGroup

	mu    sync.Mutex
	fails map[uuid.UUID]int
	next  map[uuid.UUID]time.Time
	busy  map[uuid.UUID]bool
	calls int // connections from who calls
}

// Reach lets laptops of the county in other places call this one, and calls
// those that Call named, anew when a connection ends, until ctx ends; it then
// gives fault.Cancelled, after all its goroutines have ended. The room on the
// local network need not be on.
func (r *Room) Reach(ctx context.Context, road Afar) error {
	const op = "neighbour.Reach"
	r.reaching.Lock()
	defer r.reaching.Unlock()
	f := &reach{Room: r, road: road, keys: seal.NewRoom(r.profile.CountyKey),
		fails: map[uuid.UUID]int{}, next: map[uuid.UUID]time.Time{}, busy: map[uuid.UUID]bool{}}
	defer f.keys.Forget()
	r.update(func() { r.state.Afar = Distance{On: true} })
	defer r.update(func() {
		r.state.Afar = Distance{}
		for _, p := range r.peers {
			if p.Way != Near {
				p.Online = false
			}
		}
	})
	f.wg.Go(func() { f.answer(ctx) })
	f.wg.Go(func() { f.look(ctx) })
	f.wg.Go(func() {
		if err := f.tidy(ctx); err != nil && ctx.Err() == nil {
			f.log.Warn("tidy", "error", err.Error())
		}
	})
	f.call(ctx)
	f.wg.Wait()
	return fault.New(op, fault.Cancelled, ctx.Err())
}

// answer takes calls.
func (f *reach) answer(ctx context.Context) {
	for {
		err := f.road.Answer(ctx, func(conn *tls.Conn, device uuid.UUID, relayed bool) {
			defer conn.Close()
			f.mu.Lock()
			full := f.calls >= maxAfar
			if !full {
				f.calls++
			}
			f.mu.Unlock()
			if full {
				return
			}
			err := f.meet(ctx, conn, device, relayed, false)
			f.mu.Lock()
			f.calls--
			f.mu.Unlock()
			if err != nil {
				f.log.Info("call not taken", "device", device.String(), "kind", fault.KindOf(err).String())
			}
		})
		if ctx.Err() != nil {
			return
		}
		f.log.Info("no calls taken", "error", err.Error())
		if !pause(ctx, redial) {
			return
		}
	}
}

// look asks who can be called, and learns by that whether the centre answers.
func (f *reach) look(ctx context.Context) {
	for {
		others, err := f.road.Who(ctx)
		if ctx.Err() != nil {
			return
		}
		others = slices.DeleteFunc(others, func(d parcel.PeerDevice) bool { return d.Device == f.self || len(d.Point) > 300 })
		slices.SortFunc(others, func(a, b parcel.PeerDevice) int {
			if c := strings.Compare(a.Point, b.Point); c != 0 {
				return c
			}
			return slices.Compare(a.Device[:], b.Device[:])
		})
		f.update(func() {
			d := &f.state.Afar
			if d.Err = err; err == nil {
				d.Asked, d.Others = true, others
			}
		})
		wait := lookAfar
		if err != nil {
			wait = 2 * redial
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-f.looks:
		case <-t.C:
		}
		t.Stop()
	}
}

// Look asks the centre at once who can be called, where Reach runs.
func (r *Room) Look() {
	select {
	case r.looks <- struct{}{}:
	default:
	}
}

// call keeps a connection with every laptop that is to be called.
func (f *reach) call(ctx context.Context) {
	t := time.NewTicker(redial)
	defer t.Stop()
	for {
		woken := f.woken()
		f.Room.mu.Lock()
		var to []uuid.UUID
		for d, again := range f.called {
			if f.sessions[d] == nil {
				to = append(to, d)
			}
			if again {
				f.called[d] = false
				f.mu.Lock()
				delete(f.fails, d)
				delete(f.next, d)
				f.mu.Unlock()
			}
		}
		f.Room.mu.Unlock()
		for _, d := range to {
			f.begin(ctx, d)
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-t.C:
		}
	}
}

func (f *reach) begin(ctx context.Context, device uuid.UUID) {
	f.mu.Lock()
	wait := f.busy[device] || time.Now().Before(f.next[device])
	if !wait {
		f.busy[device] = true
	}
	f.mu.Unlock()
	if wait {
		return
	}
	f.wg.Go(func() {
		err := f.dial(ctx, device)
		f.mu.Lock()
		delete(f.busy, device)
		if err == nil {
			f.fails[device] = 0
		} else {
			f.fails[device]++
			f.next[device] = time.Now().Add(min(redial<<min(f.fails[device], 8), mostWait))
		}
		f.mu.Unlock()
		if ctx.Err() == nil {
			f.update(func() {
				if _, ok := f.called[device]; ok {
					f.peer(device).Err = err
				}
			})
		}
	})
}

func (f *reach) dial(ctx context.Context, device uuid.UUID) error {
	if err := f.may(device.String()); err != nil {
		return err
	}
	conn, relayed, err := f.road.Call(ctx, device)
	if err != nil {
		return err
	}
	defer conn.Close()
	return f.meet(ctx, conn, device, relayed, true)
}

// meet looks at who is at the other end as the door of the room does, whatever
// the road has looked at: the device meant, certified by this county's
// authority and not shut out; and by the knock, inside TLS and both ways, that
// it has the county's key. Then it serves the connection until it ends.
func (f *reach) meet(ctx context.Context, conn *tls.Conn, device uuid.UUID, relayed, dialled bool) error {
	const op = "neighbour.meet"
	end := context.AfterFunc(ctx, func() { conn.Close() })
	defer end()
	_ = conn.SetDeadline(time.Now().Add(shakeTime))
	if err := conn.HandshakeContext(ctx); err != nil {
		return fault.New(op, fault.Offline, errors.New("handshake broke off"))
	}
	state := conn.ConnectionState()
	if err := f.tls.VerifyConnection(state); err != nil {
		return fault.Wrap(op, err)
	}
	if name, _, err := seal.NeighbourDevice(&state); err != nil || name != device.String() {
		return fault.Tell(op, fault.Untrusted, "接听的不是所呼叫的电脑，没有连接。", errors.New("another laptop's certificate"))
	}
	first, second := f.keys.Answer, f.keys.Knock
	if dialled {
		first, second = second, first
	}
	if err := first(conn); err != nil {
		return fault.Wrap(op, err)
	}
	if err := second(conn); err != nil {
		return fault.Wrap(op, err)
	}
	_ = conn.SetDeadline(time.Time{})
	way := Direct
	if relayed {
		way = Relayed
	}
	return f.serve(ctx, conn, dialled, way)
}

// Call asks to reach a laptop in another place while Reach runs, anew whenever
// the connection ends, until HangUp.
func (r *Room) Call(device uuid.UUID) error {
	const op = "neighbour.Call"
	if err := r.may(device.String()); err != nil {
		return fault.Wrap(op, err)
	}
	r.mu.Lock()
	_, there := r.called[device]
	if !there && len(r.called) >= maxAfar {
		r.mu.Unlock()
		return fault.New(op, fault.TooLarge, errors.New("calls"))
	}
	r.called[device] = true
	r.mu.Unlock()
	r.update(func() {
		p := r.peer(device)
		p.Err = nil
		for _, o := range r.state.Afar.Others {
			if o.Device == device && p.Point == "" {
				p.Point = o.Point
			}
		}
		if !p.Online {
			p.Way = Direct
		}
	})
	r.Wake()
	return nil
}

// HangUp ends the connection with a laptop in another place, and calls it no
// more.
func (r *Room) HangUp(device uuid.UUID) {
	r.update(func() {
		delete(r.called, device)
		if s := r.sessions[device]; s != nil {
			if s.way != Near {
				s.cancel()
			}
		} else if p := r.peers[device]; p != nil && p.Way != Near {
			p.Err = nil
		}
	})
}

// Called says whether a laptop is to be called.
func (r *Room) Called(device uuid.UUID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.called[device]
	return ok
}

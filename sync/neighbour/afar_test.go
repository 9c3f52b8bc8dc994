package neighbour

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// exchange joins laptops as a centre would that says whatever it is told to:
// over TCP, with the TLS of the road, and nothing looked at.
type exchange struct {
	t     testing.TB
	mu    sync.Mutex
	take  map[uuid.UUID]func(*tls.Conn, uuid.UUID, bool)
	under []net.Conn
	as    map[uuid.UUID]uuid.UUID // who is named to the one called, in place of the caller
	to    map[uuid.UUID]uuid.UUID // who is really joined, in place of the one called
}

func newExchange(t testing.TB) *exchange {
	return &exchange{t: t, take: map[uuid.UUID]func(*tls.Conn, uuid.UUID, bool){}, as: map[uuid.UUID]uuid.UUID{}, to: map[uuid.UUID]uuid.UUID{}}
}

// blind is TLS between two laptops in which neither looks at the other.
func blind(l *laptop) *tls.Config {
	p := l.Profile()
	return &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"doorstep-neighbour/1"}, ClientAuth: tls.RequireAnyClientCert, InsecureSkipVerify: true,
		Certificates: []tls.Certificate{{Certificate: [][]byte{p.CertDER}, PrivateKey: p.Signer.Crypto()}}}
}

func (x *exchange) road(l *laptop, all ...*laptop) Afar {
	return Afar{
		Who: func(context.Context) (out []parcel.PeerDevice, err error) {
			for _, o := range all {
				out = append(out, parcel.PeerDevice{Device: o.id(), Point: "测试乡受理点"})
			}
			return out, nil
		},
		Call: func(ctx context.Context, device uuid.UUID) (*tls.Conn, bool, error) {
			x.mu.Lock()
			real, ok := x.to[device]
			if !ok {
				real = device
			}
			take, from := x.take[real], l.id()
			if as, ok := x.as[from]; ok {
				from = as
			}
			x.mu.Unlock()
			var other *laptop
			for _, o := range all {
				if o.id() == real {
					other = o
				}
			}
			if take == nil || other == nil {
				return nil, false, fault.New("call", fault.Offline, errors.New("nobody"))
			}
			a, b := tcpPair(x.t)
			x.mu.Lock()
			x.under = append(x.under, a, b)
			x.mu.Unlock()
			server := tls.Server(b, blind(other))
			go func() {
				if server.HandshakeContext(ctx) == nil {
					take(server, from, true)
				}
				b.Close()
			}()
			client := tls.Client(a, blind(l))
			return client, true, client.HandshakeContext(ctx)
		},
		Answer: func(ctx context.Context, take func(*tls.Conn, uuid.UUID, bool)) error {
			var wg sync.WaitGroup
			x.mu.Lock()
			x.take[l.id()] = func(c *tls.Conn, d uuid.UUID, relayed bool) {
				x.mu.Lock()
				ok := x.take[l.id()] != nil
				if ok {
					wg.Add(1)
				}
				x.mu.Unlock()
				if ok {
					defer wg.Done()
					take(c, d, relayed)
				}
			}
			x.mu.Unlock()
			<-ctx.Done()
			x.mu.Lock()
			delete(x.take, l.id())
			x.mu.Unlock()
			wg.Wait()
			return fault.New("answer", fault.Cancelled, ctx.Err())
		},
	}
}

func tcpPair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return net.Pipe()
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err == nil {
		b, err = l.Accept()
	}
	if err != nil {
		t.Error(err)
	}
	return a, b
}

// cut ends every connection that was made.
func (x *exchange) cut() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.under {
		c.Close()
	}
	x.under = nil
}

// afar switches a laptop's road to other places on; its room stays off.
func (l *laptop) afar(x *exchange, all ...*laptop) *laptop {
	l.t.Helper()
	r, err := New(Config{Store: l.Store, Alone: true})
	if err != nil {
		l.t.Fatal(err)
	}
	l.room = r
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Reach(ctx, x.road(l, all...)) }()
	l.stop = func() {
		cancel()
		if err := <-done; fault.KindOf(err) != fault.Cancelled {
			l.t.Errorf("it ended with %v", err)
		}
		l.stop = func() {}
	}
	until(l.t, "it takes calls", func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.take[l.id()] != nil
	})
	return l
}

func (l *laptop) way(o *laptop) (p Peer) {
	for _, p := range l.room.State().Peers {
		if p.Device == o.id() {
			return p
		}
	}
	return p
}

func TestACaseGoesToAnotherPlace(t *testing.T) {
	c := newCounty(t)
	a, b := c.laptop(t), c.laptop(t)
	x := newExchange(t)
	a.afar(x, a, b)
	b.afar(x, a, b)
	t.Run("who can be called is known, and not oneself", func(t *testing.T) {
		until(t, "the centre has answered", func() bool { return a.room.State().Afar.Asked })
		if o := a.room.State().Afar.Others; len(o) != 1 || o[0].Device != b.id() {
			t.Errorf("got %+v", o)
		}
	})
	id, secret, paper := a.open(), a.open(), noise(7, 900_000)
	a.edit(id, "student.name", "韦小花")
	a.scan(id, paper)
	if err := a.room.Call(b.id()); err != nil {
		t.Fatal(err)
	}
	until(t, "the two meet", func() bool { return a.sees(b) && b.sees(a) })
	if got := a.way(b); got.Way != Relayed || b.way(a).Way != Relayed {
		t.Errorf("the way is %v", got.Way)
	}
	a.pass(id, b, loan.CheckStation)
	until(t, "b holds the case", func() bool { return b.holds(id) })
	if there, err := b.HoldsBlob(t.Context(), b.BlobName(paper)); !there || err != nil || b.get(secret) != nil {
		t.Errorf("the image %v, %v; another case came: %v", there, err, b.get(secret) != nil)
	}
	t.Run("the connection ends, and it is called again", func(t *testing.T) {
		x.cut()
		b.edit(id, "student.phone", "13800000000")
		until(t, "a hears of it", func() bool { return a.get(id).App.Student.Phone == "13800000000" })
	})
	t.Run("a laptop that is shut out meanwhile is let go, and not called", func(t *testing.T) {
		if err := a.SetSetting(t.Context(), store.RevokedDevice+b.id().String(), true); err != nil {
			t.Fatal(err)
		}
		a.room.Wake()
		until(t, "a lets go", func() bool { return !a.sees(b) && fault.KindOf(a.way(b).Err) == fault.Denied })
		if err := a.room.Call(b.id()); fault.KindOf(err) != fault.Denied {
			t.Errorf("got %v", err)
		}
	})
	t.Run("hung up, it is called no more", func(t *testing.T) {
		a.room.HangUp(b.id())
		if a.room.Called(b.id()) {
			t.Error("it is called")
		}
	})
	t.Run("switched off, it is over", func(t *testing.T) {
		b.stop()
		if s := b.room.State(); s.Afar.On || b.sees(a) {
			t.Errorf("got %+v", s.Afar)
		}
	})
}

// Whatever the road says and lets through, a laptop looks for itself.
func TestWhoIsRefusedFromAfar(t *testing.T) {
	c, d := newCounty(t), newCounty(t)
	otherKey := &county{c.ca, seal.NewKey()} // of one centre, but another county
	for name, k := range map[string]struct {
		prepare func(x *exchange, a, b, o *laptop)
		b       func(t testing.TB) *laptop
		want    fault.Kind // at the caller
	}{
		"of another county's authority":              {b: d.laptop, want: fault.Untrusted},
		"of one authority, without the county's key": {b: otherKey.laptop, want: fault.Offline},
		"of which it is known that it was shut out": {b: c.laptop, want: fault.Denied, prepare: func(_ *exchange, a, b, _ *laptop) {
			if err := a.SetSetting(context.Background(), store.RevokedDevice+b.id().String(), true); err != nil {
				t.Error(err)
			}
		}},
		"that knows that the caller was shut out": {b: c.laptop, want: fault.Offline, prepare: func(_ *exchange, a, b, _ *laptop) {
			if err := b.SetSetting(context.Background(), store.RevokedDevice+a.id().String(), true); err != nil {
				t.Error(err)
			}
		}},
		"that is another than the one called": {b: c.laptop, want: fault.Untrusted, prepare: func(x *exchange, _, b, o *laptop) { x.to[b.id()] = o.id() }},
		"to which another name is told":       {b: c.laptop, want: fault.Offline, prepare: func(x *exchange, a, _, o *laptop) { x.as[a.id()] = o.id() }},
	} {
		t.Run(name, func(t *testing.T) {
			a, b, o := c.laptop(t), k.b(t), c.laptop(t)
			x := newExchange(t)
			if k.prepare != nil {
				k.prepare(x, a, b, o)
			}
			for _, l := range []*laptop{a, b, o} {
				l.afar(x, a, b, o)
			}
			id := a.open()
			a.pass(id, b, loan.CheckStation)
			err := a.room.Call(b.id())
			if err == nil {
				until(t, "the call fails", func() bool { return a.way(b).Err != nil })
				err = a.way(b).Err
			}
			if fault.KindOf(err) != k.want {
				t.Errorf("got %v, want %v", err, k.want)
			}
			time.Sleep(50 * time.Millisecond)
			if a.sees(b) || b.sees(a) || b.get(id) != nil || o.get(id) != nil {
				t.Error("they met, or something came")
			}
		})
	}
}

func TestOneInTheRoomIsNotCalledAway(t *testing.T) {
	c := newCounty(t)
	a, b := c.laptop(t).on(), c.laptop(t).on()
	a.meet(b)
	x := newExchange(t)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, l := range []*laptop{a, b} {
		wg.Go(func() { _ = l.room.Reach(ctx, x.road(l, a, b)) })
	}
	if err := a.room.Call(b.id()); err != nil {
		t.Fatal(err)
	}
	until(t, "both are on", func() bool { return a.room.State().Afar.Asked && b.room.State().Afar.Asked })
	if a.way(b).Way != Near || !a.sees(b) {
		t.Errorf("got %+v", a.way(b))
	}
	stop()
	wg.Wait()
	if !a.sees(b) {
		t.Error("the room ended too")
	}
}

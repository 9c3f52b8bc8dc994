package main

import (
	"context"
	"crypto/tls"
	"path/filepath"
	"sync"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"doorstep/sync/neighbour"
	"github.com/google/uuid"
)

// farLaptop is a laptop whose 远程协作 is on: it takes calls through the centre.
type farLaptop struct {
	*laptop
	room *neighbour.Room

	mu    sync.Mutex
	conns []*tls.Conn // that it made by calling
}

func (l *laptop) remote(t testing.TB, change func(*courier.PeersConfig)) *farLaptop {
	t.Helper()
	cfg := courier.PeersConfig{Profile: l.Profile(), Loopback: true}
	change(&cfg)
	peers, err := courier.NewPeers(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r, err := neighbour.New(neighbour.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	f := &farLaptop{laptop: l, room: r}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- r.Reach(ctx, neighbour.Afar{Who: peers.Who, Answer: peers.Answer, Call: func(ctx context.Context, device uuid.UUID) (*tls.Conn, bool, error) {
			conn, relayed, err := peers.Call(ctx, device)
			if err == nil {
				f.mu.Lock()
				f.conns = append(f.conns, conn)
				f.mu.Unlock()
			}
			return conn, relayed, err
		}})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; fault.KindOf(err) != fault.Cancelled {
			t.Errorf("it ended with %v", err)
		}
		peers.Close()
	})
	return f
}

// cut kills what is under the connections that the laptop made; how many.
func (f *farLaptop) cut() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.conns)
	for _, c := range f.conns {
		c.NetConn().Close()
	}
	f.conns = nil
	return n
}

func (f *farLaptop) peer(o *laptop) (p neighbour.Peer) {
	for _, p := range f.room.State().Peers {
		if p.Device == o.Profile().Device {
			return p
		}
	}
	return p
}

func (f *farLaptop) calls(t testing.TB, o *farLaptop) {
	t.Helper()
	soon(t, "the other is listed", func() bool {
		f.room.Look()
		for _, d := range f.room.State().Afar.Others {
			if d.Device == o.Profile().Device {
				return true
			}
		}
		return false
	})
	if err := f.room.Call(o.Profile().Device); err != nil {
		t.Fatal(err)
	}
}

// A case is passed on to another place by a call; its connection dies in the
// middle of it, again and again, and it arrives whole and once.
func TestACaseIsPassedOnByACall(t *testing.T) {
	for name, k := range map[string]struct {
		change func(*courier.PeersConfig)
		want   neighbour.Way
	}{"directly": {nothing, neighbour.Direct}, "through the centre": {viaCentre, neighbour.Relayed}} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
			a, b := newLaptop(t, s).remote(t, k.change), newLaptop(t, s).remote(t, k.change)
			a.calls(t, b)
			soon(t, "the two meet", func() bool { return a.peer(b.laptop).Online && b.peer(a.laptop).Online })
			if got := a.peer(b.laptop).Way; got != k.want || b.peer(a.laptop).Way != k.want {
				t.Errorf("the way is %v, at the other %v, want %v", got, b.peer(a.laptop).Way, k.want)
			}
			paper := noise(name, 6<<20)
			id := a.draft(t, paper)
			a.commit(t, id, "practice-clerk", loan.ChangePass, loan.PassBody{To: b.Profile().Device, Station: loan.CheckStation, Name: "B"})
			a.room.Wake()
			soon(t, "it is being given", func() bool { return a.peer(b.laptop).Left == 1 })
			if a.cut() == 0 || b.holdsCase(id) {
				t.Error("it was not cut in the middle")
			}
			soon(t, "it is let go", func() bool { return !a.peer(b.laptop).Online || b.holdsCase(id) })
			soon(t, "the other one holds the case", func() bool { return b.holdsCase(id) })
			if there, err := b.HoldsBlob(t.Context(), b.BlobName(paper)); !there || err != nil {
				t.Errorf("the image did not come: %v", err)
			}
			if n := b.Count().Cases; n != 1 {
				t.Errorf("%d cases came", n)
			}
			ours, err := a.Changes(t.Context(), id)
			theirs, err2 := b.Changes(t.Context(), id)
			if err != nil || err2 != nil || len(ours) != len(theirs) {
				t.Errorf("%d changes at the giver, %d at the taker, %v %v", len(ours), len(theirs), err, err2)
			}
			b.finish(t, id)
			mustCarry(t, a.laptop, s.url)
			mustCarry(t, b.laptop, s.url)
			mustCarry(t, a.laptop, s.url)
			if h := heldCase(t, s, id); h.Status != "received" || !h.Whole() || h.Conflicts != 0 || h.Aside != 0 || len(s.holdings(t).Cases) != 1 {
				t.Errorf("the centre has %+v", h)
			}
			for _, l := range []*farLaptop{a, b} {
				if err := l.VerifyChain(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Who is not of the county, or was shut out, is not spoken to from afar either.
func TestWhoIsRefusedByACall(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	passed := func(t *testing.T, a *farLaptop, b *laptop) uuid.UUID {
		id := a.draft(t)
		a.commit(t, id, "practice-clerk", loan.ChangePass, loan.PassBody{To: b.Profile().Device, Station: loan.CheckStation, Name: "B"})
		return id
	}
	refused := func(t *testing.T, a, b *farLaptop, id uuid.UUID, want fault.Kind) {
		t.Helper()
		soon(t, "the call fails", func() bool { return a.peer(b.laptop).Err != nil })
		if err := a.peer(b.laptop).Err; fault.KindOf(err) != want {
			t.Errorf("got %v, want %v", err, want)
		}
		if _, err := b.Case(t.Context(), id); fault.KindOf(err) != fault.Missing || b.peer(a.laptop).Online {
			t.Errorf("they met, or the case came: %v", err)
		}
	}
	t.Run("a laptop with another county's key", func(t *testing.T) {
		b := newLaptopWith(t, s, func(p *store.Profile) { p.CountyKey = seal.NewKey() }).remote(t, nothing)
		a := newLaptop(t, s).remote(t, nothing)
		id := passed(t, a, b.laptop)
		a.calls(t, b)
		refused(t, a, b, id, fault.Offline)
	})
	t.Run("a laptop of another centre", func(t *testing.T) {
		other := startServer(t, filepath.Join(t.TempDir(), "other"), "127.0.0.1:0")
		b := newLaptop(t, other).remote(t, nothing)
		a := newLaptop(t, s).remote(t, nothing)
		id := passed(t, a, b.laptop)
		if err := a.room.Call(b.Profile().Device); err != nil {
			t.Fatal(err)
		}
		refused(t, a, b, id, fault.Missing)
	})
	t.Run("a laptop that was shut out", func(t *testing.T) {
		b := newLaptop(t, s).remote(t, nothing)
		a := newLaptop(t, s).remote(t, nothing)
		id := passed(t, a, b.laptop)
		c, err := central.Open(t.Context(), central.Options{Dir: s.dir, Beside: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Revoke(t.Context(), b.Profile().Device); err != nil {
			t.Fatal(err)
		}
		if err := a.room.Call(b.Profile().Device); err != nil {
			t.Fatal(err)
		}
		refused(t, a, b, id, fault.Missing)
		if err := b.room.Call(a.Profile().Device); err != nil {
			t.Fatal(err)
		}
		soon(t, "its own call fails", func() bool { return fault.KindOf(b.peer(a.laptop).Err) == fault.Denied })
		soon(t, "it is told why", func() bool { b.room.Look(); return b.room.State().Afar.Err != nil })
	})
}

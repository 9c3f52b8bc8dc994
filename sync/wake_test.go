package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/courier"
)

// begun is a courier that runs until end; nobody wakes it.
func begun(t *testing.T, c *courier.Courier) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	end = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(end)
	return end
}

// waitsFor waits until a courier waits for a reason.
func waitsFor(t *testing.T, c *courier.Courier, why fault.Kind) {
	t.Helper()
	for range 1200 {
		if s := c.State(); s.Reason == why && s.Err != nil && s.Phase == courier.Waiting {
			if in := time.Until(s.Next); in > time.Minute {
				t.Errorf("it waits for %v", in)
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("it never waited because of %v: %+v", why, c.State())
}

// No network, another centre in this one's place, a revoked certificate: after
// each the courier tries again by itself, with nothing new to send and no
// restart, and the queue is whole.
func TestItGoesOnByItselfAfterEachFailure(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	stranger := startServer(t, filepath.Join(t.TempDir(), "stranger"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 200_000))
	p := newProxy(t, s)
	device := func(verb string) {
		t.Helper()
		if code := run(t.Context(), []string{"device", verb, "--data", s.dir, "--id", l.Profile().Device.String()}, io.Discard, os.Stderr); code != exitOK {
			t.Fatalf("%s: exit %d", verb, code)
		}
	}
	to := func(s *server) { p.set(func() { p.to, p.down = s.url[len("https://"):], false }); p.cut(false) }
	p.cut(true)
	c := newCourier(t, l, p.url)
	begun(t, c)
	waitsFor(t, c, fault.Offline)
	to(stranger)
	waitsFor(t, c, fault.Untrusted)
	device("revoke")
	to(s)
	waitsFor(t, c, fault.Denied)
	wantAllWaiting(t, l)
	device("admit")
	for range 1800 {
		if l.status(t, id) == loan.Received {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("it did not go on: %+v", c.State())
}

// Paused, resumed, stopped and begun again between attempts and in the middle of
// one: whatever the laptop no longer lists as waiting is at the centre.
func TestPausedAndStoppedBetweenAttempts(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 800_000), noise("b", 800_000))
	p := newProxy(t, s)
	p.cut(true)
	pause := func(c *courier.Courier, on bool) {
		t.Helper()
		v := store.SyncSettings{Paused: on}
		if err := l.SetSyncSettings(t.Context(), v, store.Entry{Kind: loan.ChangeSetting, Operator: "practice-clerk", Body: loan.ViewBody{}}); err != nil {
			t.Fatal(err)
		}
		c.Obey(v)
	}
	for range 2 {
		c := newCourier(t, l, p.url)
		end := begun(t, c)
		waitsFor(t, c, fault.Offline)
		pause(c, true)
		wantAllWaiting(t, l)
		pause(c, false)
		end()
		wantAllWaiting(t, l)
	}
	var up atomic.Int64
	part := make(chan struct{})
	var once sync.Once
	p.set(func() {
		p.down = false
		p.up = func(n int) bool {
			time.Sleep(time.Millisecond)
			if up.Add(int64(n)) > 600_000 {
				once.Do(func() { close(part) })
			}
			return true
		}
	})
	c := newCourier(t, l, p.url)
	end := begun(t, c)
	<-part
	pause(c, true)
	end()
	p.cut(false)
	l.reopen(t)
	box, err := l.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if k := heldCase(t, s, id); len(box.Blobs) < k.Lacking || l.status(t, id) == loan.Received != k.Whole() {
		t.Errorf("%d blobs wait here, %d are lacking there; the laptop says %v", len(box.Blobs), k.Lacking, l.status(t, id))
	}
	pause(newCourier(t, l, p.url), false)
	mustCarry(t, l, p.url)
	if k := heldCase(t, s, id); !k.Whole() || l.status(t, id) != loan.Received {
		t.Errorf("centre %+v, laptop %v", k, l.status(t, id))
	}
}

// The clock is set back by two days while a case is on its way.
func TestAClockSetBackInMidSync(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	var ahead atomic.Int64
	ahead.Store(int64(48 * time.Hour))
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	k, err := store.Open(t.Context(), store.Options{Dir: l.dir, Cost: seal.CheapCost(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if l.Store, _, err = k.Unlock(t.Context(), "practice-clerk", []byte(password)); err != nil {
		t.Fatal(err)
	}
	id := l.finished(t, noise("a", 900_000))
	p := newProxy(t, s)
	var up atomic.Int64
	part := make(chan struct{})
	var once sync.Once
	p.set(func() {
		p.up = func(n int) bool {
			if up.Add(int64(n)) > 300_000 {
				once.Do(func() { close(part) })
			}
			return true
		}
	})
	c, err := courier.New(courier.Config{Store: l.Store, Server: p.url, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	done := carryOn(t, c)
	<-part
	ahead.Store(0)
	later := l.draft(t)
	l.edit(t, later, "student.name", "韦测甲")
	p.cut(false) // what is dialled now is judged by the other clock
	c.Wake()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	mustCarry(t, l, p.url)
	if k := heldCase(t, s, id); !k.Whole() || l.status(t, id) != loan.Received || k.Conflicts+k.Aside != 0 {
		t.Errorf("centre %+v, laptop %v", k, l.status(t, id))
	}
	if k := l.folded(t, later); k.App.Student.Name != "韦测甲" || len(k.Aside)+len(k.Conflicts) != 0 || heldCase(t, s, later).Changes != 2 {
		t.Errorf("what was written after it: %+v", k.App.Student)
	}
	if err := l.VerifyChain(t.Context()); err != nil {
		t.Error(err)
	}
}

// Beneath a laptop that runs on the centre is put back, and nobody says so: to a
// time when nothing had come, or when the records had come and the images had
// not, so that it holds as much of the chain as it acknowledged.
func TestACourierThatRunsOnFindsWhatTheCentreLost(t *testing.T) {
	for name, images := range map[string]bool{"everything, at the next contact": false, "images alone, within an hour": true} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
			l := newLaptop(t, s)
			addr := s.url[len("https://"):]
			s.stop()
			putBack := backedUp(t, s.dir)
			s = startServer(t, s.dir, addr)
			id := l.finished(t, noise("a", 9_000))
			var ahead atomic.Int64
			c, err := courier.New(courier.Config{Store: l.Store, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
			if err != nil {
				t.Fatal(err)
			}
			begun(t, c)
			until(t, "all is sent", func() bool { return c.State().AllSent && l.status(t, id) == loan.Received })
			s.stop()
			if images {
				loseBlobs(t, s.dir)
				ahead.Store(int64(time.Hour))
			} else {
				putBack()
			}
			again := startServer(t, s.dir, addr)
			until(t, "what it lost is there again", func() bool {
				c.Wake() // as a clerk's next save does
				return again.holdings(t).Blobs == 4 && c.State().AllSent
			})
			oneCase(t, again, l, id, 4)
		})
	}
}

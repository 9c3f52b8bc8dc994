package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// valve carries connections to a centre, counts what goes up each, and holds
// back what the centre answers.
type valve struct {
	url  string
	mu   sync.Mutex
	cond sync.Cond
	up   []int // bytes, of each connection
	open int   // connections that stand
	shut bool
}

func newValve(t *testing.T, s *server) *valve {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &valve{url: "https://" + ln.Addr().String()}
	v.cond.L = &v.mu
	var all sync.WaitGroup
	all.Go(func() {
		for {
			a, err := ln.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", s.url[len("https://"):])
			if err != nil {
				a.Close()
				continue
			}
			v.mu.Lock()
			i := len(v.up)
			v.up = append(v.up, 0)
			v.open++
			v.mu.Unlock()
			all.Go(func() { v.pump(b, a, func(n int) { v.up[i] += n }) })
			all.Go(func() {
				v.pump(a, b, func(int) {
					for v.shut {
						v.cond.Wait()
					}
				})
				v.mu.Lock()
				v.open--
				v.mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		v.turn(false)
		all.Wait()
	})
	return v
}

func (v *valve) pump(to, from net.Conn, f func(n int)) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		v.mu.Lock()
		f(n)
		v.mu.Unlock()
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

func (v *valve) turn(shut bool) {
	v.mu.Lock()
	v.shut = shut
	v.mu.Unlock()
	v.cond.Broadcast()
}

func (v *valve) see(f func() bool) func() bool {
	return func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return f()
	}
}

// practising is a laptop for practice that knows no centre yet.
func practising(t *testing.T, dir string) *laptop {
	t.Helper()
	signer, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	p := store.Profile{Device: uuid.Must(uuid.NewV7()), Signer: signer, County: "522727", CountyKey: parcel.PracticeKey(seal.International), Practice: true}
	st, err := store.Create(t.Context(), store.Options{Dir: dir, Cost: seal.CheapCost()}, p,
		guard.Operator{ID: "practice-clerk", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}, []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	l := &laptop{Store: st, dir: dir}
	t.Cleanup(func() { l.Close() })
	return l
}

// enrol makes the laptop a device of the centre, with a door for the courier.
func (l *laptop) enrol(t *testing.T, url, code string) *courier.EnrolResult {
	t.Helper()
	p := l.Profile()
	r, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: url, Code: code, Device: p.Device, Signer: p.Signer, Door: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	if err := l.Enrol(t.Context(), r.Profile); err != nil {
		t.Fatal(err)
	}
	return r
}

func (l *laptop) carryEnrolled(t *testing.T, url string, r *courier.EnrolResult) error {
	t.Helper()
	c, err := courier.New(courier.Config{Store: l.Store, Server: url, Enrolled: r})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	return c.RunUntilEmpty(ctx)
}

func TestALaptopThatHasJustEnrolledWaitsForNothing(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	v := newValve(t, s)
	t.Run("its records are at the centre before any answer but that of the enrolment", func(t *testing.T) {
		l := practising(t, t.TempDir())
		id := l.finished(t, noise("a page", 50_000))
		r := l.enrol(t, v.url, s.code(t))
		// A greeting is 1,400 bytes; what is behind it goes once the centre's came.
		soon(t, "the door is open", v.see(func() bool { return len(v.up) >= 2 && v.up[0] > 2000 && v.up[1] > 2000 }))
		v.turn(true)
		defer v.turn(false)
		done := make(chan error, 1)
		go func() { done <- l.carryEnrolled(t, v.url, r) }()
		box, err := l.Outbox(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		soon(t, "all records are there", func() bool {
			h := s.holdings(t)
			return len(h.Devices) == 1 && h.Devices[0].Changes == box.Last
		})
		if h := s.holdings(t); h.Blobs != 0 {
			t.Errorf("%d images came before the centre's word on the records", h.Blobs)
		}
		v.turn(false)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		settled(t, s, l)
		if !heldCase(t, s, id).Whole() {
			t.Error("the case is not whole")
		}
	})
	t.Run("a door that nobody goes through is shut", func(t *testing.T) {
		l := practising(t, t.TempDir())
		r := l.enrol(t, v.url, s.code(t))
		r.Close()
		soon(t, "no connection stands", v.see(func() bool { return v.open == 0 }))
		if err := l.carryEnrolled(t, v.url, r); err != nil {
			t.Fatalf("without the door: %v", err)
		}
	})
	t.Run("one that broke off meanwhile is passed by", func(t *testing.T) {
		l := practising(t, t.TempDir())
		id := l.finished(t, noise("another page", 5_000))
		p := newProxy(t, s)
		r := l.enrol(t, p.url, s.code(t))
		p.cut(false)
		if err := l.carryEnrolled(t, p.url, r); err != nil {
			t.Fatal(err)
		}
		settled(t, s, l)
		if !heldCase(t, s, id).Whole() {
			t.Error("the case is not whole")
		}
	})
}

// A practice laptop's folder was copied before it enrolled, and both enrol by
// one code: the second one's first parcel goes before the centre can say so.
func TestACopyThatEnrolsByTheSameCodeIsACopyAllTheSame(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := practising(t, t.TempDir())
	other := &laptop{dir: t.TempDir()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(other.dir, os.DirFS(l.dir)); err != nil {
		t.Fatal(err)
	}
	l.unlock(t)
	other.unlock(t)
	t.Cleanup(func() { other.Close() })
	mine, theirs := l.finished(t, noise("mine", 3000)), other.draft(t, noise("theirs", 3000))
	code := s.code(t)
	if err := l.carryEnrolled(t, s.url, l.enrol(t, s.url, code)); err != nil {
		t.Fatal(err)
	}
	err := other.carryEnrolled(t, s.url, other.enrol(t, s.url, code))
	if k := fault.KindOf(err); k != fault.Refused && k != fault.Conflict {
		t.Fatalf("got %v", err)
	}
	settled(t, s, l)
	if !heldCase(t, s, mine).Whole() {
		t.Error("the first one's case is not whole")
	}
	if k, err := other.Case(t.Context(), theirs); err != nil || k.Status == loan.Received {
		t.Errorf("the other's case: %v, %v", k, err)
	}
	if box, err := other.Outbox(t.Context()); err != nil || box.Changes == 0 || len(box.Blobs) == 0 {
		t.Errorf("what is of the copy alone does not wait: %+v, %v", box, err)
	}
}

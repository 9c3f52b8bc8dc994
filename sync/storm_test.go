package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

func TestMain(m *testing.M) {
	if os.Getenv("DOORSTEP_TEST_CENTRE") == "1" {
		os.Exit(start())
	}
	if dir := os.Getenv("DOORSTEP_SOAK_WORK"); dir != "" {
		soakWork(dir)
		os.Exit(0)
	}
	if role := os.Getenv("DOORSTEP_TEST_PEER"); role != "" {
		if err := peerProcess(role); err != nil {
			fmt.Fprintln(os.Stderr, role, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if code := os.Getenv("DOORSTEP_TEST_ENROL"); code != "" {
		os.Exit(enrolChild(os.Getenv("DOORSTEP_TEST_SERVER"), code))
	}
	if os.Getenv("DOORSTEP_TEST_LAPTOP") == "1" {
		os.Exit(carryChild(os.Args[1], os.Args[2]))
	}
	// Before the flags are parsed, so that the command line can ask for more.
	if err := flag.Set("rapid.checks", "8"); err != nil {
		panic(err)
	}
	code := m.Run()
	if stopDepot != nil {
		stopDepot()
	}
	os.Exit(code)
}

// child runs the server as a process of its own, to be killed.
type child struct {
	server
	cmd *exec.Cmd
}

func startChild(t testing.TB, dir, listen string) *child {
	t.Helper()
	settle(t, dir)
	addr := filepath.Join(t.TempDir(), "addr")
	cmd := exec.Command(os.Args[0], "--listen", listen, "--data", dir, "--practice", "--address-file", addr)
	cmd.Env = append(os.Environ(), "DOORSTEP_TEST_CENTRE=1")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{server: server{dir: dir}, cmd: cmd}
	c.stop = sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Cleanup(c.stop)
	c.url = await(t, addr)
	return c
}

func TestServerKilledRightAfterAcknowledging(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	c := startChild(t, dir, "127.0.0.1:0")
	l := newLaptop(t, &c.server)
	addr := c.url[len("https://"):]
	for i := range 4 {
		id := l.finished(t, noise(fmt.Sprint(i), 150_000))
		mustCarry(t, l, "")
		c.stop() // SIGKILL, with nothing between it and the receipt
		k := heldCase(t, &c.server, id)
		if !k.Whole() || k.Status != "received" || l.status(t, id) != loan.Received {
			t.Fatalf("round %d: centre has %+v, laptop %s", i, k, l.status(t, id))
		}
		c = startChild(t, dir, addr)
	}
	if h := c.holdings(t); len(h.Cases) != 4 || h.Blobs != 16 || h.Refused != 0 {
		t.Errorf("%d cases, %d blobs, %d refused; want 4, 16, 0", len(h.Cases), h.Blobs, h.Refused)
	}
}

func TestServerKilledAgainAndAgainWhileCarrying(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	c := startChild(t, dir, "127.0.0.1:0")
	l := newLaptop(t, &c.server)
	addr := c.url[len("https://"):]
	var ids []uuid.UUID
	for i := range 6 {
		ids = append(ids, l.finished(t, noise(fmt.Sprint("a", i), 700_000), noise(fmt.Sprint("b", i), 700_000)))
	}
	k, err := courier.New(courier.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- k.RunUntilEmpty(ctx) }()
	for range 3 {
		time.Sleep(150 * time.Millisecond)
		c.stop()
		c = startChild(t, dir, addr)
		k.Wake()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if l.status(t, id) != loan.Received || !heldCase(t, &c.server, id).Whole() {
			t.Errorf("case %s is not received on both sides", id)
		}
	}
}

func TestAcknowledgementsLost(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	id := l.finished(t, noise("a", 200_000))
	k, err := courier.New(courier.Config{Store: l.Store, Server: p.url})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- k.RunUntilEmpty(ctx) }()
	// The answers stop as soon as the laptop has sent a good part, and the
	// connections end before it learns what came of it. Three times over.
	for range 3 {
		var up atomic.Int64
		hit := make(chan struct{})
		once := sync.OnceFunc(func() { close(hit) })
		p.set(func() {
			p.up = func(n int) bool {
				if up.Add(int64(n)) > 30_000 {
					p.deaf.Store(true)
					once()
				}
				return true
			}
		})
		select {
		case <-hit:
		case err := <-done:
			done <- err
		}
		time.Sleep(100 * time.Millisecond)
		p.cut(false)
		p.set(func() { p.up = nil })
		p.deaf.Store(false)
		k.Wake()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if l.status(t, id) != loan.Received {
		t.Errorf("case is %s", l.status(t, id))
	}
	h := s.holdings(t)
	if len(h.Cases) != 1 || h.Blobs != 4 || h.Refused != 0 || !h.Cases[0].Whole() {
		t.Errorf("got %d cases, %d blobs, %d refused", len(h.Cases), h.Blobs, h.Refused)
	}
}

func TestCutEveryFewBytes(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	big := noise("big", 1_500_000)
	id := l.finished(t, big)
	var window, all atomic.Int64
	p.set(func() {
		p.up = func(n int) bool {
			all.Add(int64(n))
			return window.Add(int64(n)) < 400_000
		}
	})
	k, err := courier.New(courier.Config{Store: l.Store, Server: p.url})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- k.RunUntilEmpty(ctx) }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if window.Load() >= 400_000 {
				p.cut(false)
				window.Store(0)
				k.Wake()
			}
			continue
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
		}
		break
	}
	if l.status(t, id) != loan.Received {
		t.Errorf("case is %s", l.status(t, id))
	}
	if n := all.Load(); n > 3*1_700_000 {
		t.Errorf("%d bytes went up for 1.7 MB: chunks that arrived were sent again", n)
	}
}

func TestManyCouriersAtOnce(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 300_000))
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if err := l.carry(t, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if h := s.holdings(t); len(h.Cases) != 1 || h.Blobs != 4 || h.Refused != 0 || l.status(t, id) != loan.Received {
		t.Errorf("got %d cases, %d blobs, %d refused", len(h.Cases), h.Blobs, h.Refused)
	}
}

func TestRevoked(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.finished(t, noise("a", 10))
	if code := run(t.Context(), []string{"device", "revoke", "--data", s.dir, "--id", l.Profile().Device.String()}, io.Discard, os.Stderr); code != exitOK {
		t.Fatalf("revoke: exit %d", code)
	}
	err := l.carry(t, "")
	if fault.KindOf(err) != fault.Denied || fault.Sentence(err) == fault.Denied.Sentence() {
		t.Errorf("got %v with %q, want denied with a sentence of its own", err, fault.Sentence(err))
	}
	wantAllWaiting(t, l)
}

func TestTwiceTheSameDisk(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.draft(t, noise("a", 10))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	twinDir := t.TempDir()
	if err := os.CopyFS(twinDir, os.DirFS(l.dir)); err != nil {
		t.Fatal(err)
	}
	twin := &laptop{Store: l.Store, dir: twinDir}
	l.reopen(t)
	twin.reopen(t)
	defer twin.Close()
	mine, others := l.draft(t), twin.draft(t)
	mustCarry(t, l, "")
	if err := twin.carry(t, ""); fault.KindOf(err) != fault.Refused && fault.KindOf(err) != fault.Conflict {
		t.Errorf("the twin: %v, want refused or conflict", err)
	}
	h := s.holdings(t)
	if len(h.Cases) != 2 {
		t.Errorf("%d cases, want the first and mine", len(h.Cases))
	}
	for _, k := range h.Cases {
		if k.ID == others {
			t.Error("the twin's case was taken")
		}
	}
	if l.status(t, mine) != loan.Draft {
		t.Error("mine changed")
	}
	if _, err := twin.Case(t.Context(), others); err != nil {
		t.Errorf("the twin's case is gone from the twin: %v", err)
	}
}

// A blob whose content has another name at the centre is set aside; the rest flows.
func TestBlobsTheCentreDoesNotTake(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptopWith(t, s, func(p *store.Profile) { p.CountyKey = seal.NewKey() })
	id := l.finished(t, noise("a", 10))
	c, err := courier.New(courier.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RunUntilEmpty(t.Context()); fault.KindOf(err) != fault.Input {
		t.Errorf("got %v, want input", err)
	}
	if st := c.State(); len(st.Aside) != 4 || st.AllSent || st.Changes != 0 || st.Blobs != 4 || st.Aside[0].Case != id {
		t.Errorf("%d aside, %d blobs and %d changes wait, all sent %v", len(st.Aside), st.Blobs, st.Changes, st.AllSent)
	}
	if k := heldCase(t, s, id); k.Status != "queued" || k.Lacking != 3 {
		t.Errorf("centre: %+v", k)
	}
}

// A false chunk of another sender spoils a blob once, and not for good.
func TestBlobWithAFalseChunkOfAnother(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, dir, "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 3*parcel.ChunkSize+10))
	out, err := l.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range out.Blobs {
		f, err := os.Create(filepath.Join(dir, "partial", fmt.Sprintf("%s.%d", b.Hash, b.Size)))
		if err != nil {
			t.Fatal(err)
		}
		chunk := make([]byte, min(parcel.ChunkSize, b.Size))
		sum := sha256.Sum256(chunk)
		_, err1 := f.WriteAt(chunk, 0)
		_, err2 := f.WriteAt(sum[:], b.Size)
		if err := errors.Join(err1, err2, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.carry(t, s.url); err != nil {
		t.Fatal(err)
	}
	if k := heldCase(t, s, id); k.Status != "received" || k.Lacking != 0 {
		t.Errorf("centre: %+v", k)
	}
	s.must(t, "verify") // what is held has the content that its name says
}

// The centre restored from yesterday: what it lacks is sent again.
func TestCentreSetBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, dir, "127.0.0.1:0")
	addr := s.url[len("https://"):]
	l := newLaptop(t, s)
	before := l.finished(t, noise("before", 100_000))
	mustCarry(t, l, "")
	s.stop()
	putBack := backedUp(t, dir)
	s = startServer(t, dir, addr)
	after := l.finished(t, noise("after", 100_000))
	mustCarry(t, l, "")
	s.stop()
	putBack()
	if code := run(t.Context(), []string{"restored", "--data", dir}, io.Discard, os.Stderr); code != exitOK {
		t.Fatalf("restored: exit %d", code)
	}
	s = startServer(t, dir, addr)
	later := l.finished(t, noise("later", 100_000))
	mustCarry(t, l, "")
	for _, id := range []uuid.UUID{before, after, later} {
		if k := heldCase(t, s, id); !k.Whole() || k.Status != "received" || l.status(t, id) != loan.Received {
			t.Errorf("case %s: centre %+v, laptop %s", id, k, l.status(t, id))
		}
	}
	if h := s.holdings(t); h.Blobs != 12 || h.Refused != 0 {
		t.Errorf("%d blobs, %d refused; want 12, 0", h.Blobs, h.Refused)
	}
	// The centre forgot the receipt it had given and gave another: the laptop knows both.
	changes, err := l.Changes(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, ch := range changes {
		if ch.Kind == loan.ChangeReceive {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d receipts of the case that was lost and sent again, want 2", n)
	}
}

func TestEnrol(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	code := s.code(t)
	r, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: s.url, Code: code})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Operators) != 2 || r.Operators[0].Roles[0] != "clerk" || r.Operators[1].Roles[0] != "reviewer" {
		t.Errorf("roster %v", r.Operators)
	}
	for name, c := range map[string]struct {
		server, code string
		want         fault.Kind
	}{
		"a code used by another":      {s.url, code, fault.Refused},
		"a code that was never given": {s.url, seal.NewEnrolCode(mustCode(t, code).Fingerprint).String(), fault.Refused},
		"a code of another centre":    {s.url, seal.NewEnrolCode("00000000000000000000000000").String(), fault.Untrusted},
		"a text that is no code":      {s.url, "DS1-HELLO", fault.Input},
		"an address that is none":     {"http://127.0.0.1:1", code, fault.Input},
	} {
		t.Run(name+" enrols nobody", func(t *testing.T) {
			if _, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: c.server, Code: c.code}); fault.KindOf(err) != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if n := len(s.holdings(t).Devices); n != 1 {
		t.Errorf("%d devices, want 1", n)
	}
}

func mustCode(t *testing.T, text string) seal.EnrolCode {
	t.Helper()
	c, err := seal.ParseEnrolCode(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClockOfTheLaptop(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	for _, at := range []time.Time{time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), time.Now().AddDate(60, 0, 0)} {
		c, err := courier.New(courier.Config{Store: l.Store, Now: func() time.Time { return at }})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.RunUntilEmpty(t.Context()); fault.KindOf(err) != fault.Untrusted || !seal.ClockWrong(err) || !strings.Contains(fault.Sentence(err), "校准本机的日期和时间") {
			t.Errorf("in %d: got %v, %q, want the clock to be named", at.Year(), err, fault.Sentence(err))
		}
	}
}

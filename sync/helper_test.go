package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

const password = "a password of a test"

// server is a centre that runs in this process by its own command line.
type server struct {
	dir, url string
	stop     func()
}

// startServer runs the verb serve on dir until stop or the end of the test.
func startServer(t testing.TB, dir, listen string, more ...string) *server {
	t.Helper()
	settle(t, dir)
	files := t.TempDir()
	addr := filepath.Join(files, "addr")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan int, 1)
	var errs strings.Builder
	go func() {
		done <- run(ctx, append([]string{"serve", "--listen", listen, "--data", dir, "--practice",
			"--code-file", filepath.Join(dir + ".code"), "--address-file", addr}, more...), io.Discard, &errs)
	}()
	s := &server{dir: dir}
	s.stop = sync.OnceFunc(func() {
		cancel()
		if code := <-done; code != exitOK {
			t.Errorf("server ended with %d: %s", code, errs.String())
		}
	})
	s.url = await(t, addr)
	t.Cleanup(s.stop)
	return s
}

// await reads a file as soon as it is there.
func await(t testing.TB, path string) string {
	t.Helper()
	for range 6000 { // two minutes: a busy machine takes its time
		if b, err := os.ReadFile(path); err == nil {
			return strings.TrimSpace(string(b))
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s did not come", filepath.Base(path))
	return ""
}

func (s *server) code(t testing.TB) string {
	t.Helper()
	path := s.dir + ".code"
	if code := run(t.Context(), []string{"code", "new", "--data", s.dir, "--code-file", path}, io.Discard, io.Discard); code != exitOK {
		t.Fatalf("code new: exit %d", code)
	}
	return await(t, path)
}

func (s *server) holdings(t testing.TB) *central.Holdings {
	t.Helper()
	c, err := central.Open(context.Background(), central.Options{Dir: s.dir, Beside: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	h, err := c.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// laptop is a real store enrolled with a server.
type laptop struct {
	*store.Store
	dir string
}

func newLaptop(t testing.TB, s *server) *laptop {
	t.Helper()
	return newLaptopWith(t, s, func(*store.Profile) {})
}

func newLaptopWith(t testing.TB, s *server, change func(*store.Profile)) *laptop {
	t.Helper()
	return newLaptopIn(t, s, t.TempDir(), change)
}

func newLaptopIn(t testing.TB, s *server, dir string, change func(*store.Profile)) *laptop {
	t.Helper()
	r, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: s.url, Code: s.code(t)})
	if err != nil {
		t.Fatal(err)
	}
	change(&r.Profile)
	st, err := store.Create(t.Context(), store.Options{Dir: dir, Cost: seal.CheapCost()}, r.Profile,
		guard.Operator{ID: "practice-clerk", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}, []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	l := &laptop{Store: st, dir: dir}
	t.Cleanup(func() { l.Close() })
	return l
}

// reopen closes the store and opens it again, as after a start of the program.
func (l *laptop) reopen(t testing.TB) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.unlock(t)
}

func (l *laptop) unlock(t testing.TB) {
	t.Helper()
	k, err := store.Open(t.Context(), store.Options{Dir: l.dir, Cost: seal.CheapCost()})
	if err != nil {
		t.Fatal(err)
	}
	if l.Store, _, err = k.Unlock(t.Context(), "practice-clerk", []byte(password)); err != nil {
		t.Fatal(err)
	}
}

func (l *laptop) commit(t testing.TB, id uuid.UUID, operator string, kind loan.ChangeKind, body any, blobs ...[]byte) {
	t.Helper()
	var bs []store.Blob
	for _, b := range blobs {
		bs = append(bs, store.Blob{Hash: l.BlobName(b), Content: b})
	}
	if _, err := l.Commit(context.Background(), []store.Entry{{Case: id, Kind: kind, Operator: operator, Body: body}}, bs); err != nil {
		t.Fatal(err)
	}
}

// draft opens a case and puts papers into it.
func (l *laptop) draft(t testing.TB, papers ...[]byte) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	l.commit(t, id, "practice-clerk", loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	for _, p := range papers {
		l.commit(t, id, "practice-clerk", loan.ChangeAttach, loan.AttachBody{Source: "file", Attachment: loan.Attachment{
			Slot: loan.DocSlot(loan.HukouBook), Blob: l.BlobName(p), Size: int64(len(p)), Media: "image/jpeg"}}, p)
	}
	return id
}

// finished brings a case with papers to its finish.
func (l *laptop) finished(t testing.TB, papers ...[]byte) uuid.UUID {
	t.Helper()
	id := l.draft(t, papers...)
	l.finish(t, id)
	return id
}

func (l *laptop) finish(t testing.TB, id uuid.UUID) {
	t.Helper()
	const clerk = "practice-clerk"
	l.commit(t, id, clerk, loan.ChangeSubmit, nil)
	l.commit(t, id, "practice-reviewer", loan.ChangeReview, loan.ReviewBody{Pass: true})
	pdf, ink, sealed := noise(id.String()+"pdf", 60_000), noise(id.String()+"ink", 2_000), noise(id.String()+"sealed", 70_000)
	l.commit(t, id, clerk, loan.ChangeContract, loan.ContractBody{Template: "t/1", Blob: l.BlobName(pdf), Size: int64(len(pdf)), Pages: 3, AsOf: "2026-08-01"}, pdf)
	l.commit(t, id, clerk, loan.ChangeSign, loan.SignBody{Party: loan.StudentParty, By: loan.InPerson, Contract: l.BlobName(pdf), Ink: l.BlobName(ink), Size: int64(len(ink))}, ink)
	l.commit(t, id, clerk, loan.ChangeSeal, loan.SealBody{Blob: l.BlobName(sealed), Size: int64(len(sealed))}, sealed)
	k, err := l.Case(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	l.commit(t, id, clerk, loan.ChangeFinish, loan.FinishBody{Blobs: k.Manifest()})
}

func (l *laptop) status(t testing.TB, id uuid.UUID) loan.Status {
	t.Helper()
	k, err := l.Case(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return k.Status
}

// carry empties the outbox, to the profile's server or another address.
// hangs is after how long a test gives up waiting; of speed it says nothing.
const hangs = 5 * time.Minute

func (l *laptop) carry(t testing.TB, url string) error {
	t.Helper()
	c, err := courier.New(courier.Config{Store: l.Store, Server: url})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	return c.RunUntilEmpty(ctx)
}

func mustCarry(t testing.TB, l *laptop, url string) {
	t.Helper()
	if err := l.carry(t, url); err != nil {
		t.Fatal(err)
	}
}

// noise is n bytes that no packing makes smaller, the same for the same name.
func noise(name string, n int) []byte {
	out := make([]byte, 0, n+32)
	for i := 0; len(out) < n; i++ {
		s := sha256.Sum256(fmt.Appendf(nil, "%s %d", name, i))
		out = append(out, s[:]...)
	}
	return out[:n]
}

// proxy carries TCP to a server and does to it what a test wants.
type proxy struct {
	url string
	l   net.Listener

	mu    sync.Mutex
	to    string
	down  bool
	conns map[net.Conn]bool
	// up is called with every piece that goes to the server, and answers
	// whether the connection may live on.
	up func(n int) bool
	// back is the same for what the server answers.
	back func(n int) bool
	pace sync.Mutex        // of a slow link
	mute map[net.Conn]bool // what comes over these is swallowed
	// beside is how many connections came while none of those had ended yet.
	beside int
	ended  bool // one of those has
	// later is how long answers take on their way.
	later time.Duration
	// deaf drops what the server answers.
	deaf atomic.Bool
	// shed counts the connections that the server ended without a word.
	shed atomic.Int64
	wg   sync.WaitGroup
}

func newProxy(t testing.TB, s *server) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, url: "https://" + l.Addr().String(), to: strings.TrimPrefix(s.url, "https://"), conns: map[net.Conn]bool{}, mute: map[net.Conn]bool{}}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.cut(true)
		p.wg.Wait()
	})
	return p
}

func (p *proxy) accept() {
	for {
		a, err := p.l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		p.mu.Lock()
		down := p.down
		p.mu.Unlock()
		if down {
			a.Close()
			continue
		}
		b, err := net.Dial("tcp", p.to)
		if err != nil {
			a.Close()
			continue
		}
		p.mu.Lock()
		p.conns[a], p.conns[b] = true, true
		if len(p.mute) > 0 && !p.ended {
			p.beside++
		}
		p.mu.Unlock()
		p.wg.Go(func() { p.pump(b, a, true) })
		p.wg.Go(func() { p.pump(a, b, false) })
	}
}

func (p *proxy) pump(to, from net.Conn, up bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 4096)
	for said := false; ; {
		n, err := from.Read(buf)
		if n > 0 {
			said = true
			p.mu.Lock()
			f, back, mute, later := p.up, p.back, p.mute[from], p.later
			p.mu.Unlock()
			if mute {
				continue
			}
			if !up {
				time.Sleep(later)
				f = back
			}
			if f != nil && !f(n) {
				return
			}
			if up || !p.deaf.Load() {
				if _, err := to.Write(buf[:n]); err != nil {
					return
				}
			}
		}
		if err != nil {
			p.mu.Lock()
			p.ended = p.ended || p.mute[from]
			p.mu.Unlock()
			if !up && !said {
				p.shed.Add(1)
			}
			return
		}
	}
}

// cut ends all connections; with down, new ones are refused too.
func (p *proxy) cut(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
	for c := range p.conns {
		c.Close()
		delete(p.conns, c)
	}
}

// endsAfter breaks every connection once so many bytes went up, and says so.
func (p *proxy) endsAfter(up *atomic.Int64, bytes int64, ended func()) {
	p.set(func() {
		p.up = func(n int) bool {
			if up.Add(int64(n)) < bytes {
				return true
			}
			ended()
			return false
		}
	})
}

func (p *proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

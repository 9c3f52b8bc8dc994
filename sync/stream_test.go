package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
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
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// run carries in the background and gives the end.
func carryOn(t *testing.T, k *courier.Courier) <-chan error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	t.Cleanup(cancel)
	done := make(chan error, 1)
	go func() { done <- k.RunUntilEmpty(ctx) }()
	return done
}

func newCourier(t *testing.T, l *laptop, url string) *courier.Courier {
	t.Helper()
	k, err := courier.New(courier.Config{Store: l.Store, Server: url})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// silence lets old connections swallow everything from now on, with no reset;
// new ones work.
func (p *proxy) silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		p.mute[c] = true
	}
}

func TestSilentDeathOfAllConnections(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	var ids []uuid.UUID
	for i := range 20 {
		ids = append(ids, l.finished(t, noise(fmt.Sprint("a", i), 400_000)))
	}
	var up atomic.Int64
	var mute sync.Once
	p.set(func() {
		p.up = func(n int) bool {
			time.Sleep(time.Millisecond)
			if up.Add(int64(n)) > 2_000_000 {
				mute.Do(func() { go p.silence() })
			}
			return true
		}
	})
	k := newCourier(t, l, p.url)
	if err := <-carryOn(t, k); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if l.status(t, id) != loan.Received {
			t.Errorf("case %s is %s", id, l.status(t, id))
		}
	}
	p.mu.Lock()
	if p.beside == 0 {
		t.Error("nothing was dialled before a silent connection ended")
	}
	p.mu.Unlock()
	if n := up.Load(); n > 14_000_000 {
		t.Errorf("%d bytes went up for 10.6 MB: more than what was under way was sent again", n)
	}
	if h := s.holdings(t); len(h.Cases) != 20 || h.Refused != 0 {
		t.Errorf("%d cases, %d refused", len(h.Cases), h.Refused)
	}
}

// A road that stands still and then goes on must not make the laptop send again
// what the old connections still carry.
func TestBlackoutThatConnectionsSurvive(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	id := l.finished(t, noise("big", 6_000_000))
	var up atomic.Int64
	var open time.Time
	var once sync.Once
	var mu sync.Mutex
	p.set(func() {
		p.up = func(n int) bool {
			if up.Add(int64(n)) > 1_500_000 {
				once.Do(func() { mu.Lock(); open = time.Now().Add(2 * time.Second); mu.Unlock() })
			}
			mu.Lock()
			until := open
			mu.Unlock()
			time.Sleep(time.Until(until))
			time.Sleep(time.Millisecond / 2)
			return true
		}
	})
	if err := <-carryOn(t, newCourier(t, l, p.url)); err != nil {
		t.Fatal(err)
	}
	if l.status(t, id) != loan.Received {
		t.Errorf("case is %s", l.status(t, id))
	}
	if n := up.Load(); n > 8_500_000 {
		t.Errorf("%d bytes went up for 6.2 MB", n)
	}
}

func TestCentreWithoutStreams(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	t.Run("where something on the way breaks streams, the case goes by requests", func(t *testing.T) {
		id := l.finished(t, noise("a", 200_000))
		mustCarry(t, l, breaksStreams(t, s))
		if l.status(t, id) != loan.Received {
			t.Errorf("case is %s", l.status(t, id))
		}
	})
	t.Run("to a centre of an earlier version too", func(t *testing.T) {
		id := l.finished(t, noise("b", 200_000))
		s.stop()
		c, err := central.Open(t.Context(), central.Options{Dir: s.dir, Practice: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		srv, err := c.Server([]string{"127.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		streams := 0
		true1 := srv.Handler
		srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == parcel.StreamPath { // it knows no such address
				streams++
				r.URL.Path = "/nowhere"
			}
			true1.ServeHTTP(w, r)
		})
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go srv.ServeTLS(ln, "", "")
		defer srv.Close()
		mustCarry(t, l, "https://"+ln.Addr().String())
		if l.status(t, id) != loan.Received || streams != 1 {
			t.Errorf("case is %s, asked for a stream %d times", l.status(t, id), streams)
		}
	})
}

func TestProxyWithLogin(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	var through atomic.Int64
	addr := loginProxy(t, "zhang", "secret word", &through)
	run := func(user *url.Userinfo) error {
		k, err := courier.New(courier.Config{Store: l.Store, Proxy: func(*http.Request) (*url.URL, error) {
			return &url.URL{Scheme: "http", User: user, Host: addr}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), hangs)
		defer cancel()
		var said error
		k.Watch(func(s courier.State) {
			if s.Err != nil {
				said = s.Err
				cancel()
			}
		})
		if err := k.RunUntilEmpty(ctx); err == nil {
			return nil
		}
		return said
	}
	id := l.finished(t, noise("a", 200_000))
	t.Run("a wrong login is told in words, and nothing is lost", func(t *testing.T) {
		err := run(url.UserPassword("zhang", "wrong"))
		if fault.KindOf(err) != fault.Offline || !strings.Contains(fault.Sentence(err), "代理") {
			t.Errorf("got %v: %q", err, fault.Sentence(err))
		}
		wantAllWaiting(t, l)
	})
	t.Run("with the login the case arrives, and all of it went by the proxy", func(t *testing.T) {
		if err := run(url.UserPassword("zhang", "secret word")); err != nil {
			t.Fatal(err)
		}
		if l.status(t, id) != loan.Received || through.Load() < 300_000 {
			t.Errorf("case is %s, %d bytes by the proxy", l.status(t, id), through.Load())
		}
	})
}

// loginProxy is an HTTP proxy that tunnels for one login.
func loginProxy(t *testing.T, user, word string, through *atomic.Int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
		if u, p, ok := q.BasicAuth(); !ok || u != user || p != word || r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		to, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer to.Close()
		from, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer from.Close()
		io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		go io.Copy(from, to)
		io.Copy(counting{to, through}, from)
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return l.Addr().String()
}

// counting is a writer that counts what passes through it, as it passes.
type counting struct {
	io.Writer
	n *atomic.Int64
}

func (c counting) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// breaksStreams passes connections on to a centre that may speak HTTP/2, and
// breaks all others: a stream wants HTTP/1.1.
func breaksStreams(t *testing.T, s *server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer a.Close()
				r := bufio.NewReader(a)
				hello, err := r.Peek(5)
				if err != nil {
					return
				}
				all, _ := r.Peek(5 + int(hello[3])<<8 + int(hello[4]))
				b, err := net.Dial("tcp", strings.TrimPrefix(s.url, "https://"))
				if err != nil {
					return
				}
				defer b.Close()
				if !strings.Contains(string(all), "\x02h2") {
					return
				}
				go io.Copy(a, b)
				io.Copy(b, r)
			}()
		}
	}()
	return "https://" + l.Addr().String()
}

func TestSlowFarAndLossyRoad(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	id := l.finished(t, noise("a", 20_000))
	p.set(func() { // every piece takes its time, and answers too: no limit on the whole may end it
		p.up = func(n int) bool { time.Sleep(time.Duration(n) * time.Second / 20_000); return true }
		p.later = 500 * time.Millisecond
	})
	if err := <-carryOn(t, newCourier(t, l, p.url)); err != nil {
		t.Fatal(err)
	}
	if l.status(t, id) != loan.Received {
		t.Errorf("case is %s", l.status(t, id))
	}
}

// The laptop is killed in the midst of its work: what arrived is not sent again.
func TestLaptopKilledWhileCarrying(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	var ids []uuid.UUID
	for i := range 40 {
		size := 500_000
		if i == 0 {
			size = 1_500_000 // it has a file of its own while it comes
		}
		ids = append(ids, l.finished(t, noise(fmt.Sprint("k", i), size)))
	}
	var up atomic.Int64
	p.set(func() { p.up = func(n int) bool { up.Add(int64(n)); time.Sleep(200 * time.Microsecond); return true } })
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], l.dir, p.url)
	cmd.Env = append(os.Environ(), "DOORSTEP_TEST_LAPTOP=1")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for up.Load() < 8_000_000 {
		time.Sleep(5 * time.Millisecond)
	}
	cmd.Process.Kill()
	cmd.Wait()
	l.unlock(t)
	mustCarry(t, l, p.url)
	for _, id := range ids {
		if l.status(t, id) != loan.Received || !heldCase(t, s, id).Whole() {
			t.Errorf("case %s is not received on both sides", id)
		}
	}
	if n := up.Load(); n > 28_500_000 {
		t.Errorf("%d bytes went up for 26.4 MB", n)
	}
	if h := s.holdings(t); len(h.Cases) != 40 || h.Blobs != 160 || h.Refused != 0 {
		t.Errorf("%d cases, %d blobs, %d refused", len(h.Cases), h.Blobs, h.Refused)
	}
	if left, _ := os.ReadDir(filepath.Join(s.dir, "partial")); len(left) != 0 {
		t.Errorf("%d half blobs are left over", len(left))
	}
}

// carryChild is the laptop that is killed.
func carryChild(dir, url string) int {
	ctx := context.Background()
	if server := os.Getenv("DOORSTEP_TEST_DNS"); server != "" {
		net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", server)
		}}
	}
	k, err := store.Open(ctx, store.Options{Dir: dir, Cost: seal.CheapCost()})
	if err == nil {
		var s *store.Store
		if s, _, err = k.Unlock(ctx, "practice-clerk", []byte(password)); err == nil {
			var c *courier.Courier
			if c, err = courier.New(courier.Config{Store: s, Server: url}); err == nil {
				c.Watch(func(s courier.State) {
					if s.Err != nil {
						fmt.Println("waits:", fault.Sentence(s.Err))
					}
				})
				err = errors.Join(c.RunUntilEmpty(ctx), s.Close())
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestManyLaptopsAtOnce(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	var wg sync.WaitGroup
	var laptops []*laptop
	for i := range 12 {
		l := newLaptop(t, s)
		l.finished(t, noise(fmt.Sprint("m", i), 300_000))
		laptops = append(laptops, l)
	}
	for _, l := range laptops {
		wg.Go(func() {
			if err := l.carry(t, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	h := s.holdings(t)
	whole := 0
	for _, k := range h.Cases {
		if k.Whole() {
			whole++
		}
	}
	if whole != 12 || h.Blobs != 48 {
		t.Errorf("%d whole cases, %d blobs", whole, h.Blobs)
	}
}

func TestExport(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	paper := noise("paper", 90_000)
	id := l.finished(t, paper, noise("long", 1_500_000))
	mustCarry(t, l, "")
	to := filepath.Join(t.TempDir(), "out")
	if code := run(t.Context(), []string{"export", "--data", s.dir, "--to", to}, io.Discard, os.Stderr); code != exitOK {
		t.Fatalf("exit %d", code)
	}
	n := 0
	files, _ := filepath.Glob(filepath.Join(to, id.String(), "*"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) == string(paper) {
			n++
		}
	}
	if n != 1 || len(files) != 4 {
		t.Errorf("%d files, %d of them the paper; want 4 and 1", len(files), n)
	}
}

// A laptop whose stream is cut off, and for which no other is to be had, goes on
// by requests with what the stream left half done.
func TestStreamCutOffThenRequests(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	id := l.finished(t, noise("a", 700_000), noise("b", 700_000), noise("long", 2_000_000))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var up atomic.Int64
	p.set(func() {
		p.up = func(n int) bool {
			if up.Add(int64(n)) > 1_000_000 {
				cancel()
			}
			return up.Load() < 1_500_000
		}
	})
	if err := newCourier(t, l, p.url).RunUntilEmpty(ctx); err == nil {
		t.Fatal("it was not cut off")
	}
	p.cut(true)
	mustCarry(t, l, breaksStreams(t, s))
	if l.status(t, id) != loan.Received || !heldCase(t, s, id).Whole() {
		t.Errorf("case is %s", l.status(t, id))
	}
}

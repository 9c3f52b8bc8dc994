package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// node is one of several servers of a centre, a process of its own.
type node struct {
	dir, listen, metrics string
	cmd                  *exec.Cmd
}

// addNode makes the folder of one more server of the centre of a folder.
func addNode(t testing.TB, of string) *node {
	t.Helper()
	n := &node{dir: filepath.Join(t.TempDir(), "node"), listen: freePort(t), metrics: freePort(t)}
	if err := os.MkdirAll(n.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(conf(t, of), "bucket-credentials ", "bucket-credentials "+of+"/")
	text = strings.ReplaceAll(text, "keys keys", "keys "+of+"/keys")
	if err := os.WriteFile(filepath.Join(n.dir, "centre.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.kill)
	return n
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (n *node) start(t testing.TB) {
	t.Helper()
	n.cmd = exec.Command(os.Args[0], "--listen", n.listen, "--metrics", n.metrics, "--drain", "300ms", "--data", n.dir, "--practice")
	n.cmd.Env = append(os.Environ(), "DOORSTEP_TEST_CENTRE=1")
	n.cmd.Stderr = os.Stderr
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(hangs); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if n.ready() {
			return
		}
	}
	t.Fatal("a server never became ready")
}

func (n *node) ready() bool {
	resp, err := http.Get("http://" + n.metrics + "/healthz")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (n *node) end(t testing.TB) {
	t.Helper()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := n.cmd.Wait(); err != nil {
		t.Errorf("ended with %v, want 0", err)
	}
	n.cmd = nil
}

func (n *node) kill() {
	if n.cmd != nil {
		n.cmd.Process.Kill()
		n.cmd.Wait()
		n.cmd = nil
	}
}

// balancer gives each connection to the node with the fewest, of those that say
// that they are ready; of equals to the one that got none for longest.
type balancer struct {
	mu   sync.Mutex
	open map[*node]int
	next []*node
}

func balance(t testing.TB, nodes ...*node) (url string) {
	t.Helper()
	bal := &balancer{open: map[*node]int{}, next: slices.Clone(nodes)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			a, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			wg.Go(func() { bal.carry(ctx, a) })
		}
	})
	t.Cleanup(func() {
		cancel()
		l.Close()
		wg.Wait()
	})
	return "https://" + l.Addr().String()
}

// pick counts a connection in for a node that was not tried; nil when all were.
func (b *balancer) pick(tried []*node) *node {
	b.mu.Lock()
	defer b.mu.Unlock()
	best := -1
	for i, n := range b.next {
		if !slices.Contains(tried, n) && (best < 0 || b.open[n] < b.open[b.next[best]]) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	n := b.next[best]
	b.open[n]++
	b.next = append(slices.Delete(b.next, best, best+1), n)
	return n
}

func (b *balancer) leave(n *node) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open[n]--
}

func (b *balancer) carry(ctx context.Context, from net.Conn) {
	defer from.Close()
	var tried []*node
	for n := b.pick(nil); n != nil; n = b.pick(tried) {
		done := carryTo(ctx, from, n)
		b.leave(n)
		if done {
			return
		}
		tried = append(tried, n)
	}
}

// carryTo is false when the node takes no connection.
func carryTo(ctx context.Context, a net.Conn, n *node) bool {
	if !n.ready() {
		return false
	}
	b, err := net.Dial("tcp", n.listen)
	if err != nil {
		return false
	}
	defer b.Close()
	stop := context.AfterFunc(ctx, func() { a.Close(); b.Close() })
	defer stop()
	done := make(chan struct{})
	go func() { defer close(done); io.Copy(b, a); b.Close() }()
	io.Copy(a, b)
	a.Close()
	<-done
	return true
}

// roll sends from laptops through a balancer while disturb does something to
// the two servers behind it, and demands that nothing was lost or doubled. Each
// time that disturb waits, a case arrives.
func roll(t *testing.T, disturb func(nodes []*node, wait func())) {
	home := filepath.Join(t.TempDir(), "home")
	settleShared(t, home)
	nodes := []*node{addNode(t, home), addNode(t, home)}
	for _, n := range nodes {
		n.start(t)
	}
	s := &server{dir: home, url: balance(t, nodes...)}
	const laptops = 3
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	disturbed := make(chan struct{})
	var arrived atomic.Int64
	var wg sync.WaitGroup
	all := make([][]uuid.UUID, laptops)
	var ls []*laptop
	for i := range laptops {
		l := newLaptop(t, s)
		ls = append(ls, l)
		c, err := courier.New(courier.Config{Store: l.Store})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for n := 0; ; n++ {
				all[i] = append(all[i], l.finished(t, noise(fmt.Sprint(i, n), 400_000), noise(fmt.Sprint("small", i, n), 900)))
				for c.RunUntilEmpty(ctx) != nil && ctx.Err() == nil {
					time.Sleep(20 * time.Millisecond)
				}
				arrived.Add(1)
				select {
				case <-disturbed:
					return
				default:
				}
			}
		})
	}
	disturb(nodes, func() {
		before := arrived.Load()
		for time.Sleep(500 * time.Millisecond); arrived.Load() == before && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		}
	})
	close(disturbed)
	wg.Wait()
	cases := 0
	receipts := map[string]bool{}
	h := s.holdings(t)
	for i, l := range ls {
		settled(t, s, l)
		for _, id := range all[i] {
			cases++
			k := heldCase(t, s, id)
			if !k.Whole() || k.Status != "received" || l.status(t, id) != loan.Received {
				t.Errorf("centre %+v, laptop %s", k, l.status(t, id))
			}
			receipts[k.ReceiptNo] = true
		}
	}
	if len(h.Cases) != cases || len(receipts) != cases || h.Refused != 0 || h.Blobs != cases*5 {
		t.Errorf("%d cases, %d receipts, %d blobs, %d refused; want %d, %d, %d, 0", len(h.Cases), len(receipts), h.Blobs, h.Refused, cases, cases, cases*5)
	}
	if cases < 2+laptops {
		t.Errorf("%d cases only: nothing was under way", cases)
	}
	t.Logf("%d cases of %d laptops", cases, laptops)
	if code := run(t.Context(), []string{"verify", "--data", home}, io.Discard, os.Stderr); code != exitOK {
		t.Errorf("verify: exit %d", code)
	}
}

// counted reads a metric of a node.
func (n *node) counted(t *testing.T, name string) (v float64) {
	t.Helper()
	resp, err := http.Get("http://" + n.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(b), "\n"+name+" ")
	if _, err := fmt.Sscan(rest, &v); !found || err != nil {
		t.Fatalf("no %s: %v", name, err)
	}
	return v
}

// The lanes of one stream end at two servers, each of which knows alone what
// came to it: all of it arrives in one run, and little of it twice.
func TestSharedStreamOverTwoServers(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	settleShared(t, home)
	nodes := []*node{addNode(t, home), addNode(t, home)}
	for _, n := range nodes {
		n.start(t)
	}
	s := &server{dir: home, url: balance(t, nodes...)}
	l := newLaptop(t, s)
	var ids []uuid.UUID
	for i := range 6 {
		ids = append(ids, l.finished(t, noise(fmt.Sprint("a", i), 900_000), noise(fmt.Sprint("b", i), 300_000), noise(fmt.Sprint("c", i), 2_000_000)))
	}
	mustCarry(t, l, "")
	for _, id := range ids {
		if k := heldCase(t, s, id); !k.Whole() {
			t.Errorf("%+v", k)
		}
	}
	settled(t, s, l)
	all, size := 0.0, float64(s.holdings(t).Bytes)
	for i, n := range nodes {
		in := n.counted(t, "doorstep_body_bytes_in_total")
		t.Logf("server %d took %.0f of %.0f bytes", i, in, size)
		if all += in; n.counted(t, `doorstep_requests_total{route="GET /v1/stream",status="101"}`) == 0 {
			t.Errorf("no lane ended at server %d", i)
		}
	}
	// A blob that came in halves would come once more; what is late at the end
	// may be sent over two lanes.
	if all > 1.1*size {
		t.Errorf("%.0f bytes for %.0f", all, size)
	}
	if code := run(t.Context(), []string{"verify", "--data", home}, io.Discard, os.Stderr); code != exitOK {
		t.Errorf("verify: exit %d", code)
	}
}

func TestSharedRollingRestart(t *testing.T) {
	roll(t, func(nodes []*node, wait func()) {
		for range 2 {
			for _, n := range nodes {
				wait()
				n.end(t)
				n.start(t)
			}
		}
	})
}

func TestSharedServersKilledInTurn(t *testing.T) {
	roll(t, func(nodes []*node, wait func()) {
		for range 2 {
			for _, n := range nodes {
				wait()
				n.kill()
				n.start(t)
			}
		}
	})
}

func TestSharedBucketLostObjects(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	settleShared(t, dir)
	s := startServer(t, dir, "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 200_000), noise("b", 90_000))
	mustCarry(t, l, "")
	objects, err := filepath.Glob(filepath.Join(bucketOf(t, dir), "522727", "*", "*"))
	if err != nil || len(objects) != 5 {
		t.Fatal(objects, err)
	}
	b, err := os.ReadFile(objects[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/3] ^= 16
	if err := errors.Join(os.WriteFile(objects[0], b, 0o600), os.Remove(objects[1])); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if code := run(t.Context(), []string{"verify", "--data", dir}, &out, io.Discard); code != exitFailed {
		t.Errorf("verify: exit %d, want %d", code, exitFailed)
	}
	for i, why := range []string{"损坏", "不见了"} {
		if !strings.Contains(out.String(), filepath.Base(objects[i])+"  "+why) {
			t.Errorf("%s is not named as %s: %s", filepath.Base(objects[i]), why, out.String())
		}
	}
	if code := run(t.Context(), []string{"verify", "--data", dir, "--mend"}, io.Discard, os.Stderr); code != exitOK {
		t.Fatalf("mend: exit %d", code)
	}
	// Of the five the filled contract is no part of the finished case.
	if k := heldCase(t, s, id); k.Lacking != 1 && k.Lacking != 2 {
		t.Errorf("%+v, want 1 or 2 lacking", k)
	}
	mustCarry(t, l, "") // the server was not started anew
	if k := heldCase(t, s, id); !k.Whole() {
		t.Errorf("%+v", k)
	}
	if code := run(t.Context(), []string{"verify", "--data", dir}, io.Discard, os.Stderr); code != exitOK {
		t.Errorf("verify: exit %d", code)
	}
	settled(t, s, l)
}

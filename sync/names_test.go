package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// What a name server does with questions.
const (
	swallows = iota
	fails
	answers
)

// nameServer is a name server that knows one host.
type nameServer struct {
	addr  string
	does  atomic.Int32
	asked [2]atomic.Int64 // for addresses of IPv4 and IPv6
}

func newNameServer(t *testing.T, v4, v6 string) *nameServer {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &nameServer{addr: c.LocalAddr().String()}
	done := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-done })
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			k, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if out := n.answer(b[:k], v4, v6); out != nil {
				c.WriteTo(out, from)
			}
		}
	}()
	return n
}

// answer is RFC 1035's: the question again, and the address asked for.
func (n *nameServer) answer(q []byte, v4, v6 string) []byte {
	const head = 12
	end := head
	for end < len(q) && q[end] != 0 {
		end += 1 + int(q[end])
	}
	end += 5 // the root, type and class
	if end > len(q) || n.does.Load() == swallows {
		return nil
	}
	out := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, q[head:end]...)
	if n.does.Load() == fails {
		out[3] |= 2
		return out
	}
	address := ""
	switch typ := binary.BigEndian.Uint16(q[end-4:]); typ {
	case 1:
		n.asked[0].Add(1)
		address = v4
	case 28:
		n.asked[1].Add(1)
		address = v6
	}
	if address == "" {
		return out
	}
	out[7] = 1
	ip := netip.MustParseAddr(address).AsSlice()
	out = append(out, 0xc0, head)
	out = append(out, q[end-4:end]...)
	out = append(out, 0, 0, 0, 1, 0, byte(len(ip)))
	return append(out, ip...)
}

func (l *lines) has(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.b.String(), s)
}

// away lets a laptop carry in a process of its own; over what ends a prefix of
// its command line.
func (l *laptop) away(t *testing.T, url string, env []string, over ...string) (said *lines, ended <-chan error) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	line := append(over, os.Args[0], l.dir, url)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(append(os.Environ(), "DOORSTEP_TEST_LAPTOP=1"), env...)
	said = &lines{}
	cmd.Stdout, cmd.Stderr = said, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	done := make(chan struct{})
	go func() { defer close(done); end <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill(); <-done })
	return said, end
}

// home waits for the laptop's process, and demands that its case arrived.
func (l *laptop) home(t *testing.T, s *server, ended <-chan error, id uuid.UUID) {
	t.Helper()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("it never arrived")
	}
	l.unlock(t)
	if l.status(t, id) != loan.Received || !heldCase(t, s, id).Whole() {
		t.Errorf("laptop %v, centre %+v", l.status(t, id), heldCase(t, s, id))
	}
}

// enrolChild makes a device of the centre of this process, and says its id.
func enrolChild(url, code string) int {
	r, err := courier.Enrol(context.Background(), courier.EnrolRequest{Server: url, Code: code})
	if err != nil {
		fmt.Fprintln(os.Stderr, "enrol:", err)
		return 1
	}
	fmt.Println("enrolled", r.Profile.Device)
	return 0
}

const named = "centre.test"

func byName(s *server) string { return "https://" + named + s.url[strings.LastIndex(s.url, ":"):] }

// The name server swallows questions, then fails, then answers: the clerk reads
// that there is no network, and all goes by itself in the end.
func TestNamesThatAreNotAnswered(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0", "--host", named)
	n := newNameServer(t, "127.0.0.1", "")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 200_000))
	said, ended := l.away(t, byName(s), []string{"DOORSTEP_TEST_DNS=" + n.addr})
	time.Sleep(time.Second)
	n.does.Store(fails)
	waits := 0
	for ; !said.has("waits: "+fault.Offline.Sentence()) && waits < 600; waits++ {
		time.Sleep(100 * time.Millisecond)
	}
	if waits == 600 || n.asked[0].Load() != 0 {
		t.Errorf("it did not say why it waits")
	}
	n.does.Store(answers)
	l.home(t, s, ended, id)
}

// The name has two addresses, and whatever goes to that of IPv6 is swallowed.
func TestIPv6ThatSwallowsEverything(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0", "--host", named)
	swallow6(t, s.url[strings.LastIndex(s.url, ":")+1:])
	n := newNameServer(t, "127.0.0.1", "::1")
	n.does.Store(answers)
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 200_000))
	_, ended := l.away(t, byName(s), []string{"DOORSTEP_TEST_DNS=" + n.addr})
	l.home(t, s, ended, id)
	if n.asked[0].Load() == 0 || n.asked[1].Load() == 0 {
		t.Errorf("asked %d times for IPv4 and %d for IPv6", n.asked[0].Load(), n.asked[1].Load())
	}
}

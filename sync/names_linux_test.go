package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"doorstep/internal/depot"
)

// swallow6 listens on a port of ::1 whose queue is full: what is sent there to
// begin a connection is dropped without a word.
func swallow6(t *testing.T, port string) {
	t.Helper()
	p, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip("no IPv6 here")
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 1); err != nil {
		t.Skip("no IPv6 here")
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet6{Port: p, Addr: [16]byte{15: 1}}); err != nil {
		t.Skip("no loopback of IPv6 here: ", err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 16 {
		c, err := net.DialTimeout("tcp", net.JoinHostPort("::1", port), 500*time.Millisecond)
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("it takes every connection")
}

// The narrowest link on the way carries packets of 1280 bytes, and says so to
// who sends longer ones.
func TestANetworkOfSmallPackets(t *testing.T) {
	if depot.OnShared() {
		t.Skip("the bucket is not reached from the centre's network here")
	}
	dir := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, dir, "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 600_000))
	s.stop()
	n := newNetworks(t)
	n.route(t, true)
	n.run(t, centreHost, "ip link set v"+secondHost+" mtu 1280")
	// Of what comes back nothing is too long: it would be dropped without a word.
	n.run(t, firstHost, "ip route change default via 10.77.1.1 advmss 1200")
	far := n.centre(t, dir)
	_, ended := l.away(t, far.url, nil, "ip", "netns", "exec", n.prefix+firstHost)
	l.home(t, far, ended, id)
	n.run(t, firstHost, "ip route get 10.77.2.2 | grep -q 'mtu 1280'") // it was told
}

// centre runs a centre's process on the second laptop's host.
func (n *networks) centre(t *testing.T, dir string) *server {
	t.Helper()
	addr := filepath.Join(t.TempDir(), "addr")
	cmd := exec.Command("ip", "netns", "exec", n.prefix+secondHost, os.Args[0],
		"--listen", "10.77.2.2:0", "--data", dir, "--practice", "--address-file", addr)
	cmd.Env = append(os.Environ(), "DOORSTEP_TEST_CENTRE=1")
	started(t, cmd)
	return &server{dir: dir, url: await(t, addr)}
}

// swallow lets the host between the laptops drop what is longer than 1280 bytes
// on its way to one of them, and say nothing of it: the queue has no room for
// that.
func (n *networks) swallow(t *testing.T, host string) {
	t.Helper()
	out, err := exec.Command("ip", "netns", "exec", n.prefix+centreHost, "tc", "qdisc", "replace", "dev", "v"+host,
		"root", "tbf", "rate", "100mbit", "burst", "1294", "limit", "1mb").CombinedOutput()
	if err != nil {
		t.Skipf("no queue that swallows long packets here: %v %s", err, out)
	}
}

// swallowed is how many packets were dropped on the way to a laptop.
func (n *networks) swallowed(t *testing.T, host string) int {
	t.Helper()
	out, err := exec.Command("ip", "netns", "exec", n.prefix+centreHost, "tc", "-s", "qdisc", "show", "dev", "v"+host).Output()
	m := regexp.MustCompile(`dropped (\d+)`).FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%v %s", err, out)
	}
	return must(strconv.Atoi(string(m[1])))
}

// Something on the way drops packets of more than 1280 bytes, and nobody is told.
func TestLargePacketsThatAreSwallowed(t *testing.T) {
	if depot.OnShared() {
		t.Skip("the bucket is not reached from the centre's network here")
	}
	dir := filepath.Join(t.TempDir(), "centre")
	s := startServer(t, dir, "127.0.0.1:0")
	l, code := newLaptop(t, s), s.code(t)
	id := l.finished(t, noise("a", 600_000))
	s.stop()
	n := newNetworks(t)
	n.route(t, true)
	for _, h := range []string{firstHost, secondHost} {
		n.run(t, h, "echo 0 > /proc/sys/net/ipv4/tcp_mtu_probing") // the system does not find out
	}
	far := n.centre(t, dir)
	t.Run("of what the centre sends, and a laptop enrols", func(t *testing.T) {
		n.swallow(t, firstHost)
		n.start(t, firstHost, "DOORSTEP_TEST_SERVER="+far.url, "DOORSTEP_TEST_ENROL="+code).want(t, "enrolled")
		if n.swallowed(t, firstHost) == 0 {
			t.Error("nothing was swallowed")
		}
	})
	t.Run("both ways, and a case arrives", func(t *testing.T) {
		n.swallow(t, secondHost)
		_, ended := l.away(t, far.url, nil, "ip", "netns", "exec", n.prefix+firstHost)
		l.home(t, far, ended, id)
		if n.swallowed(t, secondHost) == 0 {
			t.Error("nothing was swallowed")
		}
	})
	t.Run("from the middle of a case on", func(t *testing.T) {
		for _, h := range []string{firstHost, secondHost} {
			n.run(t, centreHost, "tc qdisc del dev v"+h+" root")
		}
		n.slow(t, 4)
		id := l.finished(t, noise("b", 2_000_000))
		sent := func() int {
			out, err := exec.Command("ip", "netns", "exec", n.prefix+centreHost, "cat", "/sys/class/net/v"+secondHost+"/statistics/tx_bytes").Output()
			if err != nil {
				t.Fatal(err)
			}
			return must(strconv.Atoi(strings.TrimSpace(string(out))))
		}
		before := sent()
		_, ended := l.away(t, far.url, nil, "ip", "netns", "exec", n.prefix+firstHost)
		for by := time.Now().Add(hangs); sent()-before < 500_000; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(by) {
				t.Fatal("nothing is on its way")
			}
		}
		n.swallow(t, firstHost)
		n.swallow(t, secondHost)
		l.home(t, far, ended, id)
		if n.swallowed(t, secondHost) == 0 {
			t.Error("nothing was swallowed")
		}
	})
}

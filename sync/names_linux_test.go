package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
	addr := filepath.Join(t.TempDir(), "addr")
	cmd := exec.Command("ip", "netns", "exec", n.prefix+secondHost, os.Args[0],
		"--listen", "10.77.2.2:0", "--data", dir, "--practice", "--address-file", addr)
	cmd.Env = append(os.Environ(), "DOORSTEP_TEST_CENTRE=1")
	started(t, cmd)
	far := &server{dir: dir, url: await(t, addr)}
	_, ended := l.away(t, far.url, nil, "ip", "netns", "exec", n.prefix+firstHost)
	l.home(t, far, ended, id)
	n.run(t, firstHost, "ip route get 10.77.2.2 | grep -q 'mtu 1280'") // it was told
}

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// networks are three hosts of this machine: two laptops, and the centre
// between them. What the laptops send one another passes the centre's host
// where that lets it.
type networks struct{ prefix string }

const centreHost, firstHost, secondHost = "c", "a", "b"

// newHosts makes hosts without networks, or skips the test where that is not
// allowed.
func newHosts(t testing.TB, hosts ...string) *networks {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can make network namespaces")
	}
	n := &networks{fmt.Sprintf("ds%d", os.Getpid())}
	for _, h := range hosts {
		if out, err := exec.Command("ip", "netns", "add", n.prefix+h).CombinedOutput(); err != nil {
			t.Skipf("no network namespaces here: %v %s", err, out)
		}
		t.Cleanup(func() { exec.Command("ip", "netns", "del", n.prefix+h).Run() })
		n.run(t, h, "ip link set lo up")
	}
	return n
}

// newNetworks joins each laptop to the centre's host.
func newNetworks(t testing.TB) *networks {
	t.Helper()
	n := newHosts(t, centreHost, firstHost, secondHost)
	for i, h := range []string{firstHost, secondHost} {
		n.run(t, centreHost, fmt.Sprintf("ip link add v%s type veth peer name eth0 netns %s%s", h, n.prefix, h))
		n.run(t, centreHost, fmt.Sprintf("ip addr add 10.77.%d.1/24 dev v%s && ip link set v%s up", i+1, h, h))
		n.run(t, h, fmt.Sprintf("ip addr add 10.77.%d.2/24 dev eth0 && ip link set eth0 up && ip route add default via 10.77.%d.1", i+1, i+1))
	}
	n.route(t, false)
	return n
}

func (n *networks) run(t testing.TB, host, script string) {
	t.Helper()
	if out, err := exec.Command("ip", "netns", "exec", n.prefix+host, "sh", "-c", script).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v %s", script, err, out)
	}
}

// newHomes puts each laptop behind a router of its own with one public
// address, all of which the centre's host joins.
func newHomes(t testing.TB, kind string) *networks {
	t.Helper()
	n := newHosts(t, centreHost, firstHost, secondHost, "n"+firstHost, "n"+secondHost)
	for i, h := range []string{firstHost, secondHost} {
		// A router here passes single packets on: none may be made of several.
		const one = "gso_max_segs 1 gso_max_size 1500"
		n.run(t, "n"+h, fmt.Sprintf("ip link add in type veth peer name eth0 netns %s%s && ip link add out type veth peer name v%s netns %s%s", n.prefix, h, h, n.prefix, centreHost))
		n.run(t, h, fmt.Sprintf("ip link set eth0 %s up && ip addr add 192.168.%d.2/24 dev eth0 && ip route add default via 192.168.%d.1", one, i+1, i+1))
		n.run(t, "n"+h, fmt.Sprintf("ip link set in up && ip addr add 192.168.%d.1/24 dev in && ip link set out up && ip addr add 10.77.%d.2/24 dev out", i+1, i+1))
		n.run(t, centreHost, fmt.Sprintf("ip link set v%s %s up && ip addr add 10.77.%d.1/24 dev v%s && ip route add 203.0.113.%d via 10.77.%d.2", h, one, i+1, h, i+1, i+1))
		n.run(t, "n"+h, fmt.Sprintf("ip route add default via 10.77.%d.1 && echo 0 > /proc/sys/net/ipv4/ip_forward", i+1))
		n.start(t, "n"+h, "DOORSTEP_TEST_PEER="+kind, fmt.Sprintf("DOORSTEP_TEST_PUBLIC=203.0.113.%d", i+1)).want(t, "ready")
	}
	n.route(t, true)
	n.start(t, centreHost, "DOORSTEP_TEST_PEER=turn", "DOORSTEP_TEST_PUBLIC=10.77.1.1:3478").want(t, "ready")
	return n
}

// route lets the laptops reach one another, or not: then what they send one
// another is lost without a word.
func (n *networks) route(t testing.TB, on bool) {
	t.Helper()
	bit := "0"
	if on {
		bit = "1"
	}
	n.run(t, centreHost, "echo "+bit+" > /proc/sys/net/ipv4/ip_forward")
}

// slow bounds what the first laptop sends to so many megabits a second.
func (n *networks) slow(t testing.TB, mbit int) {
	t.Helper()
	n.run(t, firstHost, fmt.Sprintf("tc qdisc replace dev eth0 root tbf rate %dmbit burst 128k latency 100ms", mbit))
}

// process is this test's program on one of the hosts.
type process struct {
	cmd   *exec.Cmd
	lines chan string
	in    io.WriteCloser
	kill  func()
}

// start runs the program with a role, and gives its lines.
func (n *networks) start(t testing.TB, host string, env ...string) *process {
	t.Helper()
	cmd := exec.Command("ip", "netns", "exec", n.prefix+host, os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	return started(t, cmd)
}

func started(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, lines: make(chan string, 1024)}
	if p.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	})
	p.kill = sync.OnceFunc(func() {
		cmd.Process.Kill()
		wg.Wait()
		cmd.Wait()
	})
	t.Cleanup(p.kill)
	return p
}

// want waits for the next line that begins so, and gives its rest.
func (p *process) want(t testing.TB, word string) string {
	t.Helper()
	late := time.After(90 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				t.Fatalf("ended before it said %q", word)
			}
			if rest, ok := strings.CutPrefix(line, word+" "); ok {
				return rest
			}
		case <-late:
			t.Fatalf("did not say %q", word)
		}
	}
}

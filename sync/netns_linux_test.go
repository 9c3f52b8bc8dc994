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

// newNetworks makes the hosts, or skips the test where that is not allowed.
func newNetworks(t testing.TB) *networks {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can make network namespaces")
	}
	n := &networks{fmt.Sprintf("ds%d", os.Getpid())}
	for _, h := range []string{centreHost, firstHost, secondHost} {
		if out, err := exec.Command("ip", "netns", "add", n.prefix+h).CombinedOutput(); err != nil {
			t.Skipf("no network namespaces here: %v %s", err, out)
		}
		t.Cleanup(func() { exec.Command("ip", "netns", "del", n.prefix+h).Run() })
		n.run(t, h, "ip link set lo up")
	}
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

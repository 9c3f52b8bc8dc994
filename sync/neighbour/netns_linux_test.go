package neighbour

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

const testPassword = "a password of a test"

// TestMain is also the laptop's program in a network of its own: it opens the
// store of a folder and is in the room until it is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("DOORSTEP_ROOM_DIR"); dir != "" {
		if err := laptopProgram(dir, os.Getenv("DOORSTEP_ROOM_CONNECT"), uuid.MustParse(os.Getenv("DOORSTEP_ROOM_CASE"))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func laptopProgram(dir, connect string, id uuid.UUID) error {
	ctx := context.Background()
	k, err := store.Open(ctx, store.Options{Dir: dir, Cost: seal.CheapCost()})
	if err != nil {
		return err
	}
	s, _, err := k.Unlock(ctx, "c1", []byte(testPassword))
	if err != nil {
		return err
	}
	r, err := New(Config{Store: s})
	if err != nil {
		return err
	}
	if connect != "" {
		if err := r.Dial(connect); err != nil {
			return err
		}
	}
	r.Watch(func(st State) {
		for _, p := range st.Peers {
			if p.Online {
				fmt.Println("sees", p.Device)
			}
		}
		if st.Quiet != nil {
			fmt.Println("quiet")
		}
	})
	go func() {
		blobs := 0
		for ; ; time.Sleep(5 * time.Millisecond) {
			if n := s.Count().Blobs; n != blobs {
				blobs = n
				fmt.Println("blobs", n)
			}
			c, err := s.Case(ctx, id)
			if err == nil && len(c.Holders) == 1 && c.Holders[0].Device == s.Profile().Device {
				fmt.Println("holds", len(c.Attachments))
				time.Sleep(time.Hour)
			}
		}
	}()
	return r.Run(ctx)
}

// nets are two networks joined by a cable.
type nets struct {
	t     *testing.T
	names [2]string
}

func ip(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func newNets(t *testing.T, multicast bool) *nets {
	t.Helper()
	n := &nets{t: t, names: [2]string{fmt.Sprintf("dsa%d", os.Getpid()), fmt.Sprintf("dsb%d", os.Getpid())}}
	if err := ip("netns", "add", n.names[0]); err != nil {
		t.Skip("this machine gives no networks of their own:", err)
	}
	t.Cleanup(func() {
		for _, name := range n.names {
			_ = ip("netns", "del", name)
		}
	})
	a, b := n.names[0], n.names[1]
	steps := [][]string{{"netns", "add", b}, {"-n", a, "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", b}}
	for i, name := range n.names {
		dev := [2]string{"va", "vb"}[i]
		steps = append(steps, []string{"-n", name, "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+1), "dev", dev},
			[]string{"-n", name, "link", "set", "lo", "up"}, []string{"-n", name, "link", "set", dev, "up"})
		if !multicast {
			steps = append(steps, []string{"-n", name, "link", "set", dev, "multicast", "off"})
		}
	}
	for _, s := range steps {
		if err := ip(s...); err != nil {
			t.Skip(err)
		}
	}
	return n
}

// program is a laptop's program that runs in a network.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
}

func (n *nets) start(i int, dir, connect string, id uuid.UUID) *program {
	n.t.Helper()
	p := &program{t: n.t, cmd: exec.Command("ip", "netns", "exec", n.names[i], os.Args[0]), lines: make(chan string, 10_000)}
	p.cmd.Env = append(os.Environ(), "DOORSTEP_ROOM_DIR="+dir, "DOORSTEP_ROOM_CONNECT="+connect, "DOORSTEP_ROOM_CASE="+id.String())
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		n.t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for sc := bufio.NewScanner(out); sc.Scan(); {
			p.lines <- sc.Text()
		}
	}()
	n.t.Cleanup(p.kill)
	return p
}

// kill ends the program as a power cut does.
func (p *program) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill() // ip exec has become the program
		_ = p.cmd.Wait()
	}
}

func (p *program) says(what string) string {
	p.t.Helper()
	timeout := time.After(60 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("the program ended before it said %q", what)
			}
			if strings.HasPrefix(line, what) {
				return line
			}
		case <-timeout:
			p.t.Fatalf("the program never said %q", what)
		}
	}
}

// has waits until so many blobs are there, or more: a busy machine skips some.
func (p *program) has(blobs int) {
	p.t.Helper()
	for n := 0; n < blobs; {
		if _, err := fmt.Sscanf(p.says("blobs "), "blobs %d", &n); err != nil {
			p.t.Fatal(err)
		}
	}
}

// passed makes two laptops, of which the first has passed a case with images on
// to the second; both stores are closed.
func passed(t *testing.T, images int) (a, b string, id uuid.UUID) {
	t.Helper()
	c := newCounty(t)
	one, two := c.laptop(t), c.laptop(t)
	id = one.open()
	for i := range images {
		one.scan(id, noise(uint64(i), 400_000))
	}
	one.pass(id, two, loan.CheckStation)
	for _, l := range []*laptop{one, two} {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return one.Dir(), two.Dir(), id
}

func TestTwoMachinesFindEachOtherByMulticast(t *testing.T) {
	n := newNets(t, true)
	a, b, id := passed(t, 2)
	one, two := n.start(0, a, "", id), n.start(1, b, "", id)
	one.says("sees")
	two.says("sees")
	if got := two.says("holds"); got != "holds 2" {
		t.Errorf("got %q", got)
	}
}

func TestWhereMulticastIsBlockedAnAddressIsTyped(t *testing.T) {
	n := newNets(t, false)
	a, b, id := passed(t, 2)
	n.start(0, a, "", id)
	two := n.start(1, b, "10.77.0.1", id)
	if got := two.says("holds"); got != "holds 2" {
		t.Errorf("got %q", got)
	}
}

// Both machines die in mid-transfer, one after the other, as by a power cut.
func TestMachinesDieInMidTransfer(t *testing.T) {
	n := newNets(t, true)
	const images = 30
	a, b, id := passed(t, images)
	one, two := n.start(0, a, "", id), n.start(1, b, "", id)
	two.has(5)
	one.kill()
	one = n.start(0, a, "", id)
	two.has(12)
	two.kill()
	two = n.start(1, b, "", id)
	if got := two.says("holds"); got != fmt.Sprintf("holds %d", images) {
		t.Errorf("got %q", got)
	}
	one.kill()
	two.kill()
	for _, dir := range []string{a, b} {
		k, err := store.Open(t.Context(), store.Options{Dir: dir, Cost: seal.CheapCost()})
		if err != nil {
			t.Fatal(err)
		}
		s, _, err := k.Unlock(t.Context(), "c1", []byte(testPassword))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.VerifyLedger(t.Context()); err != nil {
			t.Error(err)
		}
		c, err := s.Case(t.Context(), id)
		if err != nil || len(c.Attachments) != images {
			t.Fatalf("got %v", err)
		}
		for _, at := range c.Attachments {
			if _, err := s.Blob(t.Context(), at.Blob); err != nil {
				t.Error(err)
			}
		}
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// apart starts the centre and two laptops that meet nowhere else.
func apart(t *testing.T, n *networks, flags ...string) (taker, giver *process) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "centre")
	addr := dir + ".addr"
	cmd := exec.Command("ip", append([]string{"netns", "exec", n.prefix + centreHost, os.Args[0],
		"--listen", "10.77.1.1:0", "--data", dir, "--practice", "--address-file", addr}, flags...)...)
	cmd.Env = append(os.Environ(), "DOORSTEP_TEST_CENTRE=1")
	started(t, cmd)
	s := &server{dir: dir, url: await(t, addr)}
	env := func(role, to string) []string {
		return []string{"DOORSTEP_TEST_PEER=" + role, "DOORSTEP_TEST_SERVER=" + s.url, "DOORSTEP_TEST_CODE=" + s.code(t), "DOORSTEP_TEST_TO=" + to}
	}
	taker = n.start(t, secondHost, env("take", "")...)
	id := taker.want(t, "device")
	time.Sleep(300 * time.Millisecond) // its first question lists it
	return taker, n.start(t, firstHost, env("give", id)...)
}

// whole demands that what was given is what was taken.
func whole(t *testing.T, taker, giver *process, size int) {
	t.Helper()
	gave, took := giver.want(t, "gave"), taker.want(t, "took")
	if gave != took || !strings.HasPrefix(gave, strconv.Itoa(size)+" ") {
		t.Errorf("gave %s, took %s", gave, took)
	}
}

func TestADirectWayIsFoundBetweenTwoNetworks(t *testing.T) {
	n := newNetworks(t)
	n.route(t, true)
	taker, giver := apart(t, n)
	if got := taker.want(t, "from"); got != "0 false" {
		t.Errorf("got %q, want the direct way", got)
	}
	whole(t, taker, giver, parcelSize)
}

func TestTheCentreRelaysWhereThereIsNoDirectWay(t *testing.T) {
	n := newNetworks(t)
	taker, giver := apart(t, n)
	if got := taker.want(t, "from"); got != "0 true" {
		t.Errorf("got %q, want the relay", got)
	}
	whole(t, taker, giver, parcelSize)
}

// Between two homes there is a way through both routers where these show
// everyone one port; the county's STUN server tells each side its own. Else
// there is one through the county's TURN server, and else the centre's relay.
func TestTwoLaptopsBehindRouters(t *testing.T) {
	const stun, turn = `[{"url":"stun:10.77.1.1:3478"}]`, `[{"url":"turn:10.77.1.1:3478","username":"laptop","credential":"word"}]`
	for name, k := range map[string]struct{ kind, ice, want string }{
		"that show one port, with STUN":       {"cone", stun, "0 false"},
		"that show many ports, with STUN":     {"symmetric", stun, "0 true"},
		"that show many ports, with TURN":     {"symmetric", turn, "0 false"},
		"that show one port, with no servers": {"cone", `[]`, "0 true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DOORSTEP_TEST_SMALL", "1")
			n := newHomes(t, k.kind)
			ice := filepath.Join(t.TempDir(), "ice")
			if err := os.WriteFile(ice, []byte(k.ice), 0o600); err != nil {
				t.Fatal(err)
			}
			taker, giver := apart(t, n, "--ice", ice)
			if got := taker.want(t, "from"); got != k.want {
				t.Errorf("got %q, want %q", got, k.want)
			}
			whole(t, taker, giver, smallSize)
		})
	}
}

// The way dies without a word while bytes are under way: no host answers that
// it is gone.
func TestTheRelayTakesOverWhenTheDirectWayDies(t *testing.T) {
	n := newNetworks(t)
	n.route(t, true)
	n.slow(t, 100)
	taker, giver := apart(t, n)
	if got := taker.want(t, "from"); got != "0 false" {
		t.Fatalf("got %q, want the direct way", got)
	}
	for taker.want(t, "have") != "10" {
	}
	n.route(t, false)
	cut := time.Now()
	over := giver.want(t, "over")
	t.Logf("the direct way was given up after %v: %s", time.Since(cut).Round(time.Second/10), over)
	if got := strings.Fields(over); got[0] != "false" || got[2] != "false" {
		t.Errorf("got %q, want a broken direct way", over)
	}
	got := strings.Fields(taker.want(t, "from"))
	if from, _ := strconv.Atoi(got[0]); from < 10<<20 || from >= parcelSize || got[1] != "true" {
		t.Errorf("went on with %v, want the relay and what was there", got)
	}
	whole(t, taker, giver, parcelSize)
}

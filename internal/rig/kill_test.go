package rig

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const (
	childVar  = "DOORSTEP_RIG_CHILD"
	roundsVar = "DOORSTEP_RIG_ROUNDS" // how often TestKill kills
)

// TestMain is also the writer that the tests kill.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childVar); dir != "" {
		os.Exit(Main(context.Background(), []string{"write", "--dir", dir, "--ack", "/dev/fd/3"}, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestKill kills the writer at random moments, from the making of the store
// on: what it had acknowledged must be there, nothing that it had not begun,
// and all of it whole.
func TestKill(t *testing.T) {
	if _, err := os.Stat("/dev/fd"); err != nil {
		t.Skip("this system has no /dev/fd, through which the writer acknowledges")
	}
	rounds, err := strconv.Atoi(cmp.Or(os.Getenv(roundsVar), "10"))
	noErr(t, err)
	dir := filepath.Join(t.TempDir(), "data")
	var acked, begun int64
	patience := 80 // milliseconds; a busy machine does less in the same time
	for round := range rounds {
		before := acked
		a, b := killed(t, dir, time.Duration(rand.IntN(patience))*time.Millisecond)
		acked, begun = max(acked, a), max(begun, b)
		r := verify(context.Background(), dir, 1)
		if !r.OK || r.Applied < acked || r.Applied > begun {
			t.Fatalf("round %d: begun %d, acknowledged %d, got %+v", round, begun, acked, r)
		}
		if acked == before {
			patience = min(2*patience, 4000)
		}
	}
	if acked < int64(rounds) {
		t.Fatalf("only %d operations in %d rounds", acked, rounds)
	}
	t.Logf("%d rounds, %d operations acknowledged, none lost", rounds, acked)
}

// killed kills a writer some time after its start and says what it had told.
func killed(t *testing.T, dir string, after time.Duration) (acked, begun int64) {
	t.Helper()
	r, w, err := os.Pipe()
	noErr(t, err)
	defer r.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+dir)
	cmd.ExtraFiles = []*os.File{w}
	noErr(t, cmd.Start())
	noErr(t, w.Close())
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		var n int64
		if _, err := fmt.Sscanf(lines.Text(), "A %d", &n); err == nil {
			acked = max(acked, n)
		} else if _, err := fmt.Sscanf(lines.Text(), "I %d", &n); err == nil {
			begun = max(begun, n)
		}
	}
	_ = cmd.Wait()
	return acked, begun
}

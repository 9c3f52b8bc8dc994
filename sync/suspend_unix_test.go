//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// The lid is closed in mid-transfer, for longer than a courier waits for
// anything, and what lies between forgets the connections. Opened again, the
// laptop goes on by itself, and sends no more than was under way again.
func TestALaptopSuspendedInMidTransferGoesOn(t *testing.T) {
	const asleep = 33 * time.Second // a courier gives up an attempt after 30
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	p := newProxy(t, s)
	var ids []uuid.UUID
	for i := range 20 {
		ids = append(ids, l.finished(t, noise(fmt.Sprint("s", i), 500_000)))
	}
	var up atomic.Int64
	p.set(func() { p.up = func(n int) bool { up.Add(int64(n)); time.Sleep(time.Millisecond); return true } })
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], l.dir, p.url)
	cmd.Env = append(os.Environ(), "DOORSTEP_TEST_LAPTOP=1")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer cmd.Process.Kill()
	for up.Load() < 4_000_000 {
		time.Sleep(5 * time.Millisecond)
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	p.silence()
	time.Sleep(time.Second) // what the kernel still had
	before := up.Load()
	time.Sleep(asleep)
	if n := up.Load() - before; n > 0 {
		t.Fatalf("%d bytes came of a laptop that slept", n)
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(5 * time.Minute):
		t.Fatal("it did not go on")
	}
	l.unlock(t)
	for _, id := range ids {
		if l.status(t, id) != loan.Received || !heldCase(t, s, id).Whole() {
			t.Errorf("case %s is not received on both sides", id)
		}
	}
	const need = 20 * (500_000 + 132_000)
	if n := up.Load(); n > need+3_000_000 {
		t.Errorf("%d bytes went up for %d: what had come was sent again", n, need)
	}
	if h := s.holdings(t); len(h.Cases) != 20 || h.Blobs != 80 || h.Refused != 0 {
		t.Errorf("%d cases, %d blobs, %d refused", len(h.Cases), h.Blobs, h.Refused)
	}
}

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"doorstep/internal/fault"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// smallStick mounts a stick of its own, where the system lets a test.
func smallStick(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", size)); err != nil {
		t.Skip("may not mount")
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// TestSmallSticksCarryTurnByTurn: what does not fit waits for another stick,
// and the centre's answer always finds room.
func TestSmallSticksCarryTurnByTurn(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	var ids []uuid.UUID
	for i := range 6 {
		ids = append(ids, l.finished(t, noise(fmt.Sprint(i), 2_500_000)))
	}
	dir := smallStick(t, 13)
	for turn := 0; ; turn++ {
		w := l.write(t, dir)
		if turn == 0 && (!w.Full || w.Changes != 48 || w.LeftChanges != 0 || w.LeftBlobs == 0) {
			t.Errorf("first turn: %+v", w)
		}
		takeStick(t, s, dir, exitOK)
		if r := l.read(t, dir); r.WaitingBlobs == 0 {
			break
		}
		if turn > 10 {
			t.Fatal("it never ends")
		}
	}
	for _, id := range ids {
		oneCase(t, s, l, id, 24)
	}
	if err := os.WriteFile(filepath.Join(dir, "films"), make([]byte, 9<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	l.draft(t)
	_, err := courier.WriteStick(t.Context(), l.Store, dir, nil)
	if fault.KindOf(err) != fault.Full {
		t.Errorf("with no room for a record: %v", err)
	}
}

// TestAStickPulledOut takes the stick away in the middle of a writing: the
// batches before count, and the laptop lost nothing.
func TestAStickPulledOut(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	var ids []uuid.UUID
	for i := range 4 {
		ids = append(ids, l.finished(t, noise(fmt.Sprint(i), 11_000_000)))
	}
	at, gone := t.TempDir(), filepath.Join(t.TempDir(), "drawer")
	dir := filepath.Join(at, "stick")
	must(0, os.Mkdir(dir, 0o700))
	_, err := courier.WriteStick(t.Context(), l.Store, dir, func(done, total int64) {
		if done > total*3/4 {
			os.Rename(dir, gone)
		}
	})
	// The folder is open, so a renamed one is still written to, and its room not told.
	if fault.KindOf(err) != fault.Disk || fault.Sentence(err) != "U盘读写失败或已拔出。已写完的部分有效，其余留在本机。请插好或更换U盘再试。" {
		t.Fatalf("pulled out: %v, %s", err, fault.Sentence(err))
	}
	if c, b := l.waits(t); c != 32 || b != 16 {
		t.Errorf("%d changes and %d blobs wait, want all", c, b)
	}
	got := takeStick(t, s, gone, -1)
	if got[0].Batches == 0 || got[0].Blobs == 0 {
		t.Errorf("taken of what was whole: %+v", got)
	}
	l.read(t, gone)
	l.write(t, gone)
	takeStick(t, s, gone, exitOK)
	l.read(t, gone)
	for _, id := range ids {
		oneCase(t, s, l, id, 16)
	}
}

func TestAReadOnlyStick(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 9_000))
	dir := smallStick(t, 16)
	l.write(t, dir)
	lock := func(flags uintptr) {
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Skip("may not mount read-only")
		}
	}
	lock(syscall.MS_RDONLY)
	if _, err := courier.WriteStick(t.Context(), l.Store, dir, nil); fault.KindOf(err) != fault.Disk || fault.Sentence(err) != "U盘是只读的（写保护），不能写入。请打开写保护开关或换一个U盘。" {
		t.Errorf("written to a read-only stick: %v, %s", err, fault.Sentence(err))
	}
	if got := takeStick(t, s, dir, exitFailed); got[0].Blobs != 4 || got[0].Answer {
		t.Errorf("taken from a read-only stick: %+v", got)
	}
	lock(0)
	takeStick(t, s, dir, exitOK)
	lock(syscall.MS_RDONLY)
	l.read(t, dir) // the answer cannot be taken off
	l.read(t, dir)
	oneCase(t, s, l, id, 4)
}

func TestAWritingThatIsStoppedKeepsWhatIsWritten(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	l.finished(t, noise("a", 300_000), noise("b", 300_000))
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	w, err := courier.WriteStick(ctx, l.Store, dir, func(done, total int64) {
		if done > total/2 {
			stop()
		}
	})
	if fault.KindOf(err) != fault.Cancelled || w.Changes != 9 || w.Blobs == 0 || w.Blobs == 5 {
		t.Errorf("stopped: %+v, %v", w, err)
	}
	if got := takeStick(t, s, dir, exitOK); got[0].Blobs != w.Blobs {
		t.Errorf("taken: %+v", got)
	}
}

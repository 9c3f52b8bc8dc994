package store

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

const limitVar = "DOORSTEP_STORE_LIMIT"

// TestFull runs in a process of its own whose files may not grow beyond a
// limit, for writing past it fails as it does on a full disk.
func TestFull(t *testing.T) {
	if os.Getenv(limitVar) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFull$", "-test.v")
		cmd.Env = append(os.Environ(), limitVar+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "saved before the disk was full") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	var old syscall.Rlimit
	noErr(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	limit := func(size uint64) {
		noErr(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: old.Max}))
	}
	relieve := func() { noErr(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)) }
	migrateFull(t, limit, relieve)
	repairFull(t, limit, relieve)
	backupFull(t, limit, relieve)
	s := newTestStore(t)
	limit(24 << 20)
	fillDisk(t, s, relieve)
}

// TestFullDisk fills a real file system of its own, where the system lets a
// test make one.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=12m"); err != nil {
		t.Skip("may not mount: TestFull covers the same with a limit on file size")
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	ballast := filepath.Join(dir, "ballast")
	noErr(t, os.WriteFile(ballast, make([]byte, 3<<20), 0o600))
	s, err := Create(context.Background(), options(filepath.Join(dir, "data")), profile(), clerk("c1"), []byte(password))
	noErr(t, err)
	defer s.Close()
	fillDisk(t, s, func() { noErr(t, os.Remove(ballast)) })
}

// backupFull has a stick fill up in the middle of a second backup.
func backupFull(t *testing.T, limit func(uint64), lift func()) {
	ctx := context.Background()
	s, stick := newTestStore(t), t.TempDir()
	id := newCase(t, s, 1)
	h := attachment(t, s, id, loan.DocSlot(loan.HukouBook), strings.Repeat("first ", 100_000))
	backedUp(t, s, stick)
	attachment(t, s, id, loan.DocSlot(loan.HukouBook), strings.Repeat("second ", 2_000_000))
	file := must(filepath.Glob(filepath.Join(stick, "*", backupFile)))[0]
	limit(uint64(must(os.Stat(file)).Size()) + 6<<20)
	_, err := s.Backup(ctx, stick, nil)
	wantKind(t, err, fault.Full)
	if !strings.Contains(fault.Sentence(err), "备份盘空间不足") {
		t.Errorf("it says %q", fault.Sentence(err))
	}
	lift()
	r := restored(t, copyOf(t, stick))
	must(r.Blob(ctx, h))
	noErr(t, r.VerifyLedger(ctx))
	backedUp(t, s, stick)
	if n := len(must(restored(t, stick).Changes(ctx, id))); n != 3 {
		t.Errorf("%d changes, want 3", n)
	}
}

// TestASmallStick is too small for the backup from the start.
func TestASmallStick(t *testing.T) {
	stick := t.TempDir()
	if err := syscall.Mount("tmpfs", stick, "tmpfs", 0, "size=4m"); err != nil {
		t.Skip("may not mount")
	}
	defer syscall.Unmount(stick, syscall.MNT_DETACH)
	s := newTestStore(t)
	attachment(t, s, newCase(t, s, 1), loan.DocSlot(loan.HukouBook), strings.Repeat("x", 8<<20))
	info, err := s.Backup(context.Background(), stick, nil)
	wantKind(t, err, fault.Full)
	if info.Written != 0 || !strings.Contains(fault.Sentence(err), "MB") {
		t.Errorf("wrote %d, says %q", info.Written, fault.Sentence(err))
	}
}

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
	migrateFull(t, limit, func() { noErr(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)) })
	s := newTestStore(t)
	limit(24 << 20)
	fillDisk(t, s, func() { noErr(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)) })
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

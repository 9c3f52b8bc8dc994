package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"doorstep/internal/depot"
)

// unwritten counts the pages of a file that the system has in memory alone.
func unwritten(t testing.TB, name string) uint64 {
	t.Helper()
	f, err := os.Open(name)
	if os.IsNotExist(err) {
		return 0 // it was a file of a moment
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const cachestat = 451
	var all [2]uint64 // to the end of the file
	var found struct{ cached, dirty, writeback, evicted, recent uint64 }
	if _, _, errno := syscall.Syscall6(cachestat, f.Fd(), uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&found)), 0, 0, 0); errno != 0 {
		t.Skip("the system does not say what it has not written: ", errno)
	}
	return found.dirty + found.writeback
}

// onDisk waits until nothing of a folder's files is in memory alone. The system
// writes by itself what was left to it for half a minute, so that a wait of ten
// seconds lets pass what is just being synced, and nothing else.
func onDisk(t *testing.T, what, dir string) {
	t.Helper()
	left := ""
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		left = ""
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case os.IsNotExist(err):
				return nil
			case err != nil:
				return err
			case d.IsDir() && d.Name() == "partial": // nobody was told of it
				return fs.SkipDir
			case d.IsDir() || strings.HasSuffix(path, "-shm"): // made anew at the next start
				return nil
			case d.Name() == "centre.db": // the log beside it says the same, until SQLite has synced both
				return nil
			}
			if unwritten(t, path) > 0 {
				left = path
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if left == "" {
			return
		}
	}
	t.Errorf("%s, and a power cut would take %s", what, strings.TrimPrefix(left, dir))
}

// What a receipt acknowledges, and what is called saved, is on the disk and not
// in the system's memory alone: kills of a process do not show that.
func TestWhatIsAcknowledgedIsOnTheDisk(t *testing.T) {
	if depot.OnShared() {
		t.Skip("of the files of the embedded database and the folder")
	}
	probe := filepath.Join(t.TempDir(), "probe")
	if err := os.WriteFile(probe, make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	if unwritten(t, probe) == 0 {
		t.Skip("what is written here is on the disk at once, or there is none")
	}
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	onDisk(t, "a laptop enrolled", s.dir)
	for _, size := range []int{900, 40_000, 3_000_000} { // one lies in a pack alone, one with others, one in a file of its own
		l.finished(t, noise(time.Now().String(), size))
		onDisk(t, "a case was saved", l.dir)
		mustCarry(t, l, "")
		onDisk(t, "a case was acknowledged", s.dir)
		onDisk(t, "its receipt is kept", l.dir)
	}
}

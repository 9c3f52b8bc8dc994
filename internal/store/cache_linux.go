package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// readsAnywhere says of a file that nothing lies before what is read next: a
// page is then read alone.
func readsAnywhere(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_RANDOM) }

// dropCache lets what is read next come from the disk, as far as the system
// heeds it.
func dropCache(path string) {
	f, err := os.Open(path)
	if err != nil {
		return // what is read next says why
	}
	defer f.Close()
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

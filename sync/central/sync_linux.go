package central

import (
	"os"
	"syscall"
)

// syncData makes a file's bytes and length durable, and no more of it.
func syncData(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return err
		}
	}
}

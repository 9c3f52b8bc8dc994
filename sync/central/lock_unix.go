//go:build unix

package central

import (
	"os"
	"syscall"

	"doorstep/internal/fault"
)

// foldersSync says that a folder's entries are made durable by syncing it.
const foldersSync = true

// lockFile holds a file against other processes until it is closed or the
// process ends; fault.Busy when another has it.
func lockFile(path string) (*os.File, error) {
	const op = "central.lockFile"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, diskFault(op, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fault.New(op, fault.Busy, err)
	}
	return f, nil
}

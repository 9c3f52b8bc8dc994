package store

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"doorstep/internal/fault"
)

const (
	errSharing        = syscall.Errno(32)
	errHandleDiskFull = syscall.Errno(39)
	errDiskFull       = syscall.Errno(112)
)

func fullErrors() []error { return []error{errDiskFull, errHandleDiskFull} }

// acquire takes the folder's lock, or answers fault.Busy at once: the lock
// file is open to one process only, and the system closes it with the process.
func acquire(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, diskFault("store.lock", err)
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharing) {
		return nil, fault.New("store.lock", fault.Busy, nil)
	}
	if err != nil {
		return nil, diskFault("store.lock", err)
	}
	return os.NewFile(uintptr(h), path), nil
}

// syncDir does nothing: Windows keeps a rename with the file's own metadata,
// and a folder cannot be flushed.
func syncDir(string) error { return nil }

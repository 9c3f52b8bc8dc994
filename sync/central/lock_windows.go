package central

import (
	"os"
	"syscall"

	"doorstep/internal/fault"
)

// foldersSync says that a folder's entries are made durable by syncing it; here
// the file system's journal does that by itself.
const foldersSync = false

// lockFile holds a file against other processes until it is closed or the
// process ends; fault.Busy when another has it.
func lockFile(path string) (*os.File, error) {
	const op = "central.lockFile"
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	// No sharing: a second open fails while this handle lives.
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, fault.New(op, fault.Busy, err)
	}
	return os.NewFile(uintptr(h), path), nil
}

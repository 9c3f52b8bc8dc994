package main

import (
	"fmt"
	"syscall"
)

// mountSmall makes a disk of so many megabytes of a folder, where the system lets.
func mountSmall(dir string, size int) bool {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", size)) == nil
}

func unmountSmall(dir string) { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }

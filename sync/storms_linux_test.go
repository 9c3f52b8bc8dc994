package main

import "syscall"

// mountSmall makes a small disk of a folder, where the system lets.
func mountSmall(dir string) bool {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m") == nil
}

func unmountSmall(dir string) { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }

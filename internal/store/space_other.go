//go:build !linux && !darwin && !freebsd && !windows

package store

// freeSpace is not known here: a full disk is found by writing.
func freeSpace(string) (uint64, error) { return 1 << 62, nil }

//go:build !linux

package store

// dropCache does nothing where the system has no such call.
func dropCache(string) {}

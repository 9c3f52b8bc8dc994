//go:build !linux

package store

import "os"

// dropCache does nothing where the system has no such call.
func dropCache(string) {}

func readsAnywhere(*os.File) {}

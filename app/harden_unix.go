//go:build unix && !linux

package main

import (
	"runtime/debug"
	"syscall"
)

// harden lets no core image of the process be written when it fails, and a
// panic tell no arguments.
func harden() {
	debug.SetTraceback("none")
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
}

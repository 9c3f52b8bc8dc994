package main

import (
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// harden keeps what the process holds in memory to itself: no core image is
// written of it when it fails, another program of the same user cannot read
// its memory, and a panic tells no arguments.
func harden() {
	debug.SetTraceback("none")
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) // a handler of core images is not bound by the limit
}

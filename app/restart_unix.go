//go:build unix

package main

import (
	"os"
	"strconv"
	"syscall"

	"doorstep/internal/fault"
)

// startAfresh puts a new run of this program, with the same flags, in the
// place of this one: the same process, with nothing of its memory and none of
// its open files. It returns only when that failed.
func startAfresh(env []string, _ func()) error {
	const op = "start afresh"
	exe, err := os.Executable()
	if err != nil {
		return fault.New(op, fault.Unavailable, err)
	}
	if err := closeAtExec(); err != nil {
		return fault.New(op, fault.Unavailable, err)
	}
	return fault.New(op, fault.Unavailable, syscall.Exec(exe, os.Args, env))
}

// closeAtExec lets no file but the standard three go on to the next run: a
// library may have left one open to it.
func closeAtExec() error {
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return err
	}
	for _, f := range open {
		if n, err := strconv.Atoi(f.Name()); err == nil && n > 2 {
			syscall.CloseOnExec(n)
		}
	}
	return nil
}

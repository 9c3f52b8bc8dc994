package main

import (
	"os"

	"doorstep/internal/fault"
)

// startAfresh starts a new run of this program with the same flags, and lets
// this one end: a process cannot be replaced here.
func startAfresh(env []string, quit func()) error {
	const op = "start afresh"
	exe, err := os.Executable()
	if err != nil {
		return fault.New(op, fault.Unavailable, err)
	}
	p, err := os.StartProcess(exe, os.Args, &os.ProcAttr{Env: env, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return fault.New(op, fault.Unavailable, err)
	}
	_ = p.Release() // it outlives this run
	quit()
	return nil
}

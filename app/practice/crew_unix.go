//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// apart keeps Ctrl-C at the terminal from a program: it is for this one, which
// ends the others in their order.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

//go:build !linux && !windows

package helper

import (
	"context"
	"os"
	"os/exec"
	"syscall"
)

// bounded runs a command in a group of its own and ends the group with it.
func bounded(_ context.Context, command func() *exec.Cmd) error {
	cmd := command()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		return err
	}
	defer syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	return cmd.Wait()
}

func surroundings() []string { return []string{} }

func runnable(_ string, m os.FileMode) bool { return m&0o111 != 0 }

func loose(m os.FileMode) bool { return m&0o002 != 0 }

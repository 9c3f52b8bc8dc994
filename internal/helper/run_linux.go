package helper

import (
	"context"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// reserved is the room for addresses, of which some runtimes reserve much more
// than they use.
const reserved = 8 * memory

// bounded runs a command in a group of its own, without a network where the
// kernel allows that, and ends the whole group with it.
func bounded(ctx context.Context, command func() *exec.Cmd) error {
	var cmd *exec.Cmd
	var err error
	for _, alone := range []bool{true, false} {
		cmd = command()
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if alone {
			cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
			cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
		}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		if err = cmd.Start(); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	pid := cmd.Process.Pid
	// Its group is ended also when it ended well and left somebody behind.
	defer syscall.Kill(-pid, syscall.SIGKILL)
	for _, l := range []struct {
		what int
		most uint64
	}{{unix.RLIMIT_CORE, 0}, {unix.RLIMIT_FSIZE, 0}, {unix.RLIMIT_CPU, cpuSeconds}, {unix.RLIMIT_DATA, memory}, {unix.RLIMIT_AS, reserved}} {
		if err := unix.Prlimit(pid, l.what, &unix.Rlimit{Cur: l.most, Max: l.most}, nil); err != nil && ctx.Err() == nil && err != unix.ESRCH {
			syscall.Kill(-pid, syscall.SIGKILL)
			_ = cmd.Wait()
			return err
		}
	}
	return cmd.Wait()
}

func surroundings() []string { return []string{} }

func runnable(_ string, m os.FileMode) bool { return m&0o111 != 0 }

func loose(m os.FileMode) bool { return m&0o002 != 0 }

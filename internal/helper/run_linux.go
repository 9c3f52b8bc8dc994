package helper

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
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
		confine(cmd)
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
	// Its group is ended also when it ended well and left somebody behind.
	defer syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	return cmd.Wait()
}

// confine lets a command begin with its limits: set from here they would come a moment
// after it began.
func confine(cmd *exec.Cmd) {
	script := fmt.Sprintf(`ulimit -c 0 && ulimit -f 0 && ulimit -t %d && ulimit -d %d && ulimit -v %d && unset PWD OLDPWD && exec "$0" "$@"`, cpuSeconds, memory>>10, reserved>>10)
	cmd.Args = append([]string{"sh", "-c", script, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
}

func surroundings() []string { return []string{} }

func runnable(_ string, m os.FileMode) bool { return m&0o111 != 0 }

func loose(m os.FileMode) bool { return m&0o002 != 0 }

//go:build linux || darwin

package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// silent has a terminal show nothing of what is typed until back is called; it
// fails where there is no terminal.
func silent(fd int) (back func(), err error) {
	was, err := unix.IoctlGetTermios(fd, getTerminal)
	if err != nil {
		return nil, err
	}
	now := *was
	now.Lflag &^= unix.ECHO
	now.Lflag |= unix.ICANON | unix.ISIG
	now.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTerminal, &now); err != nil {
		return nil, err
	}
	// A stop would leave the terminal silent for whoever has it then.
	signal.Ignore(unix.SIGTSTP)
	return func() {
		_ = unix.IoctlSetTermios(fd, setTerminal, was)
		signal.Reset(unix.SIGTSTP)
	}, nil
}

// hangups are the signals beside those of start by which a person ends a program
// at a terminal.
func hangups() []os.Signal { return []os.Signal{unix.SIGQUIT, unix.SIGHUP} }

// lookEvery is how often a prompt looks whether it was given up, in milliseconds.
const lookEvery = 50

// typed waits until there is something to read, or ctx ends.
func typed(ctx context.Context, fd int) error {
	for ctx.Err() == nil {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, lookEvery)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		if n > 0 {
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// openToOthers says whether other users can read a file.
func openToOthers(st fs.FileInfo) bool { return st.Mode().Perm()&0o077 != 0 }

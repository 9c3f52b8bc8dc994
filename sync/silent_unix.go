//go:build linux || darwin

package main

import (
	"io/fs"

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
	return func() { _ = unix.IoctlSetTermios(fd, setTerminal, was) }, nil
}

// openToOthers says whether other users can read a file.
func openToOthers(st fs.FileInfo) bool { return st.Mode().Perm()&0o077 != 0 }

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// pieceSize is how much of the program's file the system maps at once, at most.
const pieceSize = 8 << 10

// startTime is how long a start takes, the first questions of laptops with it.
const startTime = time.Second

// sparePages has the process count among its memory those pages of the program's file
// that it uses. The system maps what it has of the 64 KB around each of them, but
// nothing past the end of a mapping; so there are many short ones. It returns when
// what the start alone needed is let go, or ctx ends. Where the system refuses, all
// is as it was.
func sparePages(ctx context.Context) {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil || os.Getpagesize() >= pieceSize {
		return
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	all, err := mappingsOf(f, exe)
	f.Close()
	if err != nil {
		return
	}
	for _, m := range all {
		if m.split() != nil || m.forget() != nil {
			return
		}
	}
	select {
	case <-time.After(startTime):
	case <-ctx.Done():
		return
	}
	for _, m := range all {
		_ = m.forget()
	}
}

// filePart is a range of memory that shows a file as it is: nothing was ever written
// to it, or can be.
type filePart struct{ from, to uintptr }

// mappingsOf reads in the form of /proc/PID/smaps where a file is mapped as it is.
func mappingsOf(smaps io.Reader, path string) (out []filePart, err error) {
	var m filePart
	ours, clean := false, 0 // the file's; how many fields say that no page is the process's own
	end := func() {
		if ours && clean == 2 {
			out = append(out, m)
		}
		ours, clean = false, 0
	}
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		// FROM-TO rights offset device inode file, or Field: value kB
		first, rest, _ := bytes.Cut(lines.Bytes(), []byte(" "))
		rest = bytes.TrimSpace(rest)
		switch name := string(first); {
		case name == "Anonymous:" || name == "Swap:":
			if string(rest) == "0 kB" {
				clean++
			}
		case !strings.HasSuffix(name, ":"):
			end()
			if m, err = parseRange(name); err != nil {
				return nil, err
			}
			fields := strings.SplitN(string(rest), " ", 5)
			ours = len(fields) == 5 && strings.TrimSpace(fields[4]) == path && (fields[0] == "r--p" || fields[0] == "r-xp")
		}
	}
	end()
	return out, lines.Err()
}

func parseRange(s string) (filePart, error) {
	from, to, _ := strings.Cut(s, "-")
	a, err := strconv.ParseUint(from, 16, 64)
	if err != nil {
		return filePart{}, err
	}
	b, err := strconv.ParseUint(to, 16, 64)
	if err == nil && a >= b {
		err = fmt.Errorf("mapping %s", s)
	}
	return filePart{uintptr(a), uintptr(b)}, err
}

// split makes pieces of the mapping: every second one is to be left out of a core
// dump, in which the file would not be in any case. After a failure it is whole.
func (m filePart) split() error {
	for at := m.from; at < m.to; at += 2 * pieceSize {
		if err := advise(at, min(at+pieceSize, m.to), unix.MADV_DONTDUMP); err != nil {
			_ = advise(m.from, m.to, unix.MADV_DODUMP)
			return err
		}
	}
	return nil
}

// forget lets go of all pages; each comes back from the file when it is used.
func (m filePart) forget() error { return advise(m.from, m.to, unix.MADV_DONTNEED) }

func advise(from, to uintptr, what uintptr) error {
	if _, _, e := unix.Syscall(unix.SYS_MADVISE, from, to-from, what); e != 0 {
		return e
	}
	return nil
}

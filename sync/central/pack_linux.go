package central

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

const newFile = os.O_RDWR | os.O_CREATE | os.O_EXCL

// makePack makes a file that is written past the system's cache, where its file
// system can do that.
func makePack(path string) (*os.File, error) {
	f, err := os.OpenFile(path, newFile|unix.O_DIRECT, 0o600)
	if errors.Is(err, unix.EINVAL) {
		// Some make the file and refuse then.
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		return os.OpenFile(path, newFile, 0o600)
	}
	return f, err
}

// writeBlocks writes pieces of whole blocks, at addresses of whole blocks, one
// behind another.
func writeBlocks(f *os.File, pieces [][]byte, at int64) error {
	n := 0
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	cerr := c.Control(func(fd uintptr) {
		for {
			if n, err = unix.Pwritev(int(fd), pieces, at); err != unix.EINTR {
				break
			}
		}
		// A disk may ask for larger blocks: its file goes through the cache.
		if flags, ferr := unix.FcntlInt(fd, unix.F_GETFL, 0); err == unix.EINVAL && ferr == nil && flags&unix.O_DIRECT != 0 {
			_, err = unix.FcntlInt(fd, unix.F_SETFL, flags&^unix.O_DIRECT)
			n = 0
		}
	})
	if err = errors.Join(err, cerr); err != nil {
		return err
	}
	// What the system left is written piece by piece, which says why.
	for _, b := range pieces {
		if n >= len(b) {
			n -= len(b)
		} else if _, err := f.WriteAt(b, at); err != nil {
			return err
		} else {
			n = 0
		}
		at += int64(len(b))
	}
	return nil
}

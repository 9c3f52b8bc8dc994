package courier

import "syscall"

// shrink bounds the segments that a connection to be dialled sends, and those
// that it says it takes.
func shrink(c syscall.RawConn) (err error) {
	said := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, smallSegment)
	})
	if err == nil {
		err = said
	}
	return err
}

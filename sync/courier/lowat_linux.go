package courier

import "syscall"

const tcpNotSentLowat = 25

// lowat keeps little in the kernel that was not sent yet: what a cut loses, and
// what an urgent record would wait behind.
func lowat(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotSentLowat, 128<<10)
	})
}

package courier

import (
	"io"
	"net"
	"os"
	"syscall"
)

// Read has the system acknowledge what comes with what is sent next, which is a
// moment later: else it sends a packet of its own for each word of the centre.
// The system forgets, so that it is told each time.
func (g *gathering) Read(b []byte) (n int, err error) {
	t, ok := g.Conn.(*net.TCPConn)
	if !ok || len(b) == 0 {
		return g.Conn.Read(b)
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 0)
		for {
			if n, failed = syscall.Read(int(fd), b); failed != syscall.EINTR {
				return failed != syscall.EAGAIN
			}
		}
	})
	switch {
	case err != nil:
		return 0, err
	case failed != nil:
		return 0, os.NewSyscallError("read", failed)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

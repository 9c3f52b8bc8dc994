//go:build unix

package central

import (
	"syscall"
	"time"
)

// processorTime is what this process has spent: server and clients, without
// PostgreSQL and the S3 server.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

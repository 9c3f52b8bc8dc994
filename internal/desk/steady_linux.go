package desk

import (
	"time"

	"golang.org/x/sys/unix"
)

// Steady is a time that runs whatever the clock is set to, and while the machine
// sleeps.
func Steady() func() time.Duration {
	return func() time.Duration {
		var t unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
			return 0
		}
		return time.Duration(t.Nano())
	}
}

package ui

import "golang.org/x/sys/unix"

// stepBack gives the calling thread a tenth of what the program's others have of
// a processor that both want. Where that is refused the job is done all the same.
func stepBack() {
	const further, last = 10, 19 // as nice(1) has it
	if now, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), min(20-now+further, last)) // the kernel tells 20 less it
	}
}

package ui

import "golang.org/x/sys/unix"

// stepBack gives the calling thread a tenth of what others have of a processor
// that both want. Where that is refused the job is done all the same.
func stepBack() {
	const behindOthers = 10                                                                      // as nice(1) has it
	if now, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err != nil || 20-now < behindOthers { // the kernel tells 20 less it
		_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), behindOthers)
	}
}

package ui

import "golang.org/x/sys/windows"

// stepBack lets the calling thread run where no other wants the processor. Where
// that is refused the job is done all the same.
func stepBack() {
	const belowNormal = ^uintptr(0) // THREAD_PRIORITY_BELOW_NORMAL, -1
	set := windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadPriority")
	if set.Find() == nil {
		_, _, _ = set.Call(uintptr(windows.CurrentThread()), belowNormal)
	}
}

package kit

import (
	"syscall"
	"time"
	"unsafe"

	"fyne.io/fyne/v2"
)

func framePlace(fyne.Window) Place { return Place{} }
func putFrame(fyne.Window, Place)  {}

// systemIdle asks for the time of the last input, in milliseconds since the
// system began, which wrap round.
func systemIdle() (time.Duration, bool) {
	last := struct{ size, at uint32 }{size: 8}
	done, _, _ := syscall.NewLazyDLL("user32.dll").NewProc("GetLastInputInfo").Call(uintptr(unsafe.Pointer(&last)))
	if done == 0 {
		return 0, false
	}
	now, _, _ := syscall.NewLazyDLL("kernel32.dll").NewProc("GetTickCount").Call()
	return time.Duration(uint32(now)-last.at) * time.Millisecond, true
}

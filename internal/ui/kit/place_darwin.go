package kit

import (
	"bytes"
	"context"
	"os/exec"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
)

func framePlace(fyne.Window) Place { return Place{} }
func putFrame(fyne.Window, Place)  {}

// systemIdle asks the registry of devices, in which the system keeps for how many
// nanoseconds no input came.
func systemIdle() (time.Duration, bool) {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	out, err := exec.CommandContext(ctx, "/usr/sbin/ioreg", "-c", "IOHIDSystem", "-d", "4", "-r", "-k", "HIDIdleTime").Output()
	if err != nil {
		return 0, false
	}
	return idleOf(out)
}

func idleOf(registry []byte) (time.Duration, bool) {
	_, rest, ok := bytes.Cut(registry, []byte(`"HIDIdleTime" = `))
	if !ok {
		return 0, false
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	return time.Duration(n), err == nil && n >= 0
}

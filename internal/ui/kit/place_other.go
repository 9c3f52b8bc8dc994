//go:build !linux && !windows && !darwin

package kit

import (
	"time"

	"fyne.io/fyne/v2"
)

func framePlace(fyne.Window) Place      { return Place{} }
func putFrame(fyne.Window, Place)       {}
func systemIdle() (time.Duration, bool) { return 0, false }

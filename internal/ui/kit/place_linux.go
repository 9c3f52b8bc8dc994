package kit

import (
	"time"

	"fyne.io/fyne/v2"
)

func framePlace(w fyne.Window) Place {
	id := xWindow(w)
	if id == 0 {
		return Place{}
	}
	var d xDisplay
	defer d.close()
	p, err := d.stands(id)
	if err != nil {
		return Place{}
	}
	return p
}

func putFrame(w fyne.Window, p Place) {
	if id := xWindow(w); id != 0 {
		var d xDisplay
		defer d.close()
		_ = d.put(id, p) // a window in another place is as good
	}
}

func systemIdle() (time.Duration, bool) {
	var d xDisplay
	defer d.close()
	since, err := d.idle()
	return since, err == nil
}

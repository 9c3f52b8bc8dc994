package kit

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
)

// Place is where a window stands: its content's size in Fyne's measure, and,
// where the system tells, its content's corner in pixels.
type Place struct {
	Width, Height float32
	X, Y          int
	Placed        bool // X, Y and Maximized are known
	Maximized     bool
}

// String is the place in one word that ParsePlace reads.
func (p Place) String() string {
	if !p.Placed {
		return fmt.Sprintf("%.0fx%.0f", p.Width, p.Height)
	}
	most := 0
	if p.Maximized {
		most = 1
	}
	return fmt.Sprintf("%.0fx%.0f,%d,%d,%d", p.Width, p.Height, p.X, p.Y, most)
}

// ParsePlace reads what String gave; ok is false for anything else, and for a
// size no window has.
func ParsePlace(s string) (p Place, ok bool) {
	most := 0
	n, _ := fmt.Sscanf(s, "%fx%f,%d,%d,%d", &p.Width, &p.Height, &p.X, &p.Y, &most)
	p.Placed, p.Maximized = n == 5, most == 1
	ok = n >= 2 && p.Width >= 100 && p.Height >= 100 && p.Width < 20000 && p.Height < 20000
	if !ok {
		return Place{}, false
	}
	return p, true
}

// PlaceOf is where a window stands now; it is called on Fyne's goroutine.
func PlaceOf(w fyne.Window) Place {
	p := framePlace(w)
	size := w.Canvas().Size()
	p.Width, p.Height = size.Width, size.Height
	return p
}

// Put moves a window that is shown to a place, as far as the system allows;
// its size is the caller's to set. It is called on Fyne's goroutine.
func (p Place) Put(w fyne.Window) {
	if p.Placed {
		putFrame(w, p)
	}
}

// Idle tells how long nobody has touched the machine: its keys, its buttons,
// its pointer. ok is false where the system does not tell. It may be called
// from any goroutine.
func Idle() (since time.Duration, ok bool) { return systemIdle() }

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// largeLetters is the scale from which two controls no longer stand beside one another
// in the middle of the smallest window.
const largeLetters = 1.3

// bar is the line above the papers; of large letters, two.
func (s *receiptStep) bar() fyne.CanvasObject {
	if s.v.u.look.Scale >= largeLetters {
		return container.NewVBox(container.NewHBox(s.which), container.NewHBox(s.phone))
	}
	return container.NewBorder(nil, nil, s.which, container.NewHBox(s.phone, gap(6))) // its edge is that of the buttons below
}

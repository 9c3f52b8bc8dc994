//go:build !unix

package main

import "fyne.io/fyne/v2"

// tellSpots needs a signal that this system does not have.
func tellSpots(string, fyne.Window) (stop func()) { return func() {} }

//go:build !linux

package kit

import "fyne.io/fyne/v2"

// imLink is never made on this system: its own input method composes in a
// window of its own and sends what is committed.
type imLink struct{}

// PrepareEnvironment is called once before Fyne's app.New. Here it has nothing
// to prepare.
func PrepareEnvironment() *InputMethod { return &InputMethod{} }

func (l *imLink) ready() bool                            { return false }
func (l *imLink) focus(bool)                             {}
func (l *imLink) blur()                                  {}
func (l *imLink) reset()                                 {}
func (l *imLink) key(imKey) <-chan bool                  { return nil }
func (l *imLink) take() []imEvent                        { return nil }
func (l *imLink) place(imRect)                           {}
func (l *imLink) origin(fyne.Window) (x, y int, ok bool) { return 0, 0, false }
func (l *imLink) background(func())                      {}
func (l *imLink) closed() <-chan struct{}                { return nil }
func (l *imLink) lost()                                  {}
func (l *imLink) close()                                 {}

package main

import (
	"context"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// silent has a console show nothing of what is typed until back is called; it
// fails where there is no console.
func silent(fd int) (back func(), err error) {
	h := windows.Handle(fd)
	var was uint32
	if err := windows.GetConsoleMode(h, &was); err != nil {
		return nil, err
	}
	now := was&^windows.ENABLE_ECHO_INPUT | windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT
	if err := windows.SetConsoleMode(h, now); err != nil {
		return nil, err
	}
	return func() { _ = windows.SetConsoleMode(h, was) }, nil
}

// hangups are none: start takes all that a console sends.
func hangups() []os.Signal { return []os.Signal{os.Interrupt} }

// typed says whether ctx ended: a console's read ends by itself at Ctrl-C.
func typed(ctx context.Context, _ int) error { return ctx.Err() }

// openToOthers says nothing here: who may read is not in a file's mode.
func openToOthers(fs.FileInfo) bool { return false }

//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/signal"
	"syscall"

	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// tellSpots writes the controls in view of w to a file each time the process
// gets SIGUSR1, until stop is called: so a program can use the window as a
// person does. An empty name writes nothing.
func tellSpots(name string, w fyne.Window) (stop func()) {
	if name == "" {
		return func() {}
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range asked {
			fyne.Do(func() { writeSpots(name, kit.Spots(w)) })
		}
	}()
	return func() {
		signal.Stop(asked)
		close(asked)
		<-done
	}
}

func writeSpots(name string, spots []kit.Spot) {
	b, err := json.Marshal(spots)
	if err != nil {
		return
	}
	if os.WriteFile(name+".new", b, 0o600) == nil {
		_ = os.Rename(name+".new", name)
	}
}

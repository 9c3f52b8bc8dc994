package main

import (
	"fmt"
	"os"
)

// windowOptions are what the command line says of the window.
type windowOptions struct{ data string }

// openWindow opens the window and gives the exit code when it is closed.
func openWindow(windowOptions) int {
	fmt.Fprintln(os.Stderr, "doorstep: there is no window in this build yet; see doorstep --help for the verbs")
	return exitOffline
}

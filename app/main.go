// Command app is Doorstep 家门口办贷: with no verb it opens the window; with
// one it does that verb's work on the command line. See verbs.go.
package main

import "os"

func main() {
	harden()
	os.Exit(run(os.Args[1:], std{os.Stdin, os.Stdout, os.Stderr}))
}

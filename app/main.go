// Command app is Doorstep 家门口办贷: with no verb it opens the window; with
// one it does that verb's work on the command line. See verbs.go.
package main

import (
	"os"
	"time"
)

func main() {
	harden()
	// China has one time. A machine whose zone is set otherwise must not give a contract
	// another day than its evidence has.
	time.Local = time.FixedZone("CST", 8*60*60)
	os.Exit(run(os.Args[1:], std{os.Stdin, os.Stdout, os.Stderr}))
}

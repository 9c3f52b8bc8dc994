package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// options are what the command line says.
type options struct {
	app, sync string // the programs
	dir       string // data that stays, for a person's session
	out       string // what the session without a display leaves
	virtual   bool   // on a virtual display, even where there is one
}

func main() { os.Exit(run()) }

func run() int {
	var o options
	flag.StringVar(&o.app, "app", "", "the desktop `program`")
	flag.StringVar(&o.sync, "sync", "", "the central server's `program`")
	flag.StringVar(&o.dir, "dir", "practice", "the `folder` whose data stays between sessions")
	flag.StringVar(&o.out, "out", "out", "the `folder` for pictures, contracts and lists")
	flag.BoolVar(&o.virtual, "virtual", false, "drive the window on a virtual display even where there is a real one")
	flag.Parse()
	if flag.NArg() > 0 || o.app == "" || o.sync == "" {
		fmt.Fprintln(os.Stderr, "practice: it takes --app PROGRAM and --sync PROGRAM; see --help")
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if display := os.Getenv("DISPLAY"); !o.virtual && display != "" && reachable(display) {
		err = attend(ctx, o)
	} else {
		err = drive(ctx, o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "practice:", err)
		return 1
	}
	return 0
}

package rig

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The exit codes of Main.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitOp     = 3 // an operation failed
)

// Main does what the arguments say, "write" or "verify" and its flags, and
// gives the exit code.
func Main(ctx context.Context, args []string, out, errs io.Writer) int {
	fs := flag.NewFlagSet("rig", flag.ContinueOnError)
	fs.SetOutput(errs)
	dir := fs.String("dir", "", "the store's `folder`")
	seed := fs.Int64("seed", 1, "of the operations")
	ack := fs.String("ack", "", "`file` that is told of every operation")
	most := fs.Int64("max", 1<<40, "operations to do")
	below := fs.String("below", "", "makes the store in this `folder` inside dir, which is not there yet")
	tries := fs.Int("go-on", 0, "tries more, in the same process, of an operation that failed")
	var c controls
	fs.BoolVar(&c.noSync, "nosync", false, "control: do not wait for the disk")
	fs.BoolVar(&c.early, "early-ack", false, "control: acknowledge before the work is done")
	fs.BoolVar(&c.split, "split", false, "control: several transactions for one operation")
	if len(args) == 0 || fs.Parse(args[1:]) != nil || *dir == "" || fs.NArg() > 0 {
		fmt.Fprintln(errs, "usage: rig write|verify --dir D --seed S [--ack FILE] [--max N]")
		return exitUsage
	}
	*dir = filepath.Join(*dir, *below)
	switch args[0] {
	case "write":
		return write(ctx, *dir, *seed, *ack, *most, *tries, c, errs)
	case "verify":
		if err := json.NewEncoder(out).Encode(verify(ctx, *dir, *seed)); err != nil {
			return exitFailed
		}
		return exitDone
	}
	fmt.Fprintf(errs, "rig: no %q\n", args[0])
	return exitUsage
}

func write(ctx context.Context, dir string, seed int64, ackFile string, most int64, tries int, c controls, errs io.Writer) int {
	fail := func(code int, err error) int {
		fmt.Fprintln(errs, "rig:", err)
		return code
	}
	var ack io.Writer = io.Discard
	if ackFile != "" {
		f, err := os.OpenFile(ackFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return fail(exitFailed, err)
		}
		defer f.Close()
		ack = f
	}
	clock := &clock{}
	s, err := openStore(ctx, dir, seed, clock)
	if err != nil {
		return fail(exitFailed, fmt.Errorf("open: %w", err))
	}
	defer s.Close()
	if c.noSync {
		s.ForgoSync()
	}
	last, err := applied(ctx, s)
	if err != nil {
		return fail(exitFailed, err)
	}
	w := &writer{s: s, m: modelOf(seed, last), names: newNames(seed), clock: clock, c: c}
	if err := w.run(ctx, ack, most, tries); err != nil {
		return fail(exitOp, err)
	}
	return exitDone
}

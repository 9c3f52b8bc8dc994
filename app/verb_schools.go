package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/store"
)

func schoolsImportVerb() verb {
	return verb{
		name:    "schools import",
		args:    "FILE.tsv",
		summary: "Takes in a school register in the place of the one in use.",
		help: `FILE.tsv is UTF-8 text: a head line "code name kind level place authority", then a
school a line, columns parted by tabs; kind is regular or adult. All or nothing:
on a bad line nothing changes, and the line is named. In the data folder of a
laptop a clerk or data administrator does it (--operator and --password-file), and
the chain says so; a folder that holds no laptop, as for doorstep check, has nobody
to ask.`,
		run: schoolsImport,
	}
}

func schoolsImport(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	args, code, ok := c.parse(flags, 1, 1)
	if !ok {
		return code
	}
	f, err := openInput(args[0])
	if err != nil {
		return c.fail(err)
	}
	defer f.Close()
	if !store.Exists(*data) && !who.given() {
		g, err := rulebook.ImportRegister(*data, f)
		if err != nil {
			return c.fail(err)
		}
		c.tookSchools(g)
		return exitDone
	}
	if !who.given() {
		return c.wrong(wantsAccount)
	}
	ctx, stop := interruptible()
	defer stop()
	d, err := c.signInBy(ctx, who, func() (*desk.Door, error) {
		rules, err := rulebook.Load() // the register that is there may be damaged, and is to be mended
		if err != nil {
			return nil, err
		}
		return doorOf(ctx, *data, rules)
	})
	if err != nil {
		return c.fail(err)
	}
	return c.at(ctx, d, func(ctx context.Context, d *desk.Desk) error {
		g, err := d.ImportSchools(ctx, f)
		if err == nil {
			c.tookSchools(g)
		}
		return err
	})
}

// tookSchools says what was taken in.
func (c *call) tookSchools(g *loan.Register) {
	adult := 0
	for _, s := range g.Schools {
		if s.Kind == loan.AdultSchool {
			adult++
		}
	}
	fmt.Fprintf(c.out, "%d schools taken in: %d regular, %d adult\n", len(g.Schools), len(g.Schools)-adult, adult)
}

// openInput opens a file named on the command line.
func openInput(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New("open file", fault.Missing, err)
	}
	if err != nil {
		return nil, fault.New("open file", fault.Disk, err)
	}
	return f, nil
}

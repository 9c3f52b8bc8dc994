package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
)

func schoolsImportVerb() verb {
	return verb{
		name:    "schools import",
		args:    "FILE.tsv",
		summary: "Takes in a school register in the place of the one in use.",
		help: `FILE.tsv is UTF-8 text: a head line "code name kind level place authority", then a
school a line, columns parted by tabs; kind is regular or adult. All or nothing:
on a bad line nothing changes, and the line is named. It holds nobody's data, so
it asks for no password, and works on a folder that is new, locked or in use.`,
		run: schoolsImport,
	}
}

func schoolsImport(c *call) int {
	flags, data := c.flags()
	args, code, ok := c.parse(flags, 1, 1)
	if !ok {
		return code
	}
	f, err := openInput(args[0])
	if err != nil {
		return c.fail(err)
	}
	defer f.Close()
	g, err := rulebook.ImportRegister(*data, f)
	if err != nil {
		return c.fail(err)
	}
	adult := 0
	for _, s := range g.Schools {
		if s.Kind == loan.AdultSchool {
			adult++
		}
	}
	fmt.Fprintf(c.out, "%d schools taken in: %d regular, %d adult\n", len(g.Schools), len(g.Schools)-adult, adult)
	return exitDone
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

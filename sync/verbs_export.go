package main

import (
	"context"
	"fmt"
	"io"
)

func export(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("export", "write every attachment of every case, byte for byte, into a folder: CASE/SLOT-N.EXT.\n"+
		"Each is compared with its name first. A contract has the centre's receipt and time stamp\n"+
		"behind it; those that corrections voided are contract-void-N.pdf. It may run beside the\n"+
		"server. What is written is readable by whoever reads the folder.", errs)
	data := f.String("data", "", "folder of the centre")
	to := f.String("to", "", "folder to write to")
	if err := parse(f, args, out, "data", "to"); err != nil {
		return err
	}
	c, err := beside(ctx, *data, errs)
	if err != nil {
		return err
	}
	defer c.Close()
	e, err := c.Export(ctx, *to)
	if e != nil {
		fmt.Fprintf(out, "exported: %d cases, %d files of %d bytes; %d lacking, %d damaged\n", e.Cases, e.Files, e.Bytes, e.Lacking, e.Damaged)
	}
	return err
}

package main

import (
	"context"
	"fmt"
	"time"

	"doorstep/internal/desk"
	"github.com/google/uuid"
)

func caseExportVerb() verb {
	return verb{
		name:    "case export",
		args:    "the ids of cases, or none",
		summary: "Writes copies of cases into a file that only a named recipient opens, under a grant.",
		help: `A data administrator grants an export: who, what of which cases, why, until when,
and to whom. Without --grant the grants of the account are listed. The file is
encrypted to the recipient's public key (age-encryption.org); every contract and
picture in it bears a watermark, and a list says what is in it. Each copy of a case
is counted and noted in the audit log before it is written. Without ids all cases
that the grant names are written.`,
		run: caseExport,
	}
}

func caseExport(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	grant := flags.String("grant", "", "`id` of the grant; without it the grants are listed")
	to := flags.String("to", "", "`folder` to write the file into")
	args, code, ok := c.parse(flags, 0, 1000)
	if !ok {
		return code
	}
	if (*grant == "") != (*to == "") || *grant == "" && len(args) > 0 {
		return c.wrong("--grant and --to go together")
	}
	var cases []uuid.UUID
	for _, s := range args {
		id, err := uuid.Parse(s)
		if err != nil {
			return c.wrong("an argument is not the id of a case")
		}
		cases = append(cases, id)
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		all, err := d.Releases(ctx)
		if err != nil {
			return err
		}
		if *grant == "" {
			for _, g := range all {
				fmt.Fprintf(c.out, "%s  %d of %d left, until %s, to %s %s\n", g.ID, g.Total()-len(g.Used), g.Total(),
					g.Until.Local().Format(time.DateTime), g.Release.Fingerprint(), g.Release.To)
			}
			return nil
		}
		for _, g := range all {
			if g.ID == *grant && len(cases) == 0 {
				cases = g.Cases
			}
		}
		out, err := d.Export(ctx, *grant, cases, *to)
		if err == nil {
			fmt.Fprintf(c.out, "exported: %d cases, %d files, %d left away: %s\n", out.Cases, out.Files, out.Left, out.Path)
		}
		return err
	})
}

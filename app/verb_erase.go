package main

import (
	"context"
	"fmt"

	"doorstep/internal/desk"
	"github.com/google/uuid"
)

func storeEraseVerb() verb {
	return verb{
		name:    "store erase",
		args:    "no argument",
		summary: "Erases the cases of a year that are wholly at the centre, or one on request.",
		help: `Images, contracts and what was entered of these cases go for ever; the chain
keeps that they were, and notes the erasing. Cases that the centre has not
received whole, and those in which you had a part, are left alone and listed, and
the exit code is then 1. Files
that a repair or a restore set aside are deleted with them. Only a data
administrator may. Nothing is erased without --yes.

With --case one void case is erased because a person of it asks for that; --reason
is kept in the audit log.`,
		run: storeErase,
	}
}

func storeErase(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	year := flags.Int("season", 0, "academic `year` whose cases go, such as 2025")
	yes := flags.Bool("yes", false, "what is erased cannot be had back here, and is to be erased")
	one := flags.String("case", "", "id of one void `case` that goes because a person asks for it, with --reason")
	reason := flags.String("reason", "", "`why` that case is erased")
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	switch {
	case *one != "" && *year == 0 && *yes:
		return c.eraseCase(*data, who, *one, *reason)
	case *year == 0 && *one == "":
		return c.wrong("--season is needed")
	case !*yes:
		return c.wrong("nothing was erased: what is erased cannot be had back here; --yes confirms it")
	}
	left := 0
	code := c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		out, err := d.EraseSeason(ctx, *year, nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "erased: %d cases, %d blobs of %d bytes, %d bodies of changes\n", out.Cases, out.Blobs, out.Bytes, out.Changes)
		if out.Aside+out.AsideLeft > 0 {
			fmt.Fprintf(c.out, "files set aside by repairs and restores: %d deleted, %d left until the centre has answered\n", out.Aside, out.AsideLeft)
		}
		for _, r := range out.Refused {
			for _, id := range r.Cases {
				fmt.Fprintf(c.out, "left alone: case %s, %s\n", id, whyText(r))
				left++
			}
		}
		return nil
	})
	if code == exitDone && left > 0 {
		fmt.Fprintf(c.err, "doorstep store erase: %d cases were left alone\n", left)
		return exitBad
	}
	return code
}

// eraseCase erases one case on request.
func (c *call) eraseCase(data string, who *account, one, reason string) int {
	id, err := uuid.Parse(one)
	if err != nil {
		return c.wrong("--case is not the id of a case")
	}
	return c.withDesk(data, who, func(ctx context.Context, d *desk.Desk) error {
		out, err := d.EraseCase(ctx, id, reason, nil)
		if err == nil {
			fmt.Fprintf(c.out, "erased: %d cases, %d blobs of %d bytes, %d bodies of changes\n", out.Cases, out.Blobs, out.Bytes, out.Changes)
		}
		return err
	})
}

func whyText(r desk.Refusal) string {
	switch r.Why {
	case "open":
		return "the centre has not received it"
	case "unsent":
		return "the centre has not acknowledged all of it"
	case "damaged":
		return "it cannot be read"
	case "changed":
		return "somebody wrote to it meanwhile"
	case "part":
		return "you had a part in it: another data administrator erases it"
	}
	return string(r.Why)
}

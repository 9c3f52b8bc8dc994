package main

import (
	"context"
	"fmt"
	"time"

	"doorstep/internal/desk"
)

func packTakeVerb() verb {
	return verb{
		name:    "pack take",
		args:    "FILE",
		summary: "Puts a file of the county in force: a policy pack, roster, register or grant.",
		help: `FILE was written at the centre (sync bulletin write) and carried here, for places
without a network. It is taken when the centre signed it for this county and
nothing newer of the same name is in force; the same again is no fault. It is in
force at once, and in a window that is opened afterwards.`,
		run: packTake,
	}
}

func packTake(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	args, code, ok := c.parse(flags, 1, 1)
	if !ok {
		return code
	}
	raw, err := desk.ReadBulletin(args[0])
	if err != nil {
		return c.fail(err)
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		b, err := d.TakeFile(ctx, raw)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "in force: %s %s, version %s of %s\n%s\n", b.Kind.Label(), b.Title, b.Version, b.Issued.Local().Format(time.DateTime), b.Detail)
		return nil
	})
}

func packListVerb() verb {
	return verb{
		name:    "pack list",
		args:    "no argument",
		summary: "Lists what the county sent down and is in force at this laptop.",
		run: func(c *call) int {
			flags, data := c.flags()
			who := c.accountFlags(flags)
			if _, code, ok := c.parse(flags, 0, 0); !ok {
				return code
			}
			return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
				list, err := d.InForce(ctx)
				for _, b := range list {
					fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\n", b.Kind.Label(), b.Title, b.Version, b.Detail)
				}
				return err
			})
		},
	}
}

package main

import (
	"context"
	"fmt"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/sync/courier"
)

func enrolAgainVerb() verb {
	return verb{
		name:    "enrol again",
		args:    "no argument",
		summary: "Lets this laptop in anew at its centre, with everything that waits on it.",
		help: `For a laptop that the centre revoked, or whose certificate ran out. The fresh code
must be one of the same centre; the laptop stays the same device, nothing of it
changes but its certificate, and what waits flows with the next sync run.`,
		run: enrolAgain,
	}
}

func enrolAgain(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	server := flags.String("server", "", "`URL` of the centre (default: that of the enrolment)")
	codeFile := flags.String("code-file", "", "`file` with the enrolment code")
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	if *codeFile == "" {
		return c.wrong("--code-file is needed")
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		if err := guard.May(d.Operator(), guard.Sync, nil); err != nil {
			return err
		}
		code, err := readSmall(*codeFile)
		if err != nil {
			return err
		}
		r := courier.EnrolRequest{Server: *server, Code: strings.TrimSpace(string(code))}
		if err := courier.EnrolAgain(ctx, d.Store(), r); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "let in again as device %s\n", d.Laptop().Device)
		return nil
	})
}

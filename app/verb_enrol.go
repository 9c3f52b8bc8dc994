package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/sync/courier"
)

func enrolVerb() verb {
	return verb{
		name:    "enrol",
		args:    "no argument",
		summary: "Makes this computer a laptop of a centre, with its first operator.",
		help: `The one-time code of the centre stands in the code file; it also says which server
is the true one. The operator is one of the centre's roster; the password file
sets the password with which that person signs in at this laptop from now on.
The data folder must not hold a laptop yet.

With --again it is for a laptop that the centre shut out, or whose certificate ran
out: the operator signs in, the code must be one for this laptop (the centre's
code new --again ID), and the laptop stays the same device. What waits on it stays,
and goes at the next sync run.`,
		run: enrol,
	}
}

func enrol(c *call) int {
	flags, data := c.flags()
	server := flags.String("server", "", "`URL` of the centre")
	codeFile := flags.String("code-file", "", "`file` with the enrolment code")
	again := flags.Bool("again", false, "enrol again the laptop that the data folder holds; --server may be left out")
	who := c.accountFlags(flags)
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	switch {
	case *again && *codeFile != "":
		return c.enrolAgain(*server, *codeFile, *data, who)
	case *again:
		return c.wrong("--code-file is needed")
	case *server == "" || *codeFile == "":
		return c.wrong("--server and --code-file are needed")
	case !who.given():
		return c.wrong(wantsAccount)
	}
	if err := c.enrol(*server, *codeFile, *data, who); err != nil {
		return c.fail(err)
	}
	return exitDone
}

func (c *call) enrol(server, codeFile, data string, who *account) error {
	ctx, stop := interruptible()
	defer stop()
	code, err := readSmall(codeFile)
	if err != nil {
		return err
	}
	// Whatever can go wrong here goes wrong before the code is used up.
	password, err := c.password(who)
	if err != nil {
		return err
	}
	defer clear(password)
	if err := guard.CheckPassword(who.operator, password); err != nil {
		return err
	}
	door, err := openDoor(ctx, data)
	if err != nil {
		return err
	}
	if !door.New() {
		return errors.Join(fault.New("enrol", fault.Exists, errors.New("the data folder holds a laptop already")), door.Close())
	}
	e, err := enrolLaptop(ctx, data, server, strings.TrimSpace(string(code)))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(e.Roster, func(o guard.Operator) bool { return o.ID == who.operator || o.Name == who.operator })
	if i < 0 {
		return fault.New("enrol", fault.Missing, fmt.Errorf("no such operator in the centre's roster, which has %s; "+
			"the code is used up, ask the centre for another", strings.Join(ids(e.Roster), ", ")))
	}
	d, err := door.Settle(ctx, e, e.Roster[i], password)
	if err != nil {
		return err
	}
	at := d.Laptop()
	if err := d.Close(); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "enrolled as device %s of county %s\noperators: %s\n", at.Device, at.CountyCode, strings.Join(ids(e.Roster), ", "))
	return nil
}

func ids(roster []desk.Operator) []string {
	var out []string
	for _, o := range roster {
		out = append(out, o.ID)
	}
	return out
}

func (c *call) enrolAgain(server, codeFile, data string, who *account) int {
	return c.withDesk(data, who, func(ctx context.Context, d *desk.Desk) error {
		if err := d.MaySync(ctx); err != nil {
			return err
		}
		code, err := readSmall(codeFile)
		if err != nil {
			return err
		}
		p, err := courier.Reenrol(ctx, d.Store().Profile(), courier.EnrolRequest{Server: server, Code: strings.TrimSpace(string(code))})
		if err != nil {
			return err
		}
		// The code is used up: what it gave must be kept.
		if err := d.Enrolled(context.WithoutCancel(ctx), p); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "enrolled again as device %s\n", p.Device)
		return nil
	})
}

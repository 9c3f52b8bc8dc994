package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

func enrolVerb() verb {
	return verb{
		name:    "enrol",
		args:    "no argument",
		summary: "Makes this computer a laptop of a centre, with its first operator.",
		help: `The one-time code of the centre stands in the code file; it also says which server
is the true one. The operator is one of the centre's roster; the password file
sets the password with which that person signs in at this laptop from now on.
The data folder must not hold a laptop yet.`,
		run: enrol,
	}
}

func enrol(c *call) int {
	flags, data := c.flags()
	server := flags.String("server", "", "`URL` of the centre")
	codeFile := flags.String("code-file", "", "`file` with the enrolment code")
	who := c.accountFlags(flags)
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	switch {
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

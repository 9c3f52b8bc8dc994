package main

import (
	"context"
	"errors"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
)

func operatorEnableVerb() verb {
	return verb{
		name:    "operator enable",
		args:    "OPERATOR",
		summary: "Lets a person of the centre's roster sign in at this laptop.",
		help: `OPERATOR is an id or name of the roster; the first line of the file given by
--new-password-file is the password with which that person signs in from now on.
As in the window, somebody who signs in here already does it.`,
		run: operatorEnable,
	}
}

func operatorEnable(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	newFile := flags.String("new-password-file", "", "`file` whose first line is the new operator's password")
	args, code, ok := c.parse(flags, 1, 1)
	switch {
	case !ok:
		return code
	case *newFile == "":
		return c.wrong("--new-password-file is needed")
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		password, err := c.password(&account{passwordFile: *newFile})
		if err != nil {
			return err
		}
		defer clear(password)
		people, err := d.Operators(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(people, func(o desk.Operator) bool { return o.ID == args[0] || o.Name == args[0] })
		if i < 0 {
			return fault.New("enable operator", fault.Missing, errors.New("no such operator in the roster"))
		}
		return d.EnableOperator(ctx, people[i], password)
	})
}

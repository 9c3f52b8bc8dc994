package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/sync/courier"
)

func operatorEnableVerb() verb {
	return verb{
		name:    "operator enable",
		args:    "OPERATOR",
		summary: "Lets a person of the centre's roster sign in at this laptop.",
		help: `OPERATOR is an id or name of the roster; the first line of the file given by
--new-password-file is a temporary password: nothing can be done with it before
that person has changed it, in the window or by doorstep operator password.
As in the window, a data administrator who signs in here does it. With --ask
anybody at the counter does, once the county has approved: the ten digits to be
read to it are shown, and the centre is asked until a person there has decided.`,
		run: operatorEnable,
	}
}

func operatorEnable(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	newFile := flags.String("new-password-file", "", "`file` whose first line is the temporary password")
	ask := flags.Bool("ask", false, "ask the county for its approval, and wait for it")
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
		var named []desk.Person
		for _, o := range people {
			named = append(named, desk.Person{ID: o.ID, Name: o.Name})
		}
		id, err := accountOf(named, args[0])
		if err != nil {
			return err
		}
		i := slices.IndexFunc(people, func(o desk.Operator) bool { return o.ID == id })
		if i < 0 {
			return fault.New("enable operator", fault.Missing, errors.New("no such operator in the roster"))
		}
		if *ask {
			return c.enableByCounty(ctx, d, people[i].ID, password)
		}
		return d.EnableOperator(ctx, people[i], password)
	})
}

// enableByCounty asks the county until a person there has decided.
func (c *call) enableByCounty(ctx context.Context, d *desk.Desk, id string, password []byte) error {
	e, err := d.AskEnabling(ctx, id)
	if err != nil {
		return err
	}
	defer e.Forget()
	digits, said := e.Code(), false
	fmt.Fprintf(c.err, "read to the county, by %s in person: %s %s\n", id, digits[:5], digits[5:])
	approval, err := courier.Recover(ctx, courier.RecoverRequest{Server: e.Centre.Server, CA: e.Centre.CA, Request: e.Request(), Told: func(there bool) {
		if there && !said {
			said = true
			fmt.Fprintln(c.err, "the centre has the request, and waits for a person's word")
		}
	}})
	if err != nil {
		return err
	}
	if err := e.Take(approval, true); err != nil {
		return err
	}
	return d.Admit(ctx, e, password)
}

func operatorPasswordVerb() verb {
	return verb{
		name:    "operator password",
		summary: "Changes the password of the operator who signs in.",
		help: `The first line of the file given by --new-password-file is the new password. Who
was given a temporary one changes it so before anything else can be done.`,
		run: operatorPassword,
	}
}

func operatorPassword(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	newFile := flags.String("new-password-file", "", "`file` whose first line is the new password")
	_, code, ok := c.parse(flags, 0, 0)
	switch {
	case !ok:
		return code
	case *newFile == "":
		return c.wrong("--new-password-file is needed")
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		old, err := c.password(who)
		if err != nil {
			return err
		}
		defer clear(old)
		fresh, err := c.password(&account{passwordFile: *newFile})
		if err != nil {
			return err
		}
		defer clear(fresh)
		return d.ChangePassword(ctx, old, fresh)
	})
}

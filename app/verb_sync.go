package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
)

func syncRunVerb() verb {
	return verb{
		name:    "sync run",
		args:    "no argument",
		summary: "Carries what waits to the centre and brings receipts home.",
		help: `It goes on until it is interrupted, and tries again by itself while the centre
cannot be reached. With --until-empty it ends, with exit code 0, when nothing
waits and the centre's own list agrees. A laptop for practice, see sync import,
needs no operator; at its first run --server and --code-file enrol it. What was set
with sync settings holds: while sync is paused nothing goes.`,
		run: syncRun,
	}
}

func syncRun(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	server := flags.String("server", "", "`URL` of the centre (default: that of the enrolment)")
	untilEmpty := flags.Bool("until-empty", false, "end when everything is there")
	codeFile := flags.String("code-file", "", "`file` with the enrolment code, for the first run of a laptop for practice")
	adopt := flags.Bool("adopt", false, "this data folder was set back to an earlier copy that no other laptop runs; fetch what the centre has beyond it")
	giveUp := flags.Duration("give-up", 0, "end after this `time`, as 90s or 10m, with exit code 5; 0 is never")
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	run := func(ctx context.Context, s *store.Store, operator string, enrolled *courier.EnrolResult) error {
		meter := kit.NewMeter()
		defer meter.Close()
		q, err := courier.New(courier.Config{Store: s, Server: *server, Now: time.Now, Metered: meter.Metered, Version: metadata().Version, Enrolled: enrolled})
		if err != nil {
			return err
		}
		if *adopt {
			q.Adopt(operator)
		}
		if *giveUp > 0 {
			var stop context.CancelFunc
			ctx, stop = context.WithTimeout(ctx, *giveUp)
			defer stop()
		}
		if *untilEmpty {
			err = q.RunUntilEmpty(ctx)
		} else {
			err = q.Run(ctx)
		}
		now := q.State()
		fmt.Fprintf(c.out, "waiting: %d changes, %d blobs of %d bytes; all sent: %t\n", now.Changes, now.Blobs, now.Bytes, now.AllSent)
		return syncEnd(ctx, err, *untilEmpty)
	}
	if who.operator == "" && who.passwordFile == "" {
		if !store.Exists(*data) && *codeFile == "" {
			return c.wrong("--operator and --password-file are needed, or for practice --code-file")
		}
		return c.withPractice(*data, func(ctx context.Context, s *store.Store) error {
			enrolled, err := enrolPractice(ctx, s, *server, *codeFile)
			if err != nil {
				return err
			}
			defer enrolled.Close()
			return run(ctx, s, practiceOperator, enrolled)
		})
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		may := d.MayCarry
		if *adopt {
			may = d.MaySync
		}
		if err := may(ctx); err != nil {
			return err
		}
		err := run(ctx, d.Store(), d.Operator().ID, nil)
		// What came down is in force from now on, also for those that ask without a password.
		if taken := d.TakeUp(context.WithoutCancel(ctx)); err == nil {
			err = taken
		}
		return err
	})
}

// syncEnd is why the verb failed, or nil. An interrupt is the way to end a run
// without --until-empty.
func syncEnd(ctx context.Context, err error, untilEmpty bool) error {
	switch {
	case fault.KindOf(err) != fault.Cancelled:
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.New("sync run", fault.Offline, errors.New("not everything was there when the time given ran out"))
	case !untilEmpty:
		return nil
	}
	return err
}

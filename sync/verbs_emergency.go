package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/sync/central"
)

func emergencyList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("emergency list", "show the emergencies (紧急查看) at the laptops of one's organisation: who saw which case in\n"+
		"full without a grant, why, and what was said of it afterwards, here or at the laptop; where\n"+
		"both did, the first counts. Those that nobody has looked at come first. A data administrator\n"+
		"or auditor signs in, and the centre's record says so.", errs)
	data := f.String("data", "", "folder of the centre")
	reason := f.String("reason", "", "why it is looked at; no personal data")
	asJSON := f.Bool("json", false, "print one JSON array")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "reason"); err != nil {
		return err
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		p, err := who.person(ctx, c)
		defer seal.Wipe(p.Password)
		if err != nil {
			return err
		}
		list, err := c.Emergencies(ctx, p, *reason)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(out, append([]central.Emergency{}, list...))
		}
		for _, e := range list {
			showEmergency(out, e)
		}
		ended(out, len(list), "次", "紧急查看")
		return nil
	})
}

func showEmergency(out io.Writer, e central.Emergency) {
	fmt.Fprintf(out, "%s  %s  电脑 %s  紧急查看 %s  人员 %s  案件 %s  原因：%s\n", guard.RecordTime(e.At), e.Point, e.Device, e.ID, guard.AccountLabel(e.Operator), e.Case, e.Reason)
	if len(e.Reviews) == 0 {
		fmt.Fprintln(out, "  还没有人复查")
	}
	for _, r := range e.Reviews {
		found, where := "不应使用", "在电脑上"
		if r.Right {
			found = "属实，使用得当"
		}
		if r.Centre {
			where = "在县里"
		}
		fmt.Fprintf(out, "  %s  %s，由 %s %s复查：%s\n", guard.RecordTime(r.At), found, guard.AccountLabel(r.By), where, r.Word)
	}
}

func emergencyReview(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("emergency review", "say of an emergency whether it was right, and why; see sync emergency list. A data\n"+
		"administrator or auditor of the level above who used it does, and never that person. It is\n"+
		"in the centre's record, and the laptop shows it from its next sync on.", errs)
	data := f.String("data", "", "folder of the centre")
	device := f.String("device", "", idOfLaptop)
	id := f.String("id", "", "id of the emergency")
	right := f.Bool("right", false, "it was in order")
	wrong := f.Bool("not-right", false, "it was not")
	reason := f.String("reason", "", "what was found; no personal data")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "device", "id", "reason"); err != nil {
		return err
	}
	if *right == *wrong {
		return fault.Tell("sync.emergency", fault.Input, "--right 和 --not-right 须写一个。", errors.New("one of --right and --not-right is needed"))
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		p, err := who.person(ctx, c)
		defer seal.Wipe(p.Password)
		if err != nil {
			return err
		}
		of, err := c.DeviceOf(ctx, *device)
		if err != nil {
			return err
		}
		return c.ReviewEmergency(ctx, p, of, *id, *right, *reason)
	})
}

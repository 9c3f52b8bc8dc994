package main

import (
	"context"
	"fmt"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/sync/courier"
)

func stickWriteVerb() verb {
	return verb{
		name:    "sync stick write",
		args:    "no argument",
		summary: "Writes what waits for the centre onto a USB stick.",
		help: `The stick goes to the centre, which takes it in (sync stick take) and writes its
answer onto it; "sync stick read" then reads the receipts. Records are written
first, then contracts, then images, as far as there is room; what lies on the
stick already is not written again. All is sealed to the centre. Nothing counts
as sent by it. Exit code 7 when there was not room for all: the rest wants
another stick.`,
		run: stickWrite,
	}
}

func stickWrite(c *call) int {
	return c.withStick("to", func(ctx context.Context, d *desk.Desk, dir string) error {
		if err := courier.StickPlace(d.Store(), dir); err != nil {
			return err
		}
		var w courier.StickWritten
		err := d.ToStick(ctx, func(ctx context.Context) (err error) {
			w, err = courier.WriteStick(ctx, d.Store(), dir, nil)
			return err
		})
		fmt.Fprintf(c.out, "written: %d changes, %d blobs, %d bytes; on it before: %d; left: %d changes, %d blobs of %d bytes\n",
			w.Changes, w.Blobs, w.Bytes, w.Before, w.LeftChanges, w.LeftBlobs, w.LeftBytes)
		if err == nil && w.Full {
			err = fault.Say("sync stick write", fault.Full, "U盘写满了，其余留在本机，请换一个U盘再写一次。", nil)
		}
		return err
	})
}

// withStick does the work at a desk, with the folder of the stick that a flag
// names.
func (c *call) withStick(name string, work func(ctx context.Context, d *desk.Desk, dir string) error) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	dir := flags.String(name, "", "`folder` of the stick")
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	if *dir == "" {
		return c.wrong("--" + name + " is needed")
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error { return work(ctx, d, *dir) })
}

func stickReadVerb() verb {
	return verb{
		name:    "sync stick read",
		args:    "no argument",
		summary: "Reads the centre's receipts and news from a USB stick.",
		help: `What the receipts cover leaves the outbox. A receipt of an earlier time takes
nothing back, and one of a time before the centre was set back does not count.`,
		run: stickRead,
	}
}

func stickRead(c *call) int {
	return c.withStick("from", func(ctx context.Context, d *desk.Desk, dir string) error {
		var r courier.StickRead
		err := d.FromStick(ctx, func(ctx context.Context) (err error) {
			r, err = courier.ReadStick(ctx, d.Store(), dir)
			return err
		})
		if r.Answers > 0 && !r.At.IsZero() {
			fmt.Fprintf(c.out, "receipt of %s: %d changes and %d blobs are there; %d news, %d healed; waiting: %d changes, %d blobs\n",
				r.At.Format(time.RFC3339), r.Changes, r.Blobs, r.News, r.Healed, r.WaitingChanges, r.WaitingBlobs)
		}
		if err == nil && r.Problem != nil {
			return r.Problem
		}
		if err == nil && r.Refused > 0 {
			return fault.Say("sync stick read", fault.Conflict, "有几批不完整，中心没有接收，请再写入一次。", fmt.Errorf("%d batches were not whole: write the stick again", r.Refused))
		}
		if err == nil && r.Answers == 0 {
			return fault.Say("sync stick read", fault.Conflict, "U盘上是旧的回执，没有采用。请再写入一次，交给县资助中心读取。", nil)
		}
		return err
	})
}

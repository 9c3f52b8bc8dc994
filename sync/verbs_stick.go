package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"doorstep/internal/fault"
	"doorstep/sync/central"
)

func stickTake(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("stick take", "take what laptops wrote onto a USB stick, and write the answers onto it.\n"+
		"It works beside a running server, and may be repeated: what came already changes\n"+
		"nothing. A batch that is not whole is refused whole. Exit code 1 when anything on\n"+
		"the stick was not taken or not answered; the rest was.", errs)
	data := f.String("data", "", "folder of the centre")
	from := f.String("from", "", "folder of the stick")
	asJSON := f.Bool("json", false, "print one JSON array")
	if err := parse(f, args, out, "data", "from"); err != nil {
		return err
	}
	c, err := alone(ctx, *data, errs)
	if fault.KindOf(err) == fault.Busy {
		c, err = beside(ctx, *data, errs)
	}
	if err != nil {
		return err
	}
	defer c.Close()
	taken, err := c.TakeStick(ctx, *from)
	if *asJSON {
		if perr := printJSON(out, taken); err == nil {
			err = perr
		}
	} else {
		showStick(out, taken)
	}
	if err == nil && slices.ContainsFunc(taken, func(t central.StickTaken) bool { return !t.Clean() }) {
		err = fault.Tell("sync.stick", fault.Refused, "U盘上有没有收下或没有答复的，见上面列出的；其余已办好。", errors.New("not all on the stick was taken and answered; see above"))
	}
	return err
}

// alone opens a centre that no other process serves.
func alone(ctx context.Context, dir string, errs io.Writer) (*central.Central, error) {
	// Looked at first, so that a folder without a centre does not become one.
	c, err := beside(ctx, dir, errs)
	if err != nil || c.Shared() {
		return c, err
	}
	county, practice, err := c.County(ctx)
	c.Close()
	if err != nil {
		return nil, err
	}
	o := central.Options{Dir: dir, Practice: practice, Log: slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if !practice {
		o.County = county
	}
	return central.Open(ctx, o)
}

func showStick(out io.Writer, taken []central.StickTaken) {
	for _, t := range taken {
		fmt.Fprintf(out, "电脑 %s  收下 %d 批，不完整没有收的 %d 批；记录 %d 份，文件 %d 个", t.Device, t.Batches, t.Broken, t.Parcels, t.Blobs)
		if t.Answer {
			fmt.Fprint(out, "；回复已写入U盘")
		}
		fmt.Fprintln(out)
		for _, r := range t.Refused {
			fmt.Fprintln(out, "  没有收：", r)
		}
		for _, g := range t.Unread {
			fmt.Fprintf(out, "  授权 %s 在县里已损坏，没有写入U盘；其余已写入。请用 sync grant withdraw --id %s 收回，需要时另签一份。\n", g, g)
		}
		if t.Error != "" {
			fmt.Fprintln(out, "  没有处理：", t.Error)
		}
	}
	if len(taken) == 0 {
		fmt.Fprintln(out, "U盘上没有本县电脑的内容")
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"doorstep/internal/fault"
	"doorstep/sync/central"
)

func stickTake(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("stick take", "收下各台电脑写到 U 盘上的材料，并把回答写到 U 盘。服务运行时也可以办，可以重复，已收过的不变。\n"+
		"一批不完整的整批不收。有没有收下或没有写好回答的，退出码是 1，其余都已办好。", errs)
	data := f.String("data", "", "中心的文件夹")
	from := f.String("from", "", "U 盘的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 数组")
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
	if err == nil {
		err = stickFault(taken)
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
		fmt.Fprintf(out, "电脑 %s：%s\n", t.Device, stickWords(t))
		if t.Broken > 0 {
			fmt.Fprintf(out, "  %d 批不完整，整批没有收：请在那台电脑上重新写一次 U 盘。\n", t.Broken)
		}
		for _, r := range t.Refused {
			fmt.Fprintln(out, "  没有收：", r)
		}
		for _, g := range t.Unread {
			fmt.Fprintf(out, "  授权 %s 在县里已损坏，没有写入U盘；其余已写入。请用 sync grant withdraw --id %s 收回，需要时另签一份。\n", g, g)
		}
		if t.Error != "" && !t.ShutOut {
			fmt.Fprintf(out, "  %s（%s）\n", t.Why(), t.Error)
		}
	}
	if len(taken) == 0 {
		fmt.Fprintln(out, "U盘上没有本县电脑的内容")
	}
}

// stickWords says what became of a laptop's part.
func stickWords(t central.StickTaken) string {
	answer := "没有写回答"
	if t.Answer {
		answer = "回答已写到 U 盘"
	}
	switch {
	case t.ShutOut && t.Answer:
		return "已停用，它的内容没有收；停用的说明已写到 U 盘，请送回那台电脑读取"
	case t.ShutOut:
		return "已停用，它的内容没有收；停用的说明没有写到 U 盘"
	}
	return fmt.Sprintf("收下 %d 批（%d 个记录包、%d 件材料），%s", t.Batches, t.Parcels, t.Blobs, answer)
}

// stickFault is why not all on a stick was taken and answered; nil where all was.
func stickFault(taken []central.StickTaken) error {
	says := ""
	for _, t := range taken {
		switch {
		case t.Clean():
		case t.ShutOut && t.Answer && says == "":
			says = "已停用的电脑没有收，其余都已收下并写好回答。"
		case !t.ShutOut || !t.Answer:
			says = "U 盘上有的内容没有收下，或没有写好回答，见上面各行；其余都已收下。"
		}
	}
	if says == "" {
		return nil
	}
	return fault.Tell("sync.stick", fault.Refused, says, errors.New("not all on the stick was taken and answered"))
}

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"doorstep/internal/guard"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

func deviceList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("device list", "列出各台电脑：最后联系、程序版本、当时待传的材料、时钟差多少，哪台已停用，哪台有两台电脑\n"+
		"用着同一个身份。", errs)
	data := f.String("data", "", "中心的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 数组")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, reads("device list"), func(c *central.Central) error {
		h, err := c.List(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(out, h.Devices)
		}
		for _, d := range h.Devices {
			showDevice(out, d)
		}
		ended(out, len(h.Devices), "台", "电脑")
		showRoom(out, h)
		return nil
	})
}

func showDevice(out io.Writer, d central.HeldDevice) {
	fmt.Fprintf(out, "电脑 %s  %s  %s", d.ID, d.Point, deviceWords(d))
	switch s := d.Seen; {
	case s == nil:
		fmt.Fprint(out, "  从未联系")
	default:
		fmt.Fprintf(out, "  最后联系 %s", guard.RecordTime(s.At))
		if !s.Told.IsZero() {
			fmt.Fprintf(out, "  版本 %s  待传 %s  %s", s.Version, queueWords(s.Queue), clockWords(s.Clock))
		}
	}
	fmt.Fprintln(out)
	if k := d.Clone; k != nil {
		fmt.Fprintf(out, "  有两台电脑用着同一个身份：涉及第 %d 至 %d 条的 %d 次传送没有收，最后一次在 %s。\n"+
			"  没有覆盖任何内容。请找到这两台电脑，留用一台；分不清的，停用这个身份（sync device revoke）。\n"+
			"  处理好以后，用 sync device settle 了结。\n", k.First, k.Last, k.Parcels, guard.RecordTime(k.Until))
	}
}

func deviceWords(d central.HeldDevice) string {
	var out []string
	switch {
	case d.Missing:
		out = append(out, "已报失")
	case d.Revoked:
		out = append(out, "已停用")
	}
	if d.Clone != nil {
		out = append(out, "两台同用")
	}
	if out == nil {
		return "在用"
	}
	return strings.Join(out, "、")
}

func queueWords(q central.Queue) string {
	return fmt.Sprintf("%d 条记录、%d 个文件共 %d 字节", q.Changes, q.Blobs, q.Bytes)
}

// clockWords says how wrong a clock is, to the second.
func clockWords(ms int64) string {
	switch d := (time.Duration(ms) * time.Millisecond).Round(time.Second); {
	case d > 0:
		return "时钟快 " + d.String()
	case d < 0:
		return "时钟慢 " + (-d).String()
	}
	return "时钟准确"
}

func deviceLost(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("device lost", "停用丢失或被盗的电脑，并写出从它收到了什么：哪些案件已收全，哪些没有，最后一次联系时它说\n"+
		"还有什么待传。", errs)
	data := f.String("data", "", "中心的文件夹")
	id := f.String("id", "", idOfLaptop)
	asJSON := f.Bool("json", false, "输出一个 JSON 对象")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "id"); err != nil {
		return err
	}
	return who.ofDevice(ctx, *data, *id, func(device uuid.UUID) central.Act { return settles("device lost " + device.String()) }, func(c *central.Central, device uuid.UUID) error {
		r, err := c.Lose(ctx, device)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(out, r)
		}
		showLost(out, r)
		return nil
	})
}

func showLost(out io.Writer, r *central.Report) {
	fmt.Fprintf(out, "%s的电脑 %s 已停用。\n", r.Point, r.ID)
	fmt.Fprintf(out, "县里收到它的 %d 条记录，到%s为止。\n", r.Changes, numberWords(r.Through))
	if s := r.Seen; s == nil {
		fmt.Fprintln(out, "它从未联系过县里。")
	} else {
		fmt.Fprintf(out, "最后联系 %s。", clockTime(s.At))
		if !s.Told.IsZero() {
			fmt.Fprintf(out, "%s 它报告待传 %s。", guard.RecordTime(s.Told), queueWords(s.Queue))
		}
		fmt.Fprintln(out, "\n此后在那里办的，县里没有：请问清在那里办理的人员，重新受理。")
	}
	whole := 0
	for _, k := range r.Held {
		if k.Whole() {
			whole++
		}
	}
	fmt.Fprintf(out, "\n案件 %d 件，其中县里收全的 %d 件\n", len(r.Held), whole)
	for _, k := range r.Held {
		fmt.Fprintf(out, "案件 %s  %s  %s\n", k.ID, statusWords(k.Status), heldWords(k))
	}
	showLostNumbers(out, r.Lost)
}

// onDevice is the verb of an act on one device.
func onDevice(name, about string, do func(*central.Central, context.Context, uuid.UUID) error) verb {
	return func(ctx context.Context, args []string, out, errs io.Writer) error {
		f := flags(name, about, errs)
		data := f.String("data", "", "中心的文件夹")
		id := f.String("id", "", idOfLaptop)
		who := actorFlags(f, nil)
		if err := parse(f, args, out, "data", "id"); err != nil {
			return err
		}
		return who.ofDevice(ctx, *data, *id, func(device uuid.UUID) central.Act { return settles(name + " " + device.String()) },
			func(c *central.Central, device uuid.UUID) error { return do(c, ctx, device) })
	}
}

func deviceRevoke() verb {
	return onDevice("device revoke", "停用一台电脑：已收到的保留，待传的留在那台电脑上。", (*central.Central).Revoke)
}

func deviceAdmit() verb {
	return onDevice("device admit", "重新接纳停用的、或报失后找到的电脑：待传的材料继续传。", (*central.Central).Admit)
}

func deviceSettle() verb {
	return onDevice("device settle", "了结两台电脑用同一个身份的问题：列表不再提示，直到又有传送没有收。没有收的内容仍保留。", (*central.Central).SettleClone)
}

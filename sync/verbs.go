package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/sync/central"
)

// beside opens a centre that another process may serve.
func beside(ctx context.Context, dir string, errs io.Writer) (*central.Central, error) {
	log := slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return central.Open(ctx, central.Options{Dir: dir, Log: log, Beside: true, Place: placeGiven()})
}

func list(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("list", "show what the centre holds: cases, devices, blobs. It names nobody.", errs)
	data := f.String("data", "", "folder of the centre")
	asJSON := f.Bool("json", false, "print one JSON object")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, readsCases("list"), func(c *central.Central) error {
		h, err := c.List(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(out, h)
		}
		show(out, h)
		return nil
	})
}

// printJSON prints one value, for programs to read and people to look at.
func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func show(out io.Writer, h *central.Holdings) {
	for _, k := range h.Cases {
		fmt.Fprintf(out, "案件 %s  %s  文件 %d 个，已收 %d 字节  记录 %d 条  %s\n", k.ID, statusWords(k.Status), k.Blobs, k.Bytes, k.Changes, heldWords(k))
		if k.Unreviewed != "" {
			fmt.Fprintf(out, "  还不算收到：在电脑上复核它的 %s 从来不是名册上的复核员。请复核员在受理点重新复核；\n"+
				"  名册有错的，先更正：sync operator add --id %s --role ...,reviewer\n", k.Unreviewed, k.Unreviewed)
		}
		for _, o := range k.Same {
			fmt.Fprintf(out, "  与案件 %s 是同一名学生\n", o)
		}
	}
	for _, d := range h.Devices {
		fmt.Fprintf(out, "电脑 %s  %s  %s  记录 %d 条  注册于 %s\n", d.ID, d.County, deviceWords(d), d.Changes, guard.RecordTime(d.Enrolled))
		showLostNumbers(out, d.Lost)
	}
	for _, p := range h.Phones {
		fmt.Fprintf(out, "同一个手机号码是 %d 学年 %d 件案件的学生的：\n", p.Year, len(p.Cases))
		for _, id := range p.Cases {
			fmt.Fprintf(out, "  案件 %s\n", id)
		}
	}
	if len(h.Cases) == 0 {
		fmt.Fprintln(out, "没有案件")
	}
	fmt.Fprintf(out, "案件 %d 件，文件 %d 个共 %d 字节，没有收的传送 %d 次\n", len(h.Cases), h.Blobs, h.Bytes, h.Refused)
	ended(out, len(h.Devices), "台", "电脑")
	showRoom(out, h)
}

// littleRoom is what a heavy day of a county may bring.
const littleRoom = 2 << 30

// showRoom warns of a disk that is full, or nearly.
func showRoom(out io.Writer, h *central.Holdings) {
	if h.Free != nil && *h.Free < littleRoom {
		fmt.Fprintf(out, "中心的磁盘只剩 %d MB：装满后收不下各受理点的材料（材料留在各台电脑，不会丢失），请尽快腾出空间或换大的磁盘。\n", *h.Free>>20)
	}
}

// spoiltWords say what is wrong with a file.
func spoiltWords(why string) string {
	if why == "missing" {
		return "不见了"
	}
	return "损坏"
}

// heldWords say whether a case is whole at the centre.
func heldWords(k central.Held) string {
	switch {
	case k.Lacking > 0:
		return fmt.Sprintf("不全，缺 %d 个文件", k.Lacking)
	case k.ReceiptNo == "":
		return "没有回执"
	}
	return "回执 " + k.ReceiptNo
}

func showLostNumbers(out io.Writer, lost []loan.Range) {
	for _, r := range lost {
		fmt.Fprintf(out, "  第 %d 至 %d 条丢失，电脑申报过\n", r.From, r.To)
	}
}

func operatorAdd(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("operator add", "put a person on the county's roster, or change name, roles and level.\n"+
		"Laptops get the roster when they enrol, and its changes when they sync. A person with a\n"+
		"level works in that organisation alone: its point, county, province or bank. Without one,\n"+
		"clerks and reviewers work at every point of the county, and others are the county's.", errs)
	data := f.String("data", "", "folder of the centre")
	id := f.String("id", "", "id of the person: letters, digits and -")
	name := f.String("name", "", "name of the person")
	role := f.String("role", "", "roles, joined by commas: "+strings.Join(central.Roles(), ", "))
	level := f.String("level", "", "level: "+strings.Join(central.Levels(), ", "))
	org := f.String("org", "", "organisation: name of the point, digits of county or province, or of the bank's branch (00: head office)")
	who := actorFlags(f, nil)
	unproven := unprovenFlag(f)
	if err := parse(f, args, out, "data", "id", "name", "role"); err != nil {
		return err
	}
	o := central.Operator{ID: *id, Name: *name, Roles: strings.Split(*role, ","), Level: *level, Org: *org}
	what := "operator add " + *id + " as " + *role
	if *level != "" {
		what += ", " + *level + " " + *org
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		return who.overPeople(ctx, c, managesWhom(what, *id, &o), *unproven, func() error { return c.AddOperator(ctx, o) })
	})
}

func operatorOff(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("operator off", "take a person off the county's roster: laptops learn it at their next sync,\n"+
		"and nobody recovers that person's password. operator add puts them back.", errs)
	data := f.String("data", "", "folder of the centre")
	id := f.String("id", "", "id of the person")
	who := actorFlags(f, nil)
	unproven := unprovenFlag(f)
	if err := parse(f, args, out, "data", "id"); err != nil {
		return err
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		return who.overPeople(ctx, c, managesWhom("operator off "+*id, *id, nil), *unproven, func() error { return c.SwitchOff(ctx, *id) })
	})
}

func codeNew(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("code new", "write a fresh enrolment code, good for one laptop, into a file. With --again it is for a\n"+
		"laptop that enrolled before and was revoked, or whose certificate ran out: it keeps what\n"+
		"waits on it, and sends it afterwards.", errs)
	data := f.String("data", "", "folder of the centre")
	file := f.String("code-file", "", "file to write")
	point := f.String("point", "", "name of the intake point")
	typ := f.String("point-type", "", "sort of the intake point")
	again := f.String("again", "", idOfLaptop+", that is to\nenrol again")
	hours := f.Int("hours", 24, "hours the code is good for")
	png := f.String("png", "", "file to write it to as the picture of a QR code, which the laptop's camera reads")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "code-file"); err != nil {
		return err
	}
	if *hours < 1 || *hours > 24*366 {
		return fault.New("sync.code", fault.Input, errors.New("--hours is out of range"))
	}
	o := central.NewCodeOptions{Point: *point, PointType: *typ, ValidFor: time.Duration(*hours) * time.Hour}
	return who.at(ctx, *data, settles("code new"), func(c *central.Central) (err error) {
		if *again != "" {
			if o.Again, err = c.DeviceOf(ctx, *again); err != nil {
				return err
			}
		}
		return writeCode(ctx, c, *file, *png, o)
	})
}

// writeCode writes a fresh enrolment code, and where picture is named its QR code.
func writeCode(ctx context.Context, c *central.Central, file, picture string, o central.NewCodeOptions) error {
	code, err := c.NewCode(ctx, o)
	if err == nil && picture != "" {
		err = writePNG(picture, code)
	}
	if err != nil {
		return err
	}
	return central.WriteFile(file, []byte(code+"\n"))
}

func verify(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("verify", "read every blob and compare it with its name; name those that are missing or damaged,\n"+
		"one a line, and fail where there are any. With --mend the centre asks laptops for them again.\n"+
		"The centre's own record, exports among it, is read too: its chain, and what is signed of it.", errs)
	data := f.String("data", "", "folder of the centre")
	mend := f.Bool("mend", false, "count them as lacking, and begin a new epoch: laptops send again what they still have;\nthe embedded store must not be served then")
	asJSON := f.Bool("json", false, "print one JSON object")
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	open := beside
	if *mend {
		open = alone
	}
	c, err := open(ctx, *data, errs)
	if err != nil {
		return err
	}
	defer c.Close()
	read, bad, err := c.Verify(ctx, *mend)
	if err != nil {
		return err
	}
	noted, wrong, err := c.VerifyRecord(ctx)
	if err != nil {
		return err
	}
	if *asJSON {
		if err := printJSON(out, map[string]any{"read": read, "spoilt": append([]central.Spoilt{}, bad...),
			"record": noted, "tampered": append([]central.Tampered{}, wrong...)}); err != nil {
			return err
		}
	} else {
		for _, s := range bad {
			fmt.Fprintf(out, "文件 %s  %s  %d 字节  关系 %d 件案件  %s\n", s.Blob, spoiltWords(s.Why), s.Size, len(s.Cases), s.Why)
		}
		fmt.Fprintf(out, "核对了 %d 个文件，%d 个缺失或损坏\n", read, len(bad))
		for _, w := range wrong {
			fmt.Fprintf(out, "县里的日志 %s  %s有问题：%s  %s\n", w.Centre, numberWords(w.Number), guard.ChainSaid(w.Why), w.Why)
		}
		fmt.Fprintf(out, "核对了县里的日志 %d 条，%d 处问题\n", noted, len(wrong))
	}
	if len(wrong) > 0 {
		return fault.Tell("sync.verify", fault.Damaged, "县里的日志与写入时不一致，见上面列出的位置。", errors.New("the centre's record is not as it was written"))
	}
	if len(bad) > 0 && !*mend {
		return fault.Tell("sync.verify", fault.Damaged, "有文件缺失或损坏：停止服务后用 sync verify --mend 向各台电脑要。", errors.New("blobs are missing or damaged; --mend asks laptops for them"))
	}
	return nil
}

func restored(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("restored", "say that the folder, or the database, came out of a backup, before a server starts again:\n"+
		"laptops then send what the backup lacks. What the centre itself did since, such as a laptop\n"+
		"or a person shut out, is said again by people: it tells up to when the backup knows of that.", errs)
	data := f.String("data", "", "folder of the centre")
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	c, err := alone(ctx, *data, errs)
	if err != nil {
		return err
	}
	defer c.Close()
	last, err := c.LastSaid(ctx)
	if err == nil {
		err = c.Restored(ctx)
	}
	if err == nil && !last.IsZero() {
		fmt.Fprintf(out, "备份里县里的记录到 %s为止。此后停用的电脑和人员、改过的角色和密码、签发和撤销的授权，备份里都没有，请逐项重新办理（sync device、operator、officer、grant）。\n", clockTime(last))
	}
	return err
}

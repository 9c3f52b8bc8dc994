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
	f := flags("list", "列出中心收到的案件、电脑和文件；不写姓名。", errs)
	data := f.String("data", "", "中心的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 对象")
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
	f := flags("operator add", "把人登记到县的名册上，或更改姓名、角色和层级。电脑注册时收到名册，同步时收到变动。\n"+
		"写了层级的人只在所属机构（受理点、县、省或银行）办理；没有写的，操作员和复核员在本县\n"+
		"各受理点办理，其他角色属县级。", errs)
	data := f.String("data", "", "中心的文件夹")
	id := f.String("id", "", "账号：字母、数字和 -")
	name := f.String("name", "", "姓名")
	role := f.String("role", "", "角色，几个用逗号隔开："+strings.Join(central.Roles(), ", ")+"（操作员、复核员、系统数据管理员、审计员）")
	level := f.String("level", "", "层级："+strings.Join(central.Levels(), ", ")+"（受理点、县、省、银行）")
	org := f.String("org", "", "所属机构：受理点名称，县或省的代码，或银行分行的代码（总行 00）")
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
	f := flags("operator off", "把人从县的名册上去掉：各台电脑下次同步时知道，此后不能再为他重设密码。\n"+
		"用 operator add 重新登记。", errs)
	data := f.String("data", "", "中心的文件夹")
	id := f.String("id", "", "账号")
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
	f := flags("code new", "把新的注册码写到文件里，一个码只供一台电脑。写 --again 的，供注册过、后来停用或证书\n"+
		"过期的电脑重新注册：那台电脑上待传的材料保留，注册后再传。", errs)
	data := f.String("data", "", "中心的文件夹")
	file := f.String("code-file", "", "要写的文件")
	point := f.String("point", "", "受理点名称")
	typ := f.String("point-type", "", "受理点类别")
	again := f.String("again", "", idOfLaptop+"，用来重新注册")
	hours := f.Int("hours", 24, "注册码有效的小时数")
	png := f.String("png", "", "把它写成二维码图片的文件，电脑的摄像头可以读")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "code-file"); err != nil {
		return err
	}
	if *hours < 1 || *hours > 24*366 {
		return fault.Tell("sync.code", fault.Input, "--hours 写 1 到 8784 的小时数。", errors.New("--hours is out of range"))
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
	f := flags("verify", "读出每个文件，与它的名称核对，缺失或损坏的每行列出一个，有则以失败结束。写 --mend 的，\n"+
		"中心再向各台电脑要。中心自己的日志（含导出）也核对：前后是否相接，签名是否相符。", errs)
	data := f.String("data", "", "中心的文件夹")
	mend := f.Bool("mend", false, "按缺失处理，由各台电脑把还有的再传一次；使用内置数据库的，须先停止服务")
	asJSON := f.Bool("json", false, "输出一个 JSON 对象")
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
	f := flags("restored", "中心的文件夹或数据库是从备份恢复的：在重新启动服务之前说明，各台电脑便把备份里没有的\n"+
		"再传一次。备份以后中心自己办的（如停用电脑、人员）须重新办理：会写出备份到何时为止。", errs)
	data := f.String("data", "", "中心的文件夹")
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

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/central"
)

const auditors = "\n由名册上的审计员登录办理，看到自己机构（受理点、县、省或银行）各台电脑上的操作。\n" +
	"谁看过、按什么编号、为什么，记入中心签名的日志。"

// recordFlags are what the verbs of the record have in common.
type recordFlags struct {
	data, reason, operator, device, id, kind, from, to *string
	person, seen                                       *bool
	personFile                                         *string
	json                                               *bool
	who                                                *actor
	errs                                               io.Writer
}

// newRecordFlags adds them; a verb that reads whole chains has no filter of lines.
func newRecordFlags(f *flag.FlagSet, lines bool) *recordFlags {
	none, no := "", false
	r := &recordFlags{operator: &none, id: &none, kind: &none, from: &none, to: &none, personFile: &none, person: &no, seen: &no, json: &no, errs: f.Output()}
	r.data = f.String("data", "", "中心的文件夹")
	r.reason = f.String("reason", "", "查看的原因；不写个人信息")
	r.device = f.String("device", "", idOfLaptop+"；不写就是全部")
	if lines {
		r.operator = f.String("of", "", "查哪个账号的操作；用不存在的账号登录的写 unknown；不写就是全部")
		r.from = f.String("from", "", "从哪一天起，如 2026-08-01，按北京时间")
		r.to = f.String("to", "", "到哪一天为止")
	}
	r.who = actorFlags(f, nil)
	return r
}

// narrow adds the filters that single lines have.
func (r *recordFlags) narrow(f *flag.FlagSet) {
	r.id = f.String("case", "", "受理编号，或它的末四位以上")
	r.kind = f.String("kind", "", "操作的种类，几种用逗号隔开："+strings.Trim(fmt.Sprint(central.RecordKinds()), "[]"))
	r.person = f.Bool("person", false, "谁看过一个人的资料：身份证号码在终端输入")
	r.seen = f.Bool("seen", false, "只列看到了案件资料的；不列申请、答复和被拒绝的")
	r.personFile = f.String("person-file", "", "同上，号码在文件的第一行，已经打开的写 /dev/fd/N")
}

// query reads the flags into a query.
func (r *recordFlags) query(ctx context.Context) (q central.RecordQuery, err error) {
	const op = "sync.record"
	q.Reason, q.Operator, q.Case, q.Seen = *r.reason, *r.operator, *r.id, *r.seen
	for s := range strings.SplitSeq(*r.kind, ",") {
		if s != "" {
			q.Kinds = append(q.Kinds, loan.ChangeKind(s))
		}
	}
	for i, s := range []string{*r.from, *r.to} {
		if s == "" {
			continue
		}
		t, err := time.ParseInLocation(time.DateOnly, s, time.FixedZone("", 8*3600))
		if err != nil {
			return q, fault.Tell(op, fault.Input, "--from 和 --to 写日期，例如 2026-08-01。", errors.New("--from and --to are days, as 2026-08-01"))
		}
		if i == 0 {
			q.From = t
		} else {
			q.To = t.AddDate(0, 0, 1)
		}
	}
	if *r.person || *r.personFile != "" {
		number, err := r.number(ctx)
		defer seal.Wipe(number)
		if err != nil {
			return q, err
		}
		q.Person = string(number)
	}
	return q, nil
}

// number is a person's ID number, which stands in no argument.
func (r *recordFlags) number(ctx context.Context) ([]byte, error) {
	if *r.personFile != "" {
		return firstLine("--person-file", *r.personFile, r.errs)
	}
	b, err := askPassword(ctx, "身份证号码", r.errs)
	if err == nil && len(b) == 0 {
		err = fault.Tell("sync.record", fault.Input, "没有身份证号：请在终端输入，或用 --person-file。", errors.New("no number: --person-file, or a terminal"))
	}
	return b, err
}

// at opens the centre, and asks who looks.
func (r *recordFlags) at(ctx context.Context, do func(*central.Central, central.Person, central.RecordQuery) error) error {
	q, err := r.query(ctx)
	if err != nil {
		return err
	}
	return at(ctx, *r.data, r.errs, func(c *central.Central) error {
		who, err := r.who.person(ctx, c)
		defer seal.Wipe(who.Password)
		if err != nil {
			return err
		}
		if *r.device != "" {
			if q.Device, err = c.DeviceOf(ctx, *r.device); err != nil {
				return err
			}
		}
		return do(c, who, q)
	})
}

func recordList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("record list", "列出各台电脑和中心自己的日志：谁、何时、为什么查看、查找、显示、打印、导出、批准、更改了\n"+
		"什么，不写内容；最近的在前。每行末尾是供程序读的事项、栏目和备注代码。"+auditors, errs)
	r := newRecordFlags(f, true)
	r.narrow(f)
	limit := f.Int("limit", 200, fmt.Sprintf("列出几条，最多 %d", central.MaxRecord))
	r.json = f.Bool("json", false, "输出一个 JSON 对象")
	if err := parse(f, args, out, "data", "reason"); err != nil {
		return err
	}
	return r.at(ctx, func(c *central.Central, who central.Person, q central.RecordQuery) error {
		q.Limit = *limit
		found, err := c.Record(ctx, who, q)
		if err != nil || *r.json {
			return errors.Join(err, orNothing(err, func() error { return printJSON(out, found) }))
		}
		for _, l := range found.Lines {
			showLine(out, l, found.Names)
		}
		showFound(out, found)
		return nil
	})
}

// orNothing does something unless there was an error before.
func orNothing(err error, do func() error) error {
	if err != nil {
		return nil
	}
	return do()
}

func recordOdd(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("record odd", "列出各台电脑日志里值得留意的：一人查看很多、夜间操作、超过每日查找和接手上限、多次被拒绝、\n"+
		"输错密码、临时密码、紧急查看、反复转交案件、同一手机或人像用于多件案件、电脑恢复了备份或以前的\n"+
		"数据、电脑的记录与县里的不同。这些不是结论，须由人核实。"+auditors, errs)
	r := newRecordFlags(f, true)
	r.json = f.Bool("json", false, "输出一个 JSON 数组")
	if err := parse(f, args, out, "data", "reason"); err != nil {
		return err
	}
	return r.at(ctx, func(c *central.Central, who central.Person, q central.RecordQuery) error {
		all, err := c.RecordOdd(ctx, who, q)
		if err != nil || *r.json {
			return errors.Join(err, orNothing(err, func() error { return printJSON(out, append([]central.Odd{}, all...)) }))
		}
		for _, o := range all {
			showOdd(out, o)
		}
		fmt.Fprintf(out, "共 %d 项值得留意，日期按北京时间\n", len(all))
		return nil
	})
}

func recordVerify(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("record verify", "从头核验各台电脑和中心自己的日志及其签名，指出哪里与写入时不一致，有则以失败结束；\n"+
		"也写出哪台电脑恢复过备份或以前的数据。"+auditors, errs)
	r := newRecordFlags(f, false)
	r.json = f.Bool("json", false, "每份日志输出一行 JSON 对象")
	if err := parse(f, args, out, "data", "reason"); err != nil {
		return err
	}
	return r.at(ctx, func(c *central.Central, who central.Person, q central.RecordQuery) error {
		wrong, chains, older := 0, 0, 0
		err := c.RecordProof(ctx, who, q, func(p central.ChainProof) error {
			chains++
			wrong += len(p.Wrong) + p.More
			if len(p.Back) > 0 || p.Copied != nil {
				older++
			}
			if *r.json {
				return json.NewEncoder(out).Encode(p)
			}
			showProof(out, p)
			return nil
		})
		if err != nil {
			return err
		}
		if !*r.json {
			more := ""
			if older > 0 {
				more = fmt.Sprintf("%d 台电脑用过备份或以前的数据，或另有不同的记录，", older)
			}
			fmt.Fprintf(out, "核验了 %d 份日志，%d 处问题，%s%s\n", chains, wrong, more, byBeijing)
		}
		if wrong > 0 {
			return fault.Tell("sync.record", fault.Damaged, "日志核验发现问题，见上面列出的位置。", errors.New("the record is not as it was written"))
		}
		return nil
	})
}

func recordExport(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("record export", "把各台电脑的日志写到文件：UTF-8，用逗号分隔，含原因，其中的号码和姓名已遮盖；开头写核验结果，\n"+
		"末尾是县里的签名。导出本身也记入中心签名的日志。"+auditors, errs)
	r := newRecordFlags(f, true)
	r.narrow(f)
	to := f.String("out", "", "要写的文件，须还没有")
	if err := parse(f, args, out, "data", "reason", "out"); err != nil {
		return err
	}
	return r.at(ctx, func(c *central.Central, who central.Person, q central.RecordQuery) error {
		const op = "sync.record"
		if _, err := os.Lstat(*to); err == nil {
			return fault.Tell(op, fault.Input, "--out 的文件已经有了，请换一个名称。", errors.New("--out is there already"))
		}
		file, err := os.CreateTemp(filepath.Dir(*to), ".record-*") // made with mode 0600
		if err != nil {
			return fault.Tell(op, fault.Disk, "--out 的文件写不了，请检查文件夹。", errors.New("--out cannot be written"))
		}
		defer os.Remove(file.Name()) // fails once it has its name
		n, err := c.RecordReport(ctx, who, q, file)
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			return err
		}
		if err := os.Rename(file.Name(), *to); err != nil {
			return fault.Tell(op, fault.Disk, "--out 的文件写不了，请检查文件夹。", errors.New("--out cannot be written"))
		}
		fmt.Fprintf(out, "导出 %d 条\n", n)
		return nil
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

// countyVerbs are the verbs by which the county's word goes down to laptops,
// and by which it deals with what it noticed.
func countyVerbs() map[string]verb {
	return map[string]verb{
		"roster import": rosterImport, "roster withdraw": withdraw("roster withdraw", "group", bulletin.Roster),
		"schools import": schoolsImport, "pack add": packAdd, "pack withdraw": withdraw("pack withdraw", "id", bulletin.Policy),
		"template add": templateAdd, "template withdraw": withdraw("template withdraw", "id", bulletin.Template),
		"grant new": grantNew, "grant withdraw": grantWithdraw,
		"grant answer": grantAnswer, "grant waiting": grantWaiting, "grant decide": grantDecide, "lease renew": leaseRenew, "answer list": answerList,
		"bulletin list": bulletinList, "bulletin write": bulletinWrite,
		"case return": caseReturn, "case accept": caseAccept, "case withdraw-consent": caseWithdrawConsent, "officer add": officerAdd, "officer password": officerPassword, "officer list": officerList, "case erase": caseErase, "case erased": caseErased, "export list": exportList,
		"emergency list": emergencyList, "emergency review": emergencyReview,
		"record list": recordList, "record odd": recordOdd, "record verify": recordVerify, "record export": recordExport,
		"device list": deviceList, "device lost": deviceLost, "device admit": deviceAdmit(), "device settle": deviceSettle(), "device revoke": deviceRevoke(),
	}
}

// at opens the centre in a folder for one act beside the server.
func at(ctx context.Context, dir string, errs io.Writer, do func(*central.Central) error) error {
	c, err := beside(ctx, dir, errs)
	if err != nil {
		return err
	}
	return errors.Join(do(c), c.Close())
}

// issue lets the centre take in a file, and says what is in force then.
func issue(ctx context.Context, who *actor, a central.Act, dir, file string, out io.Writer, take func(*central.Central, io.Reader) (central.IssuedBulletin, string, error)) error {
	src, err := os.Open(file)
	if err != nil {
		return fault.Tell("sync.issue", fault.Missing, "--file 的文件读不了，请核对。", errors.New("--file cannot be read"))
	}
	defer src.Close()
	return who.at(ctx, dir, a, func(c *central.Central) error {
		b, what, err := take(c, src)
		if err == nil {
			inForce(out, b, what)
		}
		return err
	})
}

func inForce(out io.Writer, b central.IssuedBulletin, what string) {
	fmt.Fprintf(out, "%s %s，版本 %s，%d 字节，%s；各台电脑下次同步时收到\n", b.Kind.Label(), b.Name, b.Label(), b.Size, what)
}

func rosterImport(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("roster import", `导入一所高中的预申请名单。

文件是 UTF-8 文本，用制表符或逗号分隔。第一行是栏目名，顺序不限：身份证号、姓名、
预申请结果（通过或未通过），可以有手机号、民族、家庭住址、困难类型（几个用 ; 隔开）。
有一行不对就全部不收，并写出哪一行、为什么。同一群组码后来的文件代替先前的。`, errs)
	data := f.String("data", "", "中心的文件夹")
	file := f.String("file", "", "学校的名单文件")
	group := f.String("group", "", "预申请的群组码：字母、数字和 -")
	school := f.String("school", "", "高中名称")
	year := f.Int("year", loan.AcademicYearOf(loan.DateOf(time.Now())), "学年开始的年份")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "file", "group", "school"); err != nil {
		return err
	}
	return issue(ctx, who, settles("roster import "+*group), *data, *file, out, func(c *central.Central, src io.Reader) (central.IssuedBulletin, string, error) {
		b, err := c.ImportRoster(ctx, src, *group, *year, *school)
		return b, fmt.Sprintf("%d 名学生", b.Entries), err
	})
}

func schoolsImport(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("schools import", "导入教育部的院校名册，供各台电脑使用：UTF-8，第一行是 code name kind level place authority，\n"+
		"以后每行一所学校，用制表符分隔。有一行不对就全部不收。", errs)
	data := f.String("data", "", "中心的文件夹")
	file := f.String("file", "", "名册文件")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "file"); err != nil {
		return err
	}
	return issue(ctx, who, central.Act{Verb: guard.ImportRegister, Name: "schools import"}, *data, *file, out, func(c *central.Central, src io.Reader) (central.IssuedBulletin, string, error) {
		b, err := c.ImportSchools(ctx, src)
		return b, fmt.Sprintf("%d 所院校", b.Entries), err
	})
}

func packAdd(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("pack add", "签发政策包，发给各台电脑。合同按签订日期选用；编号已有的，新的代替旧的。", errs)
	data := f.String("data", "", "中心的文件夹")
	file := f.String("file", "", "政策包文件，一个 JSON 对象")
	late := f.Bool("late", false, "从过去的日期起适用，此后签订的合同也按它审核")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "file"); err != nil {
		return err
	}
	return issue(ctx, who, settles("pack add"), *data, *file, out, func(c *central.Central, src io.Reader) (central.IssuedBulletin, string, error) {
		b, err := io.ReadAll(io.LimitReader(src, 64<<10))
		if err != nil {
			return central.IssuedBulletin{}, "", fault.Tell("sync.packAdd", fault.Disk, "--file 的文件读不了，请核对。", errors.New("--file cannot be read"))
		}
		p, in, err := c.AddPolicy(ctx, b, *late)
		return in, fmt.Sprintf("用于 %s 起签署的合同", p.SignedFrom), err
	})
}

func templateAdd(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("template add", "签发合同或表单的模板，发给各台电脑。按签订日期选用；文字有改动的，版本要更高。", errs)
	data := f.String("data", "", "中心的文件夹")
	file := f.String("file", "", "模板文件，一个 JSON 对象")
	late := f.Bool("late", false, "从过去的日期起适用，此后还没有签署的合同也用它")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "file"); err != nil {
		return err
	}
	return issue(ctx, who, settles("template add"), *data, *file, out, func(c *central.Central, src io.Reader) (central.IssuedBulletin, string, error) {
		b, err := io.ReadAll(io.LimitReader(src, 512<<10))
		if err != nil {
			return central.IssuedBulletin{}, "", fault.Tell("sync.templateAdd", fault.Disk, "--file 的文件读不了，请核对。", errors.New("--file cannot be read"))
		}
		t, in, err := c.AddTemplate(ctx, b, *late)
		return in, fmt.Sprintf("用于 %s 起签署的文本", t.SignedFrom), err
	})
}

func grantNew(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("grant new", "签发系统数据管理员的授权，准许查看遮盖的栏目：谁、哪些栏目、哪几件或多少件案件、为什么、\n"+
		"到何时。电脑收到后，没有网络也按它办。写 --recipient 的，是准许导出，只加密给那个收件人。\n"+
		"栏目："+strings.Join(append(guard.GrantFields(), guard.Counted()...), ", "), errs)
	data := f.String("data", "", "中心的文件夹")
	operator := f.String("operator", "", "得到授权的人的账号")
	by := f.String("by", "", "批准的系统数据管理员的账号")
	fields := f.String("fields", "", "栏目，几个用逗号隔开")
	cases := f.String("case", "", "受理编号或末八位，几件用逗号隔开；或写 --count")
	count := f.Int("count", 0, "最多多少件案件")
	reason := f.String("reason", "", "原因")
	hours := f.Int("hours", 24, "从现在起有效的小时数")
	device := f.String("device", "", idOfLaptop+"，授权只在那里有效；写 --count 或导出的，必须写")
	recipient := f.String("recipient", "", "是导出，收件单位的名称")
	key := f.String("recipient-key", "", "收件人的公钥，age1...")
	centre := f.Bool("centre", false, "由中心自己导出：sync export --grant")
	who := actorFlags(f, by)
	if err := parse(f, args, out, "data", "operator", "by", "fields", "reason"); err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	g := guard.Grant{ID: central.GrantID(), Operator: *operator, By: *by, Fields: strings.Split(*fields, ","), Count: *count, Reason: *reason,
		From: now, Until: now.Add(time.Duration(*hours) * time.Hour)}
	if *recipient != "" || *key != "" || *centre {
		g.Release = &guard.Release{To: *recipient, Key: *key, Centre: *centre}
	}
	act := grants("grant new "+g.ID+" for "+*operator+casesSaid(*cases), *reason)
	act.Fields = g.Fields
	return who.at(ctx, *data, act, func(c *central.Central) (err error) {
		if *device != "" {
			if g.Device, err = c.DeviceOf(ctx, *device); err != nil {
				return err
			}
		}
		if g.Cases, err = casesOf(ctx, c, *cases); err != nil {
			return err
		}
		g, b, err := c.NewGrant(ctx, g)
		if err == nil && g.Release != nil {
			fmt.Fprintf(out, "导出给 %s，公钥 %s：请与收件人核对\n", g.Release.To, g.Release.Fingerprint())
		}
		if err == nil {
			inForce(out, b, "有效到 "+clockTime(g.Until))
		}
		return err
	})
}

func withdraw(name, flag string, kind bulletin.Kind) verb {
	return func(ctx context.Context, args []string, out, errs io.Writer) error {
		f := flags(name, "撤回，不再有效：各台电脑下次同步时不再使用。", errs)
		data := f.String("data", "", "中心的文件夹")
		id := f.String(flag, "", "撤回哪一个")
		who := actorFlags(f, nil)
		if err := parse(f, args, out, "data", flag); err != nil {
			return err
		}
		return who.at(ctx, *data, settles(name+" "+*id), func(c *central.Central) error {
			b, err := c.Withdraw(ctx, kind, *id)
			if err == nil {
				inForce(out, b, "已撤回")
			}
			return err
		})
	}
}

func bulletinList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("bulletin list", "列出下发给各台电脑的内容：预申请名单、院校名册、政策包、模板、授权、停用的电脑等。", errs)
	data := f.String("data", "", "中心的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 数组")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, reads("bulletin list"), func(c *central.Central) error {
		list, err := c.Bulletins(ctx)
		if err != nil || *asJSON {
			return errors.Join(err, printJSON(out, list))
		}
		for _, b := range list {
			showBulletin(out, b)
		}
		ended(out, len(list), "项", "下发的内容")
		return nil
	})
}

func showBulletin(out io.Writer, b central.IssuedBulletin) {
	state := "有效"
	switch {
	case b.Withdrawn:
		state = "已撤回"
	case !b.Expires.IsZero():
		state = "有效到 " + guard.RecordTime(b.Expires)
	}
	fmt.Fprintf(out, "%s  %s %s  版本 %s  %d 条，%d 字节  %s\n", b.Kind.Label(), b.Kind, b.Name, b.Label(), b.Entries, b.Size, state)
}

func bulletinWrite(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("bulletin write", "把下发的一项写到文件，带到没有网络的电脑上，在那里用 doorstep pack take FILE 读入。文件有签名，\n"+
		"没有加密：名单的文件里有个人信息。电脑用 --kind devices --name shut-out 续期 14 天，账号用\n"+
		"--kind operators --name roster 续期 7 天，从文件的日期算起；其他的都不续期。", errs)
	data := f.String("data", "", "中心的文件夹")
	kind := f.String("kind", "", "种类：roster、schools、policy、template、grant、standing、devices 或 operators")
	name := f.String("name", "", "名称，见 sync bulletin list")
	file := f.String("out", "", "要写的文件")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "kind", "name", "out"); err != nil {
		return err
	}
	return who.at(ctx, *data, settles("bulletin write "+*kind+" "+*name), func(c *central.Central) error {
		b, err := c.BulletinToCarry(ctx, bulletin.Kind(*kind), *name)
		if err != nil {
			return err
		}
		return central.WriteFile(*file, b)
	})
}

func caseReturn(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("case return", "把已送达的案件退回受理点，写明原因的代码；电脑下次同步后显示要改什么，改好再传来。", errs)
	data := f.String("data", "", "中心的文件夹")
	id := f.String("case", "", idOfCase)
	codes := f.String("code", "", "原因的代码，几个用逗号隔开，如 E-DC-002；代码不足以说明是哪个栏目的，在冒号后写栏目，\n"+
		"如 E-NM-005:coborrowers.0.name")
	note := f.String("note", "", "给操作员的说明；不写个人信息")
	by := f.String("by", "", "办理的复核员的账号")
	who := actorFlags(f, by)
	if err := parse(f, args, out, "data", "case", "code"); err != nil {
		return err
	}
	b := loan.ReturnBody{Note: *note}
	for c := range strings.SplitSeq(*codes, ",") {
		code, field, about := strings.Cut(strings.TrimSpace(c), ":")
		b.Codes = append(b.Codes, loan.Code(code))
		if about {
			if b.Fields == nil {
				b.Fields = map[loan.Code]string{}
			}
			b.Fields[loan.Code(code)] = field
		}
	}
	return who.ofCase(ctx, *data, *id, func(kase uuid.UUID) central.Act { return decides("case return", kase) },
		func(c *central.Central, kase uuid.UUID) error {
			if err := c.Return(ctx, kase, b, *by); err != nil {
				return err
			}
			n, err := c.Hear(ctx, kase)
			if err == nil && n == 0 {
				fmt.Fprintln(errs, "已退回。办理这件案件的电脑都已停用，收不到退回：请另行告诉受理点；电脑恢复或重新注册后会收到。")
			}
			return err
		})
}

func caseAccept(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("case accept", "受理一件已送达的案件。", errs)
	data := f.String("data", "", "中心的文件夹")
	id := f.String("case", "", idOfCase)
	note := f.String("note", "", "说明；不写个人信息")
	by := f.String("by", "", "办理的复核员的账号")
	who := actorFlags(f, by)
	if err := parse(f, args, out, "data", "case"); err != nil {
		return err
	}
	return who.ofCase(ctx, *data, *id, func(kase uuid.UUID) central.Act { return decides("case accept", kase) },
		func(c *central.Central, kase uuid.UUID) error { return c.Accept(ctx, kase, *note, *by) })
}

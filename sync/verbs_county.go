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
	f := flags("roster import", `take in a high school's list of pre-applied students (预申请名单).

The file is UTF-8 text parted by tabs or commas. Its first line names the
columns, in any order: 身份证号, 姓名, 预申请结果 (通过 or 未通过), and if there are
any 手机号, 民族, 家庭住址, 困难类型 (several joined by ;). All or nothing: a line
that does not hold is named with its reason. A later file of the same group
code takes the place of the former one.`, errs)
	data := f.String("data", "", "folder of the centre")
	file := f.String("file", "", "the school's file")
	group := f.String("group", "", "group code of the pre-application: letters, digits and -")
	school := f.String("school", "", "name of the high school")
	year := f.Int("year", loan.AcademicYearOf(loan.DateOf(time.Now())), "year in which the school year begins")
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
	f := flags("schools import", "take in the Ministry's list of schools for all laptops: UTF-8, a head line\n"+
		"\"code name kind level place authority\", then a school a line, parted by tabs. All or nothing.", errs)
	data := f.String("data", "", "folder of the centre")
	file := f.String("file", "", "the register")
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
	f := flags("pack add", "sign a policy pack and send it to all laptops. The signing date of a contract\n"+
		"chooses the pack; a pack of an id already in use takes its place.", errs)
	data := f.String("data", "", "folder of the centre")
	file := f.String("file", "", "the pack, a JSON object")
	late := f.Bool("late", false, "it begins in the past, and contracts signed since are to be judged by it")
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
	f := flags("template add", "sign the words of a contract or form and send them to all laptops. The signing\n"+
		"date chooses the template; a text that changes gets a higher version.", errs)
	data := f.String("data", "", "folder of the centre")
	file := f.String("file", "", "the template, a JSON object")
	late := f.Bool("late", false, "it begins in the past, and contracts of since then that are not signed are to have it")
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
	f := flags("grant new", "sign a data administrator's leave to see masked fields in full: who, which fields,\n"+
		"of which cases or how many, why, until when. Laptops keep it and work by it offline.\n"+
		"With --recipient it is leave to export them, encrypted to the recipient alone.\n"+
		"Fields: "+strings.Join(append(guard.GrantFields(), guard.Counted()...), ", "), errs)
	data := f.String("data", "", "folder of the centre")
	operator := f.String("operator", "", "id of the person who may")
	by := f.String("by", "", "id of the data administrator who approves")
	fields := f.String("fields", "", "fields, joined by commas")
	cases := f.String("case", "", "ids of the cases, or the last eight characters of each, joined by commas; or --count")
	count := f.Int("count", 0, "of how many cases at most")
	reason := f.String("reason", "", "why")
	hours := f.Int("hours", 24, "for how many hours from now on")
	device := f.String("device", "", idOfLaptop+"\nthat it is good at; needed with --count and for an export")
	recipient := f.String("recipient", "", "it is to export, to this office")
	key := f.String("recipient-key", "", "public key of the recipient, age1...")
	centre := f.Bool("centre", false, "the export is the centre's own: sync export --grant")
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
			fmt.Fprintf(out, "to export to %s, key %s: compare it with the recipient\n", g.Release.To, g.Release.Fingerprint())
		}
		if err == nil {
			inForce(out, b, "有效到 "+clockTime(g.Until))
		}
		return err
	})
}

func withdraw(name, flag string, kind bulletin.Kind) verb {
	return func(ctx context.Context, args []string, out, errs io.Writer) error {
		f := flags(name, "take it out of force: laptops let go of it at their next sync.", errs)
		data := f.String("data", "", "folder of the centre")
		id := f.String(flag, "", "which")
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
	f := flags("bulletin list", "show what goes down to the laptops: rosters, register, packs, grants, devices shut out.", errs)
	data := f.String("data", "", "folder of the centre")
	asJSON := f.Bool("json", false, "print one JSON array")
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
	f := flags("bulletin write", "write one into a file, to be carried to a laptop without a network: there\n"+
		"doorstep pack take FILE. It is signed, not encrypted: a roster's file holds people.\n"+
		"A laptop is renewed for 14 days by --kind devices --name shut-out, and an account for 7\n"+
		"by --kind operators --name roster, as of the day of the file; by nothing else of these.", errs)
	data := f.String("data", "", "folder of the centre")
	kind := f.String("kind", "", "roster, schools, policy, template, grant, standing, devices or operators")
	name := f.String("name", "", "its name; see sync bulletin list")
	file := f.String("out", "", "file to write")
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
	f := flags("case return", "send a received case back to its desk, with coded reasons; the laptop shows at its\n"+
		"next sync what is to be mended, and the case comes again.", errs)
	data := f.String("data", "", "folder of the centre")
	id := f.String("case", "", idOfCase)
	codes := f.String("code", "", "codes of the reasons, joined by commas, such as E-DC-002; behind a code and a colon the\n"+
		"field that it is about, where that is not plain, such as E-NM-005:coborrowers.0.name")
	note := f.String("note", "", "a note for the clerk; no personal data")
	by := f.String("by", "", "id of the reviewer who decides")
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
	f := flags("case accept", "say that a received case is accepted.", errs)
	data := f.String("data", "", "folder of the centre")
	id := f.String("case", "", idOfCase)
	note := f.String("note", "", "a note; no personal data")
	by := f.String("by", "", "id of the reviewer who decides")
	who := actorFlags(f, by)
	if err := parse(f, args, out, "data", "case"); err != nil {
		return err
	}
	return who.ofCase(ctx, *data, *id, func(kase uuid.UUID) central.Act { return decides("case accept", kase) },
		func(c *central.Central, kase uuid.UUID) error { return c.Accept(ctx, kase, *note, *by) })
}

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

const auditors = "\nAn auditor of the roster signs in, and sees what was done at the laptops of their own\n" +
	"organisation: point, county, province or bank. That they looked, by which ids and why,\n" +
	"is in the centre's signed record."

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
	r.data = f.String("data", "", "folder of the centre")
	r.reason = f.String("reason", "", "why it is looked at; no personal data")
	r.device = f.String("device", "", idOfLaptop+"; all without")
	if lines {
		r.operator = f.String("of", "", "id of the operator it is about, unknown for tries to sign in by no known account; all\nwithout")
		r.from = f.String("from", "", "first day, as 2026-08-01, by Beijing time")
		r.to = f.String("to", "", "last day")
	}
	r.who = actorFlags(f, nil)
	return r
}

// narrow adds the filters that single lines have.
func (r *recordFlags) narrow(f *flag.FlagSet) {
	r.id = f.String("case", "", "id of a case, or four characters or more of its end")
	r.kind = f.String("kind", "", "sorts of acts, joined by commas: "+strings.Trim(fmt.Sprint(central.RecordKinds()), "[]"))
	r.person = f.Bool("person", false, "who saw one person's data: the terminal asks for the ID number")
	r.seen = f.Bool("seen", false, "lines alone by which somebody saw data of a case; not what was asked for, answered or\nrefused")
	r.personFile = f.String("person-file", "", "the same, with a file whose first line is the number, /dev/fd/N for one that is open")
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
	b, err := askPassword(ctx, "the person's ID number", r.errs)
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
	f := flags("record list", "show the record of all laptops, and the centre's own: who looked, searched, revealed,\n"+
		"printed, exported, approved and changed what, when and why; never the value. The newest\n"+
		"comes first. At the end of a line its code stands, its fields and detail as programs have them."+auditors, errs)
	r := newRecordFlags(f, true)
	r.narrow(f)
	limit := f.Int("limit", 200, fmt.Sprintf("how many lines, %d at most", central.MaxRecord))
	r.json = f.Bool("json", false, "print one JSON object")
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
	f := flags("record odd", "show what is odd in the record of all laptops together: one operator's many lookups, work\n"+
		"at night, searches and take-overs over the day's number, refusals, wrong and temporary passwords, emergencies, many or\n"+
		"repeated hand-overs of cases, and one phone or portrait in many cases. It proves nothing; a person looks."+auditors, errs)
	r := newRecordFlags(f, true)
	r.json = f.Bool("json", false, "print one JSON array")
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
	f := flags("record verify", "read the chains of all laptops and the centre's own from their beginning, with what was\n"+
		"signed of them; name the place where one is not as it was written, and fail where there\n"+
		"is any."+auditors, errs)
	r := newRecordFlags(f, false)
	r.json = f.Bool("json", false, "print a JSON object for each chain, one a line")
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
	f := flags("record export", "write lines of the record of all laptops into a file: UTF-8, comma-separated, with\n"+
		"reasons, in which numbers and names are masked, with what the chains prove above and the\n"+
		"authority's signature at the end. That it left is in the centre's signed record."+auditors, errs)
	r := newRecordFlags(f, true)
	r.narrow(f)
	to := f.String("out", "", "file to write, which is not there yet")
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

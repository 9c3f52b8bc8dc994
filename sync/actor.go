package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

// actor is who acts at the centre, as the command line says.
type actor struct {
	by, file *string
	errs     io.Writer
}

// actorFlags adds --password-file, and --by where by is nil: another flag may name
// who acts.
func actorFlags(f *flag.FlagSet, by *string) *actor {
	if by == nil {
		by = f.String("by", "", "办理人的账号，须登录；练习用的中心不问")
	}
	return &actor{by, f.String("password-file", "", "文件，第一行是办理人的密码，已经打开的写 /dev/fd/N；不写就在终端输入"), f.Output()}
}

// at does an act beside the server, once its actor has signed in.
func (p *actor) at(ctx context.Context, dir string, a central.Act, do func(*central.Central) error) error {
	return at(ctx, dir, p.errs, func(c *central.Central) error { return p.act(ctx, c, a, func() error { return do(c) }) })
}

func (p *actor) act(ctx context.Context, c *central.Central, a central.Act, do func() error) error {
	who, err := p.person(ctx, c)
	if err != nil {
		return err
	}
	defer seal.Wipe(who.Password)
	_, err = c.Acting(ctx, who, a, do)
	return err
}

// looks is at for what shows ids, reasons and people and alters nothing: at a centre of
// real people its actor signs in and the record says that he looked; one for practice
// asks nobody and writes nothing down.
func (p *actor) looks(ctx context.Context, dir string, a central.Act, do func(*central.Central) error) error {
	return at(ctx, dir, p.errs, func(c *central.Central) error {
		_, practice, err := c.County(ctx)
		if err != nil {
			return err
		}
		if practice {
			return do(c)
		}
		return refusedBy(a.Name, p.act(ctx, c, a, func() error { return do(c) }))
	})
}

// refusedBy names the list that was asked for in a refusal, where the table of permissions
// has one name for all of them.
func refusedBy(name string, err error) error {
	r := (*guard.Refusal)(nil)
	if !errors.As(err, &r) || guard.ActLabel(name) == "" {
		return err
	}
	said := fault.Sentence(err)
	if of := strings.Replace(said, "“"+guard.Label(r.Verb)+"”", "“"+guard.ActLabel(name)+"”", 1); of != said {
		return fault.Say("sync.looks", fault.KindOf(err), of, err)
	}
	return err
}

// person asks for the password where there is one to be asked for.
func (p *actor) person(ctx context.Context, c *central.Central) (central.Person, error) {
	who := central.Person{ID: *p.by}
	_, practice, err := c.County(ctx)
	switch {
	case err != nil:
		return who, err
	case *p.file != "":
		who.Password, err = passwordIn(*p.file, p.errs)
	case who.ID != "" && !practice:
		who.Password, err = askPassword(ctx, "账号 "+who.ID+" 的密码", p.errs)
	}
	if practice && len(who.Password) == 0 {
		fmt.Fprintln(p.errs, "sync: 练习用的中心，没有验证是谁办理")
	}
	return who, err
}

// passwordIn reads the first line of a file, and says when others can read it too.
func passwordIn(path string, errs io.Writer) ([]byte, error) {
	return firstLine("--password-file", path, errs)
}

// firstLine reads what is secret from a file that a flag names.
func firstLine(flag, path string, errs io.Writer) ([]byte, error) {
	const op = "sync.firstLine"
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Tell(op, fault.Missing, flag+" 的文件读不了，请核对。", errors.New(flag+" cannot be read"))
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Mode().IsRegular() && openToOthers(st) {
		fmt.Fprintln(errs, "sync: 这台电脑的其他用户也能读 "+flag+" 的文件（用 chmod 600 改）")
	}
	b, err := io.ReadAll(io.LimitReader(f, 4<<10))
	if err != nil {
		return nil, fault.Tell(op, fault.Disk, flag+" 的文件读不了，请核对。", errors.New(flag+" cannot be read"))
	}
	line, rest, _ := bytes.Cut(b, []byte("\n"))
	seal.Wipe(rest)
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return nil, fault.Tell(op, fault.Input, flag+" 的文件第一行是空的。", errors.New("the first line of "+flag+" is empty"))
	}
	return line, nil
}

// askPassword asks at the terminal, without echo; none where there is no terminal.
// fault.Cancelled when ctx ends or the person gives up (Ctrl-C), which leaves the
// terminal as it was.
func askPassword(ctx context.Context, words string, errs io.Writer) (line []byte, err error) {
	const op = "sync.askPassword"
	in := int(os.Stdin.Fd())
	ctx, end := signal.NotifyContext(ctx, hangups()...)
	defer end()
	back, err := silent(in)
	if err != nil {
		return nil, nil // not a terminal
	}
	defer back()
	fmt.Fprint(errs, words+": ")
	defer fmt.Fprintln(errs)
	one := make([]byte, 1)
	for len(line) < 1024 {
		if err := typed(ctx, in); err != nil {
			seal.Wipe(line)
			return nil, fault.Tell(op, fault.Cancelled, "输入时中断，什么也没有办。", errors.New("interrupted at the password; nothing was done"))
		}
		n, err := os.Stdin.Read(one)
		if n == 0 || err != nil || one[0] == '\n' || one[0] == '\r' {
			break
		}
		line = append(line, one[0])
	}
	return line, nil
}

func officerAdd(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("officer add", "给名册上的人设中心的密码，或换新的：在中心办理的人用它登录。第一个人由管理本机的人直接设，\n"+
		"以后由系统数据管理员用 --by 登录来设。这是临时密码：本人须在一天内用它另设自己的密码\n"+
		"（sync officer password），此外什么也不能办。输错五次锁定 15 分钟，换新密码即解锁。", errs)
	data := f.String("data", "", "中心的文件夹")
	id := f.String("id", "", "账号，见 sync operator add")
	file := f.String("password-file", "", "文件，第一行是新密码；不写就在终端输入两次")
	by := f.String("by", "", "办理人的账号")
	byFile := f.String("by-password-file", "", "文件，第一行是办理人的密码；不写就在终端输入")
	unproven := f.Bool("unproven", false, "已经没有人能登录：由管理本机的人办理，日志会写明")
	if err := parse(f, args, out, "data", "id"); err != nil {
		return err
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		who := central.Person{ID: *by}
		var err error
		if *byFile != "" {
			who.Password, err = passwordIn(*byFile, errs)
		} else if *by != "" {
			who.Password, err = askPassword(ctx, "账号 "+*by+" 的密码", errs)
		}
		defer seal.Wipe(who.Password)
		if err != nil {
			return err
		}
		fresh, err := newPassword(ctx, *file, *id, errs)
		defer seal.Wipe(fresh)
		if err != nil {
			return err
		}
		if err := c.SetOfficer(ctx, who, *id, fresh, *unproven); err != nil {
			return err
		}
		if l, err := c.LentTo(ctx, *id); err != nil || l == nil {
			return err
		} else {
			fmt.Fprintf(out, "这是临时密码，到 %s为止；%s 须先用它换上自己的密码：sync officer password --by %s\n", clockTime(l.Until), *id, *id)
		}
		return nil
	})
}

func officerPassword(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("officer password", "更改您自己在中心的密码。密码是别人设的，就只能办这一件事，并会告诉您是谁、何时设的，\n"+
		"此前有没有用过。", errs)
	data := f.String("data", "", "中心的文件夹")
	file := f.String("new-password-file", "", "文件，第一行是新密码；不写就在终端输入两次")
	by := f.String("by", "", "您的账号")
	byFile := f.String("password-file", "", "文件，第一行是您现在的密码；不写就在终端输入")
	if err := parse(f, args, out, "data", "by"); err != nil {
		return err
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		who := central.Person{ID: *by}
		var err error
		if *byFile != "" {
			who.Password, err = passwordIn(*byFile, errs)
		} else {
			who.Password, err = askPassword(ctx, "账号 "+*by+" 的密码", errs)
		}
		defer seal.Wipe(who.Password)
		if err != nil {
			return err
		}
		if len(who.Password) == 0 {
			return fault.Tell("sync.officer", fault.Denied, "须先登录：写 --by 账号，并输入密码。", errors.New("who acts at this centre signs in: --by ID, and the password or --password-file"))
		}
		fresh, err := newPassword(ctx, *file, *by, errs)
		defer seal.Wipe(fresh)
		if err != nil {
			return err
		}
		was, err := c.LentTo(ctx, *by)
		if err != nil {
			return err
		}
		if err := c.SetOfficer(ctx, who, *by, fresh, false); err != nil || was == nil {
			return err
		}
		tellLent(out, was)
		return nil
	})
}

// tellLent says to whom a temporary password was given what became of it before he
// changed it.
func tellLent(out io.Writer, l *central.Lent) {
	fmt.Fprintf(out, "临时密码由 %s 在 %s设置", l.GiverSaid(), clockTime(l.At))
	if l.Uses == 0 {
		fmt.Fprintln(out, "，此前没有用过")
		return
	}
	fmt.Fprintf(out, "，此前用过 %d 次，最后一次在 %s：不是您本人用的，请告诉审计员\n", l.Uses, guard.RecordTime(l.Used))
}

// newPassword reads a new one, or asks for it twice.
func newPassword(ctx context.Context, file, id string, errs io.Writer) ([]byte, error) {
	const op = "sync.newPassword"
	if file != "" {
		return passwordIn(file, errs)
	}
	one, err := askPassword(ctx, "账号 "+id+" 的新密码", errs)
	if err != nil {
		return nil, err
	}
	if len(one) == 0 {
		return nil, fault.Tell(op, fault.Input, "没有密码：请在终端输入，或用 --password-file。", errors.New("no password: --password-file, or a terminal"))
	}
	two, err := askPassword(ctx, "再输一次", errs)
	defer seal.Wipe(two)
	if err == nil && !bytes.Equal(one, two) {
		err = fault.Tell(op, fault.Input, "两次输入的不一样，请重新输入。", errors.New("the two are not the same"))
	}
	return one, err
}

func officerList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("officer list", "列出谁在中心有密码，谁被锁定。", errs)
	data := f.String("data", "", "中心的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 数组")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, reads("officer list"), func(c *central.Central) error {
		list, err := c.Officers(ctx)
		if err != nil || *asJSON {
			return errors.Join(err, printJSON(out, list))
		}
		for _, o := range list {
			showOfficer(out, o)
		}
		ended(out, len(list), "个", "在县里有密码的账号")
		return nil
	})
}

func showOfficer(out io.Writer, o central.Officer) {
	state := "可以登录"
	switch {
	case o.Off:
		state = "已从名册上去掉"
	case !o.Locked.IsZero():
		state = "锁定到 " + guard.RecordTime(o.Locked)
	case o.Lent != nil:
		state = fmt.Sprintf("临时密码，到 %s 为止，由 %s 设置，用过 %d 次，须先换掉", guard.RecordTime(o.Lent.Until), o.Lent.GiverSaid(), o.Lent.Uses)
	}
	fmt.Fprintf(out, "%s  密码设于 %s  输错 %d 次  %s\n", o.ID, guard.RecordTime(o.Since), o.Failures, state)
}

// unprovenFlag is of verbs that change who is on the roster.
func unprovenFlag(f *flag.FlagSet) *bool {
	return f.Bool("unproven", false, "能登录的人都无权办（对方级别更高）：由管理本机的人办理，日志会写明")
}

// overPeople does what changes the roster of real people. Until one of them is an
// officer, nobody can be asked, and the record says so; as it does with unproven, for
// a person above everybody who could be asked.
func (p *actor) overPeople(ctx context.Context, c *central.Central, a central.Act, unproven bool, do func() error) error {
	first, err := c.FirstOfficer(ctx)
	switch {
	case err != nil:
		return err
	case unproven && *p.by != "":
		return fault.Tell("sync.overPeople", fault.Input, "--by 和 --unproven 只写一个；没有人能登录办理时才写 --unproven。", errors.New("--by ID, or --unproven where there is nobody, not both"))
	case unproven && !first:
		return c.Unproven(ctx, a, do)
	case !first:
		err := p.act(ctx, c, a, do)
		if r := (*guard.Refusal)(nil); errors.As(err, &r) && r.Why == guard.WhyLevel {
			return fault.Tell("sync.overPeople", fault.Denied, fault.Sentence(err)+"那一级没有人能登录的，由管理本机的人写 --unproven 办理。", fmt.Errorf("%w; where nobody of that level can sign in here, who administers this machine adds --unproven", err))
		}
		return err
	}
	if err := c.Unasked(ctx, a.Name); err != nil {
		return err
	}
	return do()
}

// acts of the table of permissions.
func manages(name string) central.Act { return central.Act{Verb: guard.ManageOperators, Name: name} }
func managesWhom(name, id string, as *central.Operator) central.Act {
	return central.Act{Verb: guard.ManageRoster, Name: name, Whom: id, As: as}
}
func settles(name string) central.Act { return central.Act{Verb: guard.ManageSettings, Name: name} }
func grants(name, why string) central.Act {
	return central.Act{Verb: guard.ApproveGrant, Name: name, Reason: why}
}

// casesSaid are the ends of the ids of cases, as far as they are ids or their ends.
func casesSaid(list string) (said string) {
	for id := range strings.SplitSeq(list, ",") {
		_, err := hex.DecodeString(id)
		if of, bad := uuid.Parse(id); bad == nil {
			id, err = loan.ShortID(of), nil
		}
		if err == nil && len(id) == 8 {
			said += " case=" + id
		}
	}
	return said
}

// granting is an act that answers a request: the record says which fields it lets be
// seen, and of which case, as far as the request says that.
func granting(name, why string, ask guard.Ask) central.Act {
	a := grants(name, why)
	a.Fields = ask.Fields
	if tag, ok := ask.Tag(); ok {
		a.Name += fmt.Sprintf(" case=%x", tag)
	}
	return a
}
func reads(name string) central.Act { return central.Act{Verb: guard.ReadAudit, Name: name} }

// readsCases is reads for what whoever decides on cases looks at too.
func readsCases(name string) central.Act {
	return central.Act{Verb: guard.ReadAudit, Or: guard.Search, Name: name}
}
func exports(name string, id uuid.UUID) central.Act {
	return central.Act{Verb: guard.Export, Name: name, Case: id}
}
func decides(name string, id uuid.UUID) central.Act {
	return central.Act{Verb: guard.Decide, Name: name, Case: id}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/sync/central"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

func recoveryList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("recovery list", "show who asked to have a forgotten password set anew, or to be enabled at a laptop, in\nthe last seven days.", errs)
	data := f.String("data", "", "folder of the centre")
	asJSON := f.Bool("json", false, "print one JSON array")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, reads("recovery list"), func(c *central.Central) error {
		list, err := c.Recoveries(ctx)
		if err != nil || *asJSON {
			return errors.Join(err, printJSON(out, list))
		}
		showRecoveries(out, list)
		ended(out, len(list), "份", "最近 7 天的申请")
		return nil
	})
}

func showRecoveries(out io.Writer, list []central.RecoveryAsked) {
	for _, r := range list {
		fmt.Fprintf(out, "%s  申请 %s  人员 %s  %s  电脑 %s  %s  %s\n", guard.RecordTime(r.Asked), r.ID, guard.AccountLabel(r.Operator), r.Point, r.Device, askedFor(r), askedState(r.State))
	}
}

// askedFor says what a request is for, and who made it where that is another.
func askedFor(r central.RecoveryAsked) string {
	switch r.Sort {
	case seal.RecoveryForgotten:
		return "忘记密码"
	case seal.RecoveryEnabling:
		return "启用账号，申请人：" + guard.AccountLabel(r.By)
	}
	return "较早的程序，没有写明"
}

func askedState(state string) string {
	if l := map[string]string{parcel.RecoveryWaiting: "等待批准", parcel.RecoveryApproved: "已批准", parcel.RecoveryRefused: "已拒绝", parcel.RecoveryExpired: "已过期"}[state]; l != "" {
		return l
	}
	return state
}

const approveAbout = `let an operator who forgot the password set a new one, or a person of the roster be
enabled at a laptop.

Speak with the person first, on a number you know to be theirs, and be sure who
it is. --code is the ten digits that the laptop shows, as they say them.
A request that came over the network is named by its ID; one that came as a file
by --file, and the approval is then written to --out, to be taken back; a name
that ends in .dsg is what the laptop looks for.
It says what is asked for. That a person be enabled, which another asked for at that
laptop, is approved with --enable alone; one of an earlier program does not say.
An approval is good for this one request: 30 minutes, or 72 hours by file.`

func recoveryApprove(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("recovery approve", approveAbout, errs)
	data := f.String("data", "", "folder of the centre")
	code := f.String("code", "", "the ten digits that the laptop shows")
	file := f.String("file", "", "request that came as a file")
	to := f.String("out", "", "file to write the approval to; with --file")
	enable := f.Bool("enable", false, "a person is to be enabled, and I know who asks for it: not a forgotten password")
	who := actorFlags(f, nil)
	id, rest := leadingID(args)
	if err := parse(f, rest, out, "data", "code"); err != nil {
		return err
	}
	if (*file == "") == (id == "") || (*file == "") != (*to == "") {
		return fault.New("sync.recovery", fault.Input, errors.New("give an ID, or --file and --out"))
	}
	if *file != "" {
		return approveFile(ctx, who, *data, *file, *code, *to, *enable)
	}
	request, err := requestID(id)
	if err != nil {
		return err
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		asked, missing := c.RecoveryOf(ctx, request)
		return who.act(ctx, c, recovers("approve", asked, missing), func() error {
			if missing != nil {
				return missing
			}
			if err := meant(asked, *enable, errs); err != nil {
				return err
			}
			return c.ApproveRecovery(ctx, request, *code)
		})
	})
}

// recovers is the act of deciding on a request, which says what it is for: whoever
// decides stands at or above the level of whose password it is.
func recovers(what string, r central.RecoveryAsked, missing error) central.Act {
	if missing != nil {
		return manages("recovery " + what + " " + r.ID.String())
	}
	a := managesWhom(fmt.Sprintf("recovery %s %s for %s: %s", what, r.ID, r.Operator, r.For()), r.Operator, nil)
	a.Himself = true
	return a
}

// meant says what is asked for; fault.Input where the person who approves means another
// sort.
func meant(r central.RecoveryAsked, enable bool, errs io.Writer) error {
	const op = "sync.recovery"
	fmt.Fprintf(errs, "申请的是：%s；账号 %s\n", askedFor(r), r.Operator)
	switch {
	case r.Sort == seal.RecoveryEnabling && !enable:
		return fault.Tell(op, fault.Input, "这不是忘记密码，是申请在那台电脑上启用账号，没有批准。核实后要批准的，加 --enable。",
			fmt.Errorf("this is no forgotten password: %s asks that %s be enabled at the laptop; nothing was approved, --enable approves it", r.By, r.Operator))
	case r.Sort == seal.RecoveryForgotten && enable:
		return fault.Tell(op, fault.Input, "这是忘记密码，不是启用账号，没有批准。核实后要批准的，去掉 --enable。", errors.New("this is a forgotten password, and no enabling; nothing was approved"))
	}
	return nil
}

func approveFile(ctx context.Context, who *actor, data, file, code, to string, enable bool) error {
	const op = "sync.recovery"
	in, err := os.Open(file)
	if err != nil {
		return fault.New(op, fault.Missing, errors.New("--file cannot be read"))
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, seal.MaxRecovery+1))
	if err != nil {
		return fault.New(op, fault.Disk, errors.New("--file cannot be read"))
	}
	return at(ctx, data, who.errs, func(c *central.Central) error {
		asked, bad := c.RecoveryOfFile(ctx, b)
		return who.act(ctx, c, recovers("approve by file", asked, bad), func() error {
			if bad != nil {
				return bad
			}
			if err := meant(asked, enable, who.errs); err != nil {
				return err
			}
			approval, err := c.ApproveRecoveryFile(ctx, b, code)
			if err != nil {
				return err
			}
			return central.WriteFile(to, approval)
		})
	})
}

func recoveryRefuse(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("recovery refuse", "end a request; the laptop says so.", errs)
	data := f.String("data", "", "folder of the centre")
	who := actorFlags(f, nil)
	id, rest := leadingID(args)
	if err := parse(f, rest, out, "data"); err != nil {
		return err
	}
	request, err := requestID(id)
	if err != nil {
		return err
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		asked, missing := c.RecoveryOf(ctx, request)
		return who.act(ctx, c, recovers("refuse", asked, missing), func() error {
			if missing != nil {
				return missing
			}
			fmt.Fprintf(errs, "已拒绝：%s；账号 %s\n", askedFor(asked), asked.Operator)
			return c.RefuseRecovery(ctx, request)
		})
	})
}

func recoveryTest(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("recovery test", "prove that the county's recovery key opens what laptops seal to it:\n"+
		"a key is made, wrapped, asked for, approved and opened. Do it after every restore, and once a month.", errs)
	data := f.String("data", "", "folder of the centre")
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	c, err := beside(ctx, *data, errs)
	if err != nil {
		return err
	}
	defer c.Close()
	name, err := c.TestRecovery(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "恢复密钥", name, "能打开各台电脑的申请")
	return nil
}

// leadingID takes the one argument that is no flag, wherever it stands.
func leadingID(args []string) (id string, rest []string) {
	for i, a := range args {
		flagBefore := i > 0 && strings.HasPrefix(args[i-1], "-") && !strings.Contains(args[i-1], "=")
		if id == "" && !strings.HasPrefix(a, "-") && !flagBefore {
			id = a
			continue
		}
		rest = append(rest, a)
	}
	return id, rest
}

func requestID(s string) (uuid.UUID, error) {
	id, err := uuid.Parse(s)
	if err != nil {
		return uuid.Nil, fault.New("sync.recovery", fault.Input, errors.New("the id of a request is needed; see sync recovery list"))
	}
	return id, nil
}

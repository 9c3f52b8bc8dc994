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
	f := flags("recovery list", "列出最近七天里申请重设忘记的密码、或在电脑上启用账号的人。", errs)
	data := f.String("data", "", "中心的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 数组")
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

const approveAbout = `准许忘记密码的人重设密码，或准许名册上的人在电脑上启用账号。

先用您知道属于本人的号码与本人通话，确认是谁。--code 是对方读出的、电脑显示的
十位数字。从网络传来的申请写它的编号 ID；以文件带来的写 --file，批准写到 --out
的文件带回去，名称以 .dsg 结尾电脑才会找到。
会写出申请的是什么。由别人在那台电脑上申请的启用账号，须写 --enable 才批准；较早的
程序没有写明是哪一种。批准只对这一份申请有效：30 分钟，用文件的 72 小时。`

func recoveryApprove(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("recovery approve", approveAbout, errs)
	data := f.String("data", "", "中心的文件夹")
	code := f.String("code", "", "电脑显示的十位数字")
	file := f.String("file", "", "以文件带来的申请")
	to := f.String("out", "", "要写批准的文件；与 --file 同用")
	enable := f.Bool("enable", false, "是启用账号，且已确认申请人；不是忘记密码")
	who := actorFlags(f, nil)
	id, rest := leadingID(args)
	if err := parse(f, rest, out, "data", "code"); err != nil {
		return err
	}
	if (*file == "") == (id == "") || (*file == "") != (*to == "") {
		return fault.Tell("sync.recovery", fault.Input, "写申请的编号，或写 --file 和 --out。", errors.New("give an ID, or --file and --out"))
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
		return fault.Tell(op, fault.Missing, "--file 的文件读不了，请核对。", errors.New("--file cannot be read"))
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, seal.MaxRecovery+1))
	if err != nil {
		return fault.Tell(op, fault.Disk, "--file 的文件读不了，请核对。", errors.New("--file cannot be read"))
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
	f := flags("recovery refuse", "不批准一份申请，电脑会显示。", errs)
	data := f.String("data", "", "中心的文件夹")
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
	f := flags("recovery test", "检验县的恢复密钥能打开各台电脑的申请：从生成密钥到打开，完整办一遍。每次从备份恢复后、\n"+
		"以及每月做一次。", errs)
	data := f.String("data", "", "中心的文件夹")
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
		return uuid.Nil, fault.Tell("sync.recovery", fault.Input, "须写申请的编号，见 sync recovery list。", errors.New("the id of a request is needed; see sync recovery list"))
	}
	return id, nil
}

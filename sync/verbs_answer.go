package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

const telephone = "先用您知道属于本人的号码与本人通话，确认是谁。"

// caller are the flags that say who is on the telephone.
func callerFlags(f *flag.FlagSet) (data *string, who *central.Caller, by, code *string) {
	who = &central.Caller{}
	data = f.String("data", "", "中心的文件夹")
	f.StringVar(&who.Device, "device", "", idOfLaptop)
	f.StringVar(&who.Operator, "operator", "", "它显示的账号")
	return data, who, f.String("by", "", "答复的系统数据管理员的账号"), f.String("code", "", "对方读出的、电脑显示的码，或其二维码的文字")
}

// unscanned makes of the text of a QR code the code in it, which must be of the
// laptop and account that were given.
func unscanned(who *central.Caller, code *string) error {
	r, ok := guard.ParseRequest(*code)
	if !ok {
		return nil
	}
	if !strings.HasSuffix(strings.ToLower(who.Device), r.Device) || who.Operator != r.Operator {
		return fault.Tell("sync.unscanned", fault.Input, "申请码是另一台电脑或另一个账号的，请核对。", errors.New("--code: of another laptop or account than was given"))
	}
	*code = r.Code
	return nil
}

func pngFlag(f *flag.FlagSet) *string {
	return f.String("png", "", "把答复写成二维码图片的文件，电脑的摄像头可以读")
}

func leaseRenew(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("lease renew", "答复太久没有联系县里的电脑：电脑续期 14 天，那个账号续期 7 天。把答复码读给对方，只在那台电脑、\n"+
		"今天、用一次。\n"+telephone, errs)
	data, who, by, code := callerFlags(f)
	png := pngFlag(f)
	actor := actorFlags(f, by)
	if err := parse(f, args, out, "data", "device", "operator", "by", "code"); err != nil {
		return err
	}
	if err := unscanned(who, code); err != nil {
		return err
	}
	return actor.at(ctx, *data, manages("lease renew "+who.Device+" "+who.Operator), func(c *central.Central) error {
		answer, err := c.AnswerRenewal(ctx, *who, *by, *code)
		if err != nil {
			return err
		}
		return showAnswer(out, errs, answer, guard.AnswerScan(answer), *png)
	})
}

func recoveryAnswer(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("recovery answer", "准许名册上的人在另一人登录着的电脑上启用账号。--code 是那台电脑为这个人显示的十位数字。把答复码\n"+
		"读给对方，只在那台电脑、为那个账号、今天、用一次。申请也从网络传来的，可改用\n"+
		"sync recovery approve 批准（见 sync recovery list）。先用您知道属于本人的号码与要启用的人\n"+
		"通话，确认是谁。", errs)
	data, who, by, code := callerFlags(f)
	png := pngFlag(f)
	actor := actorFlags(f, by)
	if err := parse(f, args, out, "data", "device", "operator", "by", "code"); err != nil {
		return err
	}
	if err := unscanned(who, code); err != nil {
		return err
	}
	return actor.at(ctx, *data, managesWhom("recovery answer "+who.Device+" "+who.Operator+": enabling", "", nil), func(c *central.Central) error {
		if err := sayEnabling(ctx, c, *who, errs); err != nil {
			return err
		}
		answer, err := c.AnswerEnabling(ctx, *who, *by, *code)
		if err != nil {
			return err
		}
		return showAnswer(out, errs, answer, guard.AnswerScan(answer), *png)
	})
}

// sayEnabling says what is answered: no forgotten password; and who asked for it, where
// the request came over the network too. The digits alone do not say that.
func sayEnabling(ctx context.Context, c *central.Central, who central.Caller, errs io.Writer) error {
	list, err := c.Recoveries(ctx)
	if err != nil {
		return err
	}
	by := "核对码里没有是谁申请的，请对方自己说"
	for _, r := range list {
		if r.Sort == seal.RecoveryEnabling && r.Operator == who.Operator && strings.HasSuffix(r.Device.String(), strings.ToLower(who.Device)) {
			by = "经网络送到的最近一份申请，申请人是 " + guard.AccountLabel(r.By)
			break
		}
	}
	fmt.Fprintf(errs, "申请的是：在那台电脑上启用 %s，不是忘记密码；%s\n", who.Operator, by)
	return nil
}

func grantAnswer(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("grant answer", "答复电话里读来的授权申请。不写 --yes 的，只写出申请的是什么。写了的，把答复码读给对方，只在那台\n"+
		"电脑、为那个人、今天、用一次。授权另经签名下发，可以撤销。导出的申请码里含收件人，须用 --to 和\n"+
		"--purpose 照读来的写明。\n"+telephone, errs)
	data, who, by, code := callerFlags(f)
	reason, png := f.String("reason", "", "批准的原因"), pngFlag(f)
	said := guard.ExportTo{}
	f.StringVar(&said.To, "to", "", "导出：收件人，照读来的写")
	f.StringVar(&said.Purpose, "purpose", "", "导出：用途，照读来的写")
	yes := f.Bool("yes", false, "批准所申请的")
	actor := actorFlags(f, by)
	if err := parse(f, args, out, "data", "device", "operator", "by", "code", "reason"); err != nil {
		return err
	}
	if r, t, ok := guard.ParseExportRequest(*code); ok {
		*code, said.To, said.Purpose = r.AskScan(), cmp.Or(said.To, t.To), cmp.Or(said.Purpose, t.Purpose)
		fmt.Fprintf(errs, "二维码里写的：用途%s，接收方%s\n", t.Purpose, t.To)
	}
	if err := unscanned(who, code); err != nil {
		return err
	}
	ask, _, err := central.ReadAsk(*code)
	export, _, notExport := central.ReadExport(*code)
	if notExport == nil {
		ask, err = export.Ask, nil
		fmt.Fprintf(errs, "导出给公钥 %s：请另打一个电话，与接收方核对\n", export.Fingerprint())
	}
	if err != nil {
		return err
	}
	of := fmt.Sprintf("最多 %d 件案件", ask.Count)
	if ask.Count == 0 {
		of = fmt.Sprintf("编号末 8 位是 %x 的一件案件", ask.Case)
	}
	fmt.Fprintf(errs, "申请的是：%s；%s；%d 小时\n", strings.Join(guard.FieldNames(ask.Fields), "、"), of, ask.Hours)
	if !*yes {
		return fault.Tell("sync.grantAnswer", fault.Input, "还没有批准：核对无误后加 --yes。", errors.New("nothing was granted; --yes grants it"))
	}
	return actor.at(ctx, *data, granting("grant answer for "+who.Operator+" approved", *reason, ask), func(c *central.Central) error {
		answer, id := "", ""
		var err error
		if notExport == nil {
			answer, id, err = c.AnswerExport(ctx, *who, *by, *code, said, *reason)
		} else {
			answer, err = c.AnswerGrant(ctx, *who, *by, *code, *reason)
		}
		if err != nil {
			return err
		}
		if id != "" {
			fmt.Fprintf(errs, "要收回：sync grant withdraw --id %s\n", id)
		}
		return showAnswer(out, errs, answer, guard.AnswerScan(answer), *png)
	})
}

func answerList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("answer list", "列出电话答复过的：续期、启用账号和授权。", errs)
	data := f.String("data", "", "中心的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 数组")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, reads("answer list"), func(c *central.Central) error {
		list, err := c.Answers(ctx)
		if err != nil || *asJSON {
			return errors.Join(err, printJSON(out, list))
		}
		for _, a := range list {
			fmt.Fprintf(out, "%s  %s  电脑 %s  人员 %s  答复人：%s  %s\n", guard.RecordTime(a.At), answeredLabel(a.Kind), a.Device, guard.AccountLabel(a.Operator), guard.AccountLabel(a.By), said("原因：", a.Reason))
		}
		ended(out, len(list), "次", "电话答复")
		return nil
	})
}

// answeredLabel names what was answered by telephone.
func answeredLabel(kind string) string {
	if l := map[string]string{"renewal": "续期", "enabling": "启用账号", "grant": "批准查看", "export": "批准导出", "taken-back": "撤销授权"}[kind]; l != "" {
		return l
	}
	return kind
}

func grantWaiting(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("grant waiting", "列出各台电脑传来、还没有答复的授权申请，附电脑编号和核对码，供 sync grant decide 使用。\n"+
		"系统数据管理员在自己电脑的“管理”里也能看到。", errs)
	data := f.String("data", "", "中心的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 数组")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, reads("grant waiting"), func(c *central.Central) error {
		list, err := c.Pleas(ctx)
		if err != nil || *asJSON {
			return errors.Join(err, printJSON(out, list))
		}
		for _, p := range list {
			asked, err := p.Plea()
			if err != nil {
				return err
			}
			state := "等待答复"
			switch {
			case p.TakenBack:
				state = "已批准，后由 " + guard.AccountLabel(p.By) + " 撤销"
			case p.Declined:
				state = guard.AccountLabel(p.By) + " 不批准"
			}
			of := fmt.Sprintf("最多 %d 件案件", asked.Ask.Count)
			if asked.Ask.Count == 0 {
				of = "案件 " + p.Case.String()
			}
			fmt.Fprintf(out, "%s  电脑 %s  核对码 %s  人员 %s  %s；%s；%d 小时；%s  原因：%s\n", guard.RecordTime(p.At), p.Device, p.Ask, guard.AccountLabel(p.Operator),
				strings.Join(guard.FieldNames(asked.Ask.Fields), "、"), of, asked.Ask.Hours, state, p.Reason)
		}
		ended(out, len(list), "份", "授权申请")
		return nil
	})
}

func grantDecide(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("grant decide", "批准或不批准一份等待的申请，见 sync grant waiting。批准的经签名，在申请的电脑下次同步时下发。", errs)
	data := f.String("data", "", "中心的文件夹")
	device := f.String("device", "", idOfLaptop+"，即申请的电脑")
	ask := f.String("ask", "", "申请的核对码")
	by := f.String("by", "", "办理的系统数据管理员的账号")
	reason := f.String("reason", "", "原因")
	yes := f.Bool("yes", false, "批准所申请的")
	no := f.Bool("no", false, "不批准")
	actor := actorFlags(f, by)
	if err := parse(f, args, out, "data", "device", "ask", "by", "reason"); err != nil {
		return err
	}
	if *yes == *no {
		return fault.Tell("sync.grantDecide", fault.Input, "--yes 和 --no 须写一个。", errors.New("one of --yes and --no is needed"))
	}
	said, asked := map[bool]string{true: " approved", false: " declined"}[*yes], guard.Ask{}
	if raw, err := hex.DecodeString(*ask); err == nil {
		asked, _ = guard.ParseAsk(raw) // else it is refused as no request that waits
	}
	return actor.ofDevice(ctx, *data, *device, func(id uuid.UUID) central.Act { return granting("grant decide "+id.String()+said, *reason, asked) },
		func(c *central.Central, id uuid.UUID) error { return c.AnswerPlea(ctx, id, *ask, *yes, *by, *reason) })
}

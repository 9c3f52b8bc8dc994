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

const telephone = "Speak with the person first, on a number you know to be theirs, and be sure who it is."

// caller are the flags that say who is on the telephone.
func callerFlags(f *flag.FlagSet) (data *string, who *central.Caller, by, code *string) {
	who = &central.Caller{}
	data = f.String("data", "", "folder of the centre")
	f.StringVar(&who.Device, "device", "", idOfLaptop)
	f.StringVar(&who.Operator, "operator", "", "id of the account that it shows")
	return data, who, f.String("by", "", "id of the data administrator who answers"), f.String("code", "", "the code that the laptop shows, as they read it out, or the text of its QR code")
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
	return f.String("png", "", "file to write the answer's QR code to as a picture, which the laptop's camera reads")
}

func leaseRenew(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("lease renew", "answer a laptop that was without the county's word for too long: it is good for 14\n"+
		"days more, and that account for 7. Read the answer out; it serves once, there, today.\n"+telephone, errs)
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
	f := flags("recovery answer", "let a person of the roster be enabled at a laptop where another is signed in. --code is\n"+
		"the ten digits that the laptop shows for that person. Read the answer out; it serves\n"+
		"once, there, for that account, today. A request that also came over the network can be\n"+
		"approved there instead: see sync recovery list. Speak with the person who is to be\n"+
		"enabled, on a number you know to be theirs, and be sure who it is.", errs)
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
	f := flags("grant answer", "answer a request for a grant that was read out by telephone. Without --yes it says\n"+
		"what is asked for, and no more. With it, read the answer out; it serves once, there,\n"+
		"for that operator, today. The grant also goes down signed, and can be withdrawn. The\n"+
		"code of an export has the recipient in it, whom --to and --purpose must name.\n"+telephone, errs)
	data, who, by, code := callerFlags(f)
	reason, png := f.String("reason", "", "why it is granted"), pngFlag(f)
	said := guard.ExportTo{}
	f.StringVar(&said.To, "to", "", "of an export: who receives it, as it was read out")
	f.StringVar(&said.Purpose, "purpose", "", "of an export: what for, as it was read out")
	yes := f.Bool("yes", false, "what is asked for is granted")
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
	f := flags("answer list", "show what was answered by telephone: renewals, accounts let in, and grants.", errs)
	data := f.String("data", "", "folder of the centre")
	asJSON := f.Bool("json", false, "print one JSON array")
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
	f := flags("grant waiting", "show the requests for grants that laptops sent up and nobody answered yet, with the\n"+
		"device and the request's digits, by which sync grant decide names one. Data administrators\n"+
		"also have them in 管理 of their own laptops.", errs)
	data := f.String("data", "", "folder of the centre")
	asJSON := f.Bool("json", false, "print one JSON array")
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
	f := flags("grant decide", "grant or decline a request that waits; see sync grant waiting. What is granted goes down\n"+
		"signed with the next sync of the laptop that asked.", errs)
	data := f.String("data", "", "folder of the centre")
	device := f.String("device", "", idOfLaptop+", that asked")
	ask := f.String("ask", "", "digits of the request")
	by := f.String("by", "", "id of the data administrator who decides")
	reason := f.String("reason", "", "why")
	yes := f.Bool("yes", false, "what is asked for is granted")
	no := f.Bool("no", false, "it is declined")
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

package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

func caseWithdrawConsent(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("case withdraw-consent", "登记本人撤回同意：用于没有电脑可以登记时，如那里的学年已清除。此后案件不再导出、不再受理；\n"+
		"已签署的仍有效。有这件案件的电脑下次同步时知道。", errs)
	data := f.String("data", "", "中心的文件夹")
	id := f.String("case", "", idOfCase)
	party := f.String("party", "", "谁的同意：student（学生）或 coborrower（共同借款人）")
	purpose := f.String("purpose", "", "同意的事项："+strings.Join(loan.Purposes(), ", "))
	reason := f.String("reason", "", "怎样得知的；不写个人信息")
	by := f.String("by", "", "得知的人的账号")
	who := actorFlags(f, by)
	if err := parse(f, args, out, "data", "case", "party", "purpose", "reason"); err != nil {
		return err
	}
	const op = "sync.withdraw"
	p := loan.Party(*party)
	if p != loan.StudentParty && p != loan.CoborrowerParty {
		return fault.Tell(op, fault.Input, "--party 写 student（学生）或 coborrower（共同借款人）。", errors.New("--party is student or coborrower"))
	}
	if !slices.Contains(loan.Purposes(), *purpose) {
		return fault.Tell(op, fault.Input, "--purpose 写其中一个："+strings.Join(loan.Purposes(), "、")+"。", errors.New("--purpose is one of "+strings.Join(loan.Purposes(), ", ")))
	}
	return who.ofCase(ctx, *data, *id, func(kase uuid.UUID) central.Act {
		return central.Act{Verb: guard.HearWithdrawal, Name: "case withdraw-consent " + *party + " " + *purpose, Case: kase, Reason: *reason}
	}, func(c *central.Central, kase uuid.UUID) error {
		return c.WithdrawConsent(ctx, kase, p, *purpose, *reason, *by)
	})
}

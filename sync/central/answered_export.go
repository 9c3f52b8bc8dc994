package central

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// ReadExport tells what a laptop asks to export by a code. fault.Input for none.
func ReadExport(code string) (guard.ExportAsk, []byte, error) {
	const op = "central.ReadExport"
	b, err := seal.ParseSpoken(code, guard.ExportAskSize)
	if err != nil {
		return guard.ExportAsk{}, nil, fault.Wrap(op, err)
	}
	a, err := guard.ParseExportAsk(b)
	return a, b, fault.Wrap(op, err)
}

// AnswerExport gives the answer to a request to export, which is good at that
// laptop for that operator, request, recipient and purpose alone, and the id of
// the grant that it becomes there, by which it can be withdrawn. said is what was
// read out; fault.Input where it is not the code's. Other failures are those of
// AnswerRenewal.
func (c *Central) AnswerExport(ctx context.Context, who Caller, by, code string, said guard.ExportTo, reason string) (answer, grant string, err error) {
	const op = "central.AnswerExport"
	ask, raw, err := ReadExport(code)
	if err != nil {
		return "", "", fault.Wrap(op, err)
	}
	if !ask.Says(said) {
		return "", "", fault.Tell(op, fault.Input, "接收人或用途和申请里的不一样，请再核对一次。", errors.New("--to or --purpose: other words than those of the code"))
	}
	if err := guard.CheckReason(reason); err != nil {
		return "", "", fault.Wrap(op, err)
	}
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		plea := guard.ExportPlea{Plea: guard.Plea{Operator: who.Operator, Ask: ask.Ask}, Print: ask.Print, Said: said}
		d, words, err := c.answerCaller(ctx, tx, who, by, ask.Ask, func(d *device) ([]byte, error) {
			plea.Device = guard.TagOf(d.id)
			return plea.Message(by, guard.DayOf(c.now()))
		})
		if err != nil {
			return err
		}
		if err := c.standsYet(ctx, tx, plea.ID); err != nil {
			return err
		}
		answer = words
		if grant, err = plea.ID(); err != nil {
			return err
		}
		about, err := tagged(ctx, tx, ask.Ask.Case)
		if err != nil {
			return err
		}
		if reason, err = c.unnamed(ctx, tx, reason, about...); err != nil {
			return err
		}
		told := reason + "; " + grant + " to " + ask.Fingerprint() + " " + said.To + ", for " + said.Purpose
		_, err = c.noteAnswer(ctx, tx, d.id, "export", raw, who.Operator, by, told)
		return err
	})
	return answer, grant, fault.Wrap(op, err)
}

// byTelephone says whether a bulletin's name may be that of a grant that was given
// by telephone and never sent down, and until when such a grant may be good.
func (c *Central) byTelephone(i issuance) (time.Time, bool) {
	return c.now().Add((guard.MaxAskHours + 48) * time.Hour), i.kind == bulletin.Grant && strings.HasPrefix(i.name, guard.PleaPrefix)
}

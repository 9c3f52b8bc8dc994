package central

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
)

// ReportContext is the context of the signature under a report of all laptops.
const ReportContext = "doorstep centre record report 1"

// RecordReport writes lines of the record of all laptops as a file for others, as a
// laptop does of its own (package desk): with reasons, in which numbers are masked,
// chain by chain, with what the chains prove above, the number of lines below, and at the end the authority's
// signature over the SHA-256 of all bytes before it. The centre's chain says that it
// left, and how many lines it has, before it is signed. Access and failures are those
// of Record; what was written when it failed is no report.
func (c *Central) RecordReport(ctx context.Context, p Person, q RecordQuery, out io.Writer) (lines int, err error) {
	err = c.auditing(ctx, p, "record export", &q, func(r *reading) (err error) {
		lines, err = r.report(ctx, out)
		return err
	})
	return lines, fault.Wrap("central.RecordReport", err)
}

func (r *reading) report(ctx context.Context, out io.Writer) (lines int, err error) {
	const op = "central.report"
	sum := sha256.New()
	w := csv.NewWriter(io.MultiWriter(out, sum))
	sound, err := r.sound(ctx)
	if err != nil {
		return 0, err
	}
	named, err := r.c.named(ctx)
	if err != nil {
		return 0, err
	}
	_ = w.WriteAll([][]string{
		{"\ufeff全部电脑日志报告", "中心", r.c.ID().String(), "生成人", named(r.who), "时间（北京时间）", guard.RecordTime(r.c.now())},
		{"日志", sound, "设备数", strconv.Itoa(len(r.chains))},
		guard.LineColumns(),
	})
	nameless := r.nameless()
	unread, err := r.lines(ctx, func(l guard.Line) error {
		lines++
		l, err := nameless(ctx, l)
		if err != nil {
			return err
		}
		return w.Write(l.Row(rulebook.TextWords, named))
	})
	if err != nil {
		return lines, err
	}
	end := []string{"条数", strconv.Itoa(lines), "无法读取", strconv.Itoa(unread)}
	if r.q.Person != "" {
		end = append(end, "有人看过的已清除案件，不知是谁的", strconv.Itoa(len(r.seen)))
	}
	_ = w.Write(end)
	if w.Flush(); w.Error() != nil {
		return lines, fault.New(op, fault.Disk, w.Error())
	}
	err = r.c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return r.c.note(ctx, tx, r.who, loan.ChangeExport, loan.ViewBody{Detail: fmt.Sprintf("record report, %d lines%s", lines, r.q.words()), Reason: r.q.Reason})
	})
	if err != nil {
		return lines, err
	}
	if _, err := fmt.Fprintf(out, "签名,%s\n", hex.EncodeToString(r.c.authority.Signer().Sign(ReportContext, sum.Sum(nil)))); err != nil {
		return lines, fault.New(op, fault.Disk, err)
	}
	return lines, nil
}

// sound says what the chains of a report prove.
func (r *reading) sound(ctx context.Context) (string, error) {
	for _, d := range r.chains {
		k := r.check(d)
		if err := r.c.inOneMoment(ctx, func(tx *sql.Tx) error { return r.c.checkChain(ctx, tx, k) }); err != nil {
			return "", err
		}
		if len(k.proof.Wrong) > 0 {
			return "核验发现问题", nil
		}
	}
	return "核验通过", nil
}

package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

// showLine writes a line of the record as the window and a report have it: when, where,
// who, what, of which case and fields, what it says besides and why; and behind that for
// programs the code, fields and detail.
func showLine(out io.Writer, l guard.Line, names map[string]string) {
	named := guard.NamedLabel(names)
	words := []string{guard.RecordTime(l.At), "电脑 " + l.Device.String(), numberWords(l.Counter), l.Who(named), l.Label()}
	switch {
	case l.Case != uuid.Nil:
		words = append(words, "案件 "+l.Case.String())
	case l.CaseEnd() != "":
		words = append(words, "案件 "+l.CaseEnd())
	}
	for _, more := range []string{strings.Join(l.FieldNames(), "、"), l.Named(l.Words(rulebook.TextWords), named), said("原因：", l.Reason)} {
		if more != "" {
			words = append(words, more)
		}
	}
	words = append(words, l.Sort(), cmp.Or(strings.Join(l.Fields, " "), "-"), cmp.Or(l.Detail, "-"))
	fmt.Fprintln(out, strings.Join(words, "  "))
}

// numberWords is the place of a line in its chain. Where a chain goes on after a start of
// the centre, or a laptop's data was put back, the numbers count nothing, and are a name.
func numberWords(n uint64) string {
	if n>>loan.EraShift > 0 {
		return fmt.Sprintf("编号 %d", n)
	}
	return fmt.Sprintf("第 %d 条", n)
}

func said(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

func showFound(out io.Writer, found central.RecordFound) {
	fmt.Fprintf(out, "共 %d 条", found.Total)
	if found.Total > len(found.Lines) {
		fmt.Fprintf(out, "，列出最近的 %d 条", len(found.Lines))
	}
	fmt.Fprintln(out, "，"+byBeijing)
	if found.Unread > 0 {
		fmt.Fprintf(out, "另有 %d 条读不出来，sync record verify 会指出在哪里\n", found.Unread)
	}
	if found.Erased > 0 {
		fmt.Fprintf(out, "另有 %d 件有人看过的案件已清除，县里不再知道是谁的：请按回执或申请表上的受理编号，用 --case 查\n", found.Erased)
	}
}

func showOdd(out io.Writer, o central.Odd) {
	words := []string{o.Label()}
	for _, more := range []string{guard.AccountLabel(o.Operator), string(o.Day)} {
		if more != "" {
			words = append(words, more)
		}
	}
	words = append(words, fmt.Sprintf("%d %s", o.Count, o.Unit()))
	if judged := o.Judged(); judged != "" {
		words = append(words, judged)
	}
	if len(o.Devices) > 0 {
		words = append(words, fmt.Sprintf("%d 台电脑", len(o.Devices)))
	}
	if len(o.Points) > 0 {
		words = append(words, strings.Join(o.Points, "、"))
	}
	fmt.Fprintln(out, strings.Join(append(words, string(o.Kind)), "  "))
	if o.Kind == guard.OddBack || o.Kind == guard.OddCopied { // of a laptop, and of no case
		for _, d := range o.Devices {
			fmt.Fprintf(out, "  电脑 %s\n", d)
		}
	}
	for _, id := range o.Cases {
		fmt.Fprintf(out, "  案件 %s\n", id)
	}
}

func showProof(out io.Writer, p central.ChainProof) {
	at := p.Point
	if p.Centre {
		at = guard.AccountLabel(guard.Centre)
	}
	last := "最后一条写于 " + guard.RecordTime(p.LastAt)
	if p.LastAt.IsZero() {
		last = "最后一条读不出来"
	}
	if p.Changes == 0 {
		last = "还没有写过"
	}
	fmt.Fprintf(out, "%s  %s：%d 条，%s，签名 %d 处\n", p.Device, at, p.Changes, last, p.Signed)
	showLostNumbers(out, p.Lost)
	if p.Erased > 0 {
		fmt.Fprintf(out, "  按规定清除内容、留有记录的 %d 条\n", p.Erased)
	}
	for _, b := range p.Back {
		fmt.Fprintf(out, "  %s起接着备份或以前的数据写，%s 在 %s 确认\n", numberWords(b.Number), guard.AccountLabel(b.By), guard.RecordTime(b.At))
	}
	if k := p.Copied; k != nil {
		fmt.Fprintf(out, "  这台电脑另有不同的记录，没有收：传送 %d 次，最后一次在 %s；数据可能被换成了以前的，或被复制过\n", k.Parcels, guard.RecordTime(k.Until))
	}
	for _, w := range p.Wrong {
		fmt.Fprintf(out, "  %s有问题：%s  %s\n", numberWords(w.Number), guard.ChainSaid(w.Why), w.Why)
	}
	if p.More > 0 {
		fmt.Fprintf(out, "  另有 %d 处问题\n", p.More)
	}
}

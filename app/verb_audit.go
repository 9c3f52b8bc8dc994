package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
)

func auditVerifyVerb() verb {
	return verb{
		name:    "audit verify",
		args:    "no argument",
		summary: "Reads the chain of every device here and says what it proves.",
		help: `For every device: how many changes, from which to which; how many bodies were
erased and by which rule; gaps that were declared; and exactly where the chain
was tampered with. Pictures and files are read too. An auditor or a data administrator may, and the chain notes
the look. The exit code is 7 when something is wrong.`,
		run: auditVerify,
	}
}

func auditVerify(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		r, err := d.Audit(ctx, nil)
		if err != nil {
			return err
		}
		printAudit(c.out, r)
		if !r.Sound() {
			return fault.New("audit verify", fault.Damaged, errors.New("something is not what was written"))
		}
		return nil
	})
}

func auditReportVerb() verb {
	return verb{
		name:    "audit report",
		args:    "no argument",
		summary: "Writes who looked, searched, revealed, printed and changed, as a signed file.",
		help: `A line for each: time, device, operator, case, what, which fields and for what
reason. Reasons stand as people wrote them: numbers in them, and the names of the
case's people, are masked as far as they are known. It ends in this laptop's
signature. An auditor or a data administrator may, and the chain notes it. What is
odd is printed.`,
		run: auditReport,
	}
}

func auditReport(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	out := flags.String("out", "", "`file` to write")
	of := flags.String("of", "", "id of the `operator` it is about; all without")
	id := flags.String("case", "", "`end` of the id of the case it is about; all without")
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	if *out == "" {
		return c.wrong("--out is needed")
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		q := desk.Sought{Operator: *of, Case: *id}
		b, n, err := d.Report(ctx, q, nil)
		if err != nil {
			return err
		}
		if err := os.WriteFile(*out, b, 0o600); err != nil {
			return fault.New("audit report", fault.Disk, errors.New("--out cannot be written"))
		}
		r, err := d.Record(ctx, q)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%d lines\n", n)
		for _, o := range r.Odd {
			fmt.Fprintf(c.out, "odd: %s %s %s: %d\n", o.Kind, o.Operator, o.Day, o.Count)
		}
		return nil
	})
}

func printAudit(w io.Writer, r desk.AuditReport) {
	for _, chain := range r.Chains {
		printChain(w, chain)
	}
	for _, b := range r.Blobs {
		fmt.Fprintf(w, "blobs erased by rule %s: %d, %d bytes, from %s to %s\n", b.Rule, b.Blobs, b.Bytes,
			b.First.Format("2006-01-02 15:04"), b.Last.Format("2006-01-02 15:04"))
		if b.Unexplained > 0 {
			fmt.Fprintf(w, "  WRONG: of %d of them no change tells\n", b.Unexplained)
		}
	}
	for _, id := range r.Lists {
		fmt.Fprintf(w, "WRONG: the list of changes of case %s is not what was written\n", id)
	}
	if r.Spoilt {
		fmt.Fprintln(w, "WRONG: pictures or files are not what was written")
	}
	for _, id := range r.SpoiltOf {
		fmt.Fprintf(w, "  of case %s\n", id)
	}
	if r.Sound() {
		fmt.Fprintln(w, "nothing is wrong")
	}
}

func printChain(w io.Writer, c desk.ChainAudit) {
	own := ""
	if c.Own {
		own = ", this laptop"
	}
	fmt.Fprintf(w, "device %s%s: %d changes, %d to %d\n", c.Device, own, c.Changes, c.First, c.Last)
	for _, e := range c.Erased {
		fmt.Fprintf(w, "  bodies erased by rule %s: %d\n", e.Rule, e.Bodies)
	}
	if c.Returned > 0 {
		fmt.Fprintf(w, "  bodies that are here though their erasing is told: %d, as after a backup of before it\n", c.Returned)
	}
	for _, g := range c.Gaps {
		fmt.Fprintf(w, "  declared gap: %d to %d\n", g.From, g.To)
	}
	if len(c.Absent) > 0 {
		fmt.Fprintf(w, "  not for this laptop, in %d places: their neighbours cannot be compared\n", len(c.Absent))
	}
	for _, x := range c.Wrong {
		at := fmt.Sprint(x.From)
		if x.To > x.From {
			at = fmt.Sprintf("%d to %d", x.From, x.To)
		}
		fmt.Fprintf(w, "  WRONG at %s: %s; the rest was read\n", at, tamperText(x))
	}
}

func tamperText(x desk.Wrong) string {
	switch x.What {
	case "gone":
		return "gone, and no gap was declared"
	case "altered":
		return "the stored value was altered"
	case "moved":
		return "the stored value belongs under another counter"
	case "body":
		return "the body is not the one its header names (wrong hash)"
	case "order":
		return "it does not follow the change before it (wrong hash)"
	case "erased":
		return "the body is gone, and no change tells of its erasing"
	case "end":
		return "the chain ends elsewhere than it was written to end"
	}
	return string(x.What)
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
)

func caseListVerb() verb {
	return verb{
		name:    "case list",
		args:    "[QUERY]",
		summary: "Lists the operator's own cases, masked, the newest first.",
		help: `QUERY is a part of a name, pinyin, initials, or the tail of an ID or phone number;
with none, all are listed. With --reason every case of the laptop is looked at, for
one person: a whole name or four digits, and five cases at most. The search is noted
in the audit log, with the reason.`,
		run: caseList,
	}
}

// caseRow is a case as case list prints it with --json.
type caseRow struct {
	ID         uuid.UUID `json:"id"`
	Status     string    `json:"status"`
	Kind       loan.Kind `json:"kind"`
	Supplement bool      `json:"supplement"`
	Name       string    `json:"name"` // masked
	School     string    `json:"school"`
	Amount     int       `json:"amount"`
	Opened     time.Time `json:"opened"`
	Updated    time.Time `json:"updated"`
	Problems   int       `json:"problems"`
}

func caseList(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	asJSON := flags.Bool("json", false, "print one JSON object a line")
	reason := flags.String("reason", "", "`why` a case outside the operator's own queue is looked for")
	args, code, ok := c.parse(flags, 0, 1)
	if !ok {
		return code
	}
	query := ""
	if len(args) > 0 {
		query = args[0]
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		if *reason != "" {
			found, err := d.FindBeyond(ctx, query, *reason)
			if err != nil {
				return err
			}
			if len(found.Rows) < found.Matches {
				return fault.New("find cases", fault.TooLarge, fmt.Errorf("%d cases match; say more of the one that is looked for", found.Matches))
			}
			return c.printRows(found.Rows, *asJSON)
		}
		rows := d.Find(query, 0)
		if err := d.NoteSearch(ctx, len(rows)); err != nil {
			return err
		}
		return c.printRows(rows, *asJSON)
	})
}

func (c *call) printRows(rows []desk.Row, asJSON bool) error {
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	if !asJSON {
		fmt.Fprintln(table, "case\tstatus\tkind\tname\tamount\tproblems\tupdated")
	}
	for _, r := range rows {
		if asJSON {
			row := caseRow{r.ID, r.Status.String(), r.Kind, r.Supplement, r.Name, r.School, r.Amount, r.Opened, r.Updated, r.Problems}
			if err := enc.Encode(row); err != nil {
				return fault.New("print cases", fault.Disk, err)
			}
			continue
		}
		kind := string(r.Kind)
		if r.Supplement {
			kind += "补充"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", r.ID, r.Status, kind, r.Name, r.Amount, r.Problems, r.Updated.Local().Format(time.DateTime))
	}
	if err := table.Flush(); err != nil {
		return fault.New("print cases", fault.Disk, err)
	}
	return nil
}

func caseShowVerb() verb {
	return verb{
		name:    "case show",
		args:    "ID",
		summary: "Shows a case as one JSON object, its people masked.",
		help: `Names, numbers and addresses are masked for everybody, as what is printed here stays
where it is written to: in full they are in the window, and in an export. The look is noted in the audit log. A case outside your own queue is opened for
a --reason, as one of the day's searches for the cases of others.`,
		run: caseShow,
	}
}

// shownCase is a case as case show prints it.
type shownCase struct {
	ID          uuid.UUID         `json:"id"`
	Status      string            `json:"status"`
	Label       string            `json:"label"`
	Opened      time.Time         `json:"opened"`
	OpenedBy    string            `json:"opened_by"`
	Updated     time.Time         `json:"updated"`
	Application loan.Application  `json:"application"`
	Verdict     loan.Verdict      `json:"verdict"`
	Codes       []codeLine        `json:"codes"`
	Derived     loan.Derived      `json:"derived"`
	Attachments []loan.Attachment `json:"attachments"`
	Contract    *shownContract    `json:"contract,omitempty"`
	ReceiptNo   string            `json:"receipt_no,omitempty"`
	Returned    *loan.ReturnBody  `json:"returned,omitempty"`
	Conflicts   []string          `json:"conflicts"` // fields set differently at the same time
	Aside       []shownAside      `json:"set_aside"`
}

type shownContract struct {
	Template   string       `json:"template"`
	Pages      int          `json:"pages"`
	AsOf       loan.Date    `json:"as_of"`
	Signatures []loan.Party `json:"signatures"`
	SealedAt   *time.Time   `json:"sealed_at,omitempty"`
}

type shownAside struct {
	Change uuid.UUID `json:"change"`
	Why    string    `json:"why"`
}

func caseShow(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	reason := flags.String("reason", "", "`why` a case outside your own queue is opened")
	args, code, ok := c.parse(flags, 1, 1)
	if !ok {
		return code
	}
	id, err := uuid.Parse(args[0])
	if err != nil {
		return c.wrong("ID is not the id of a case")
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		k, err := d.Open(ctx, id)
		if desk.AsksReason(err) && *reason != "" {
			k, err = d.OpenBeyond(ctx, id, *reason)
		}
		if err != nil {
			return err
		}
		k = d.Masked(k)
		words, err := rulebook.LoadWords()
		if err != nil {
			return err
		}
		enc := json.NewEncoder(c.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(showCase(d, k, words)); err != nil {
			return fault.New("print case", fault.Disk, errors.New("standard output"))
		}
		return nil
	})
}

func showCase(d *desk.Desk, k *loan.Case, words *rulebook.Words) shownCase {
	r := d.Check(k)
	s := shownCase{ID: k.ID, Status: k.Status.String(), Label: k.Status.Label(), Opened: k.Opened, OpenedBy: k.OpenedBy,
		Updated: k.Updated, Application: d.Shown(k), Verdict: r.Verdict, Codes: codeLines(r, words), Derived: r.Derived,
		Attachments: slices.Concat([]loan.Attachment{}, k.Attachments), Returned: k.Return, Conflicts: []string{}, Aside: []shownAside{}}
	if q := k.Contract; q != nil {
		s.Contract = &shownContract{Template: q.Template, Pages: q.Pages, AsOf: q.AsOf, Signatures: []loan.Party{}}
		for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
			if _, ok := q.Signatures[p]; ok {
				s.Contract.Signatures = append(s.Contract.Signatures, p)
			}
		}
		if q.Sealed != nil {
			s.Contract.SealedAt = &q.SealedAt
		}
	}
	if k.Receipt != nil {
		s.ReceiptNo = k.Receipt.ReceiptNo
	}
	for _, x := range k.Conflicts {
		s.Conflicts = append(s.Conflicts, x.Field)
	}
	for _, x := range k.Aside {
		s.Aside = append(s.Aside, shownAside{x.Change, fault.KindOf(x.Err).String()})
	}
	return s
}

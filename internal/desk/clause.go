package desk

import (
	"context"
	"errors"
	"slices"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Clause is a clause that each party ticks by itself before it signs.
type Clause = contract.Clause

// Clauses are those of the contract in hand that each party must tick.
func (d *Desk) Clauses(ctx context.Context, c *loan.Case) ([]Clause, error) {
	const op = "list clauses"
	if c.Contract == nil {
		return nil, fault.New(op, fault.Missing, errors.New("no contract filled"))
	}
	in, _, err := d.contractText(c, c.Contract.AsOf)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	in.App.Signatures = c.Contract.Signers
	out, err := contract.Clauses(in)
	return out, fault.Wrap(op, err)
}

// ticked is the clauses that must be ticked, all of which were.
func (d *Desk) ticked(ctx context.Context, c *loan.Case, given []string) ([]string, error) {
	must, err := d.Clauses(ctx, c)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, m := range must {
		if !slices.Contains(given, m.Heading) {
			return nil, fault.Say("tick clauses", fault.Input, "还有须逐条确认的条款没有勾选。", errors.New("a clause is not ticked"))
		}
		out = append(out, m.Heading)
	}
	return out, nil
}

// asRead is nil when in, which has no ink yet, makes the very file that was
// shown and signed, and all of it was shown.
func (d *Desk) asRead(c *loan.Case, in contract.Input) error {
	const op = "compare with what was read"
	k := c.Contract
	if len(k.Read) < k.Pages {
		return fault.Say(op, fault.Input, "合同还没有逐页看完，不能封存。", errors.New("pages not shown"))
	}
	in.App.Signatures = k.Signers
	pdf, err := d.press.Fill(in)
	if err != nil {
		return err
	}
	if d.store.BlobName(pdf) != k.Blob {
		return changedText(op)
	}
	return nil
}

package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"github.com/google/uuid"
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

// NeedsWitness says whether a second operator must confirm the contract in hand
// before it is sealed, and has not yet.
func (d *Desk) NeedsWitness(c *loan.Case) (bool, error) {
	const op = "look for a second operator"
	if c.Contract == nil || c.Contract.Witness != nil {
		return false, nil
	}
	in, _, err := d.contractText(c, c.Contract.AsOf)
	if err != nil {
		return false, fault.Wrap(op, err)
	}
	if in.App.Signatures = c.Contract.Signers; in.App.Signatures == (loan.Signatures{}) {
		in.App.Signatures = c.App.Signatures // filled before signers were noted
	}
	needs, err := contract.NeedsWitness(in)
	return needs, fault.Wrap(op, err)
}

// Witnesses are those at this laptop who may be the second operator.
func (d *Desk) Witnesses(ctx context.Context, c *loan.Case) ([]Person, error) {
	out, err := d.could(ctx, "list witnesses", guard.Witness, c)
	return slices.DeleteFunc(out, func(p Person) bool { return p.ID == d.operator.ID }), err
}

// Witness is the second operator's word that both signed, given at this desk with
// name and password, the clerk staying signed in.
func (d *Desk) Witness(ctx context.Context, id uuid.UUID, second string, password []byte) (*loan.Case, error) {
	const op = "witness"
	if second == d.operator.ID {
		return nil, fault.Say(op, fault.Denied, "第二经办人须是另一人。", errors.New("the same operator"))
	}
	who, err := d.second(ctx, second, password)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permitOther(ctx, who, guard.Witness, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if !c.SignedInFull() {
		return nil, fault.Say(op, fault.Input, "双方还没有都签名。", nil)
	}
	return d.commitAs(ctx, op, who, id, []pending{entry(loan.ChangeWitness, loan.WitnessBody{Contract: c.Contract.Blob})})
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

// readAndSeen is nil when all of the contract in hand was shown to both who
// signed it, and a second operator looked where one is needed.
func (d *Desk) readAndSeen(c *loan.Case) error {
	const op = "compare with what was read"
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		if _, signed := c.Contract.Signatures[p]; !signed {
			continue
		}
		if err := d.Heard(c, p); err != nil {
			return err
		}
	}
	needs, err := d.NeedsWitness(c)
	if err == nil && needs {
		err = fault.Say(op, fault.Input, "本次签署须有第二经办人见证，请第二经办人确认后再封存。", errors.New("no second operator"))
	}
	return err
}

// Heard is nil when a party, or its proxy, heard the texts that go before every
// signature and was shown every page of the contract in hand; fault.Input says
// what is missing.
func (d *Desk) Heard(c *loan.Case, p loan.Party) error {
	const op = "compare with what was heard and read"
	k := c.Contract
	if k == nil {
		return fault.New(op, fault.Missing, errors.New("no contract filled"))
	}
	texts, err := rulebook.SpokenTexts()
	if err != nil {
		return fault.Wrap(op, err)
	}
	who := partyName(p)
	if k.Signers.Of(p) == loan.ByProxy {
		who = "代签人（代" + who + "）"
	}
	r := k.Readings[p]
	for _, t := range texts {
		if !slices.Contains(r.Texts, t.ID) {
			return fault.Say(op, fault.Input, "请先把《"+t.Title+"》读给"+who+"听，再签名。", errors.New("a text was not read out"))
		}
	}
	unseen := max(0, k.Pages-len(r.Millis))
	for i, ms := range r.Millis {
		if i < k.Pages && ms <= 0 && !r.Both {
			unseen++
		}
	}
	if unseen > 0 {
		return fault.Say(op, fault.Input, fmt.Sprintf("%s还有 %d 页合同没有看，请逐页看完再签名。", who, unseen), errors.New("pages not shown"))
	}
	return nil
}

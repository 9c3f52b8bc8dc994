package central

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"github.com/google/uuid"
)

// MaxNote is the longest note to a return or an acceptance, in bytes.
const MaxNote = 600

// Return sends a case back with coded reasons, to be mended at the desk; by is
// the reviewer of the roster who decides, or empty. fault.Input for a code that
// is none, a field that none of them is about or that cannot be mended, or a person who may not, fault.Missing for a case that is not here,
// fault.Denied for one that is not received or accepted.
func (c *Central) Return(ctx context.Context, id uuid.UUID, b loan.ReturnBody, by string) error {
	const op = "central.Return"
	words, err := rulebook.LoadWords()
	if err != nil {
		return fault.Wrap(op, err)
	}
	known := words.Codes()
	for i, code := range b.Codes {
		if !slices.Contains(known, code) || slices.Contains(b.Codes[:i], code) {
			return fault.Tell(op, fault.Input, "代码 "+string(code)+" 不在清单里，或写了两次：请核对 --code。", errors.New("code "+string(code)+": not one of the list, or twice"))
		}
	}
	if !b.Fits() {
		return fault.Tell(op, fault.Input, "代码后面的栏目不对，例如 coborrowers.0.name。", errors.New("field: none of an application that a code of these is about, as coborrowers.0.name"))
	}
	if len(b.Codes) == 0 {
		return fault.Tell(op, fault.Input, "退回须写退回代码。", errors.New("a return needs a code: nobody is sent away without a reason"))
	}
	return c.say(ctx, id, loan.ChangeReturn, b, b.Note, by)
}

// Accept says that a received case is accepted, and may go on to bank and school;
// otherwise as Return. One whose people took a consent back is fault.Denied: it
// goes no further than it went.
func (c *Central) Accept(ctx context.Context, id uuid.UUID, note, by string) error {
	return c.say(ctx, id, loan.ChangeAccept, loan.AcceptBody{Note: note}, note, by)
}

// say writes the county's word on a case into the centre's chain; it goes as
// news to the laptops that work on the case.
func (c *Central) say(ctx context.Context, id uuid.UUID, kind loan.ChangeKind, body any, note, by string) error {
	const op = "central.say"
	if len(note) > MaxNote {
		return fault.Tell(op, fault.Input, "备注太长。", errors.New("note: too long"))
	}
	if note != "" {
		if err := guard.CheckReason(note); err != nil {
			return fault.Tell(op, fault.Input, fault.Sentence(err), errors.New("note: "+err.Error()))
		}
	}
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		k, err := c.spokenOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if k.Status != loan.Received && k.Status != loan.Accepted {
			return fault.Tell(op, fault.Denied, "这件案件现在是“"+k.Status.Label()+"”，不能退回或受理。", errors.New("the case is "+k.Status.String()))
		}
		if w := k.TakenBack(); kind == loan.ChangeAccept && len(w) > 0 {
			return fault.Tell(op, fault.Denied, w[0].Party.Label()+"撤回了"+loan.PurposeLabel(w[0].Purpose)+"的同意，不能受理：可以退回，或请本人重新同意。", errors.New("the "+string(w[0].Party)+" took the consent "+w[0].Purpose+" back; it may be returned, or given anew"))
		}
		if by != "" {
			if err := c.mayDecide(ctx, tx, k, by); err != nil {
				return err
			}
		}
		return c.speak(ctx, tx, k, by, kind, unnamedBody(k, body))
	})
}

// WithdrawConsent notes that a party of a case takes a consent back, where no laptop
// hears it any more, as when the season was erased there; by is who heard it, or
// empty. It goes as news to the laptops that work on the case, and the case to
// nobody else from then on. fault.Missing for a case that is not here and for a consent
// that was not given or is taken back already, fault.Input for a person who may not.
func (c *Central) WithdrawConsent(ctx context.Context, id uuid.UUID, party loan.Party, purpose, reason, by string) error {
	const op = "central.WithdrawConsent"
	if err := guard.CheckReason(reason); err != nil {
		return fault.Tell(op, fault.Input, fault.Sentence(err), errors.New("reason: "+err.Error()))
	}
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		k, err := c.spokenOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if by != "" {
			who, err := person(ctx, tx, by)
			if err != nil {
				return err
			}
			at, err := siteOfCase(ctx, tx, id)
			if err != nil {
				return err
			}
			if err := mayBy(who, guard.MayAt(who, guard.HearWithdrawal, k, at)); err != nil {
				return err
			}
		}
		text := k.Consents[party][purpose]
		if text == "" {
			return fault.Tell(op, fault.Missing, "没有这项同意：没有给过，或已经撤回。", errors.New("no such consent: it was not given, or is taken back already"))
		}
		return c.speak(ctx, tx, k, by, loan.ChangeConsent, loan.ConsentBody{Party: party, Purpose: purpose, Text: text})
	})
}

// spokenOf is a case that the centre is to say something of, and nobody else changes
// meanwhile. fault.Missing where there is none.
func (c *Central) spokenOf(ctx context.Context, tx *sql.Tx, id uuid.UUID) (*loan.Case, error) {
	if err := c.lock(ctx, tx, lockCase(id.String()), lockAuthor); err != nil {
		return nil, err
	}
	k, err := c.loadCase(ctx, tx, id)
	if err == nil && k == nil {
		err = fault.Tell("central.spokenOf", fault.Missing, "县里没有这件案件，请核对编号。", errors.New("no such case"))
	}
	return k, err
}

// speak writes the centre's change of a case, which must fit it.
func (c *Central) speak(ctx context.Context, tx *sql.Tx, k *loan.Case, by string, kind loan.ChangeKind, body any) error {
	ch, err := c.authorAs(ctx, tx, k, by, kind, body)
	if err != nil {
		return err
	}
	if err := k.Apply(ch); err != nil {
		return fault.Tell("central.speak", fault.KindOf(err), "这件案件现在是“"+k.Status.Label()+"”，不能这样办。", errors.New("the case is "+k.Status.String()))
	}
	return c.refoldAll(ctx, tx, []uuid.UUID{k.ID}, nil, nil)
}

// mayDecide is fault.Input unless the person is a reviewer of the county who had
// no other part in the case, nor a word on what others do with it: who entered,
// reviewed, witnessed or filled it in, or granted it, does not decide on it too.
func (c *Central) mayDecide(ctx context.Context, q querier, k *loan.Case, by string) error {
	if err := onRoster(ctx, q, by, string(guard.Reviewer)); err != nil {
		return err
	}
	who, err := person(ctx, q, by)
	if err != nil {
		return err
	}
	at, err := siteOfCase(ctx, q, k.ID)
	if err != nil {
		return err
	}
	if err := mayBy(who, guard.MayAt(who, guard.Decide, k, at)); err != nil {
		return err
	}
	err = c.noWord(ctx, q, who, guard.Decide, k)
	if fault.KindOf(err) == fault.Denied {
		return mayBy(who, err)
	}
	return err
}

package central

import (
	"context"
	"database/sql"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// AnswerEnabling gives the answer to a laptop's request that an account be let in
// there, which the digits name, and writes down who gave it. Failures are those of
// AnswerRenewal, and fault.Denied for an account of another organisation, and fault.Input
// for one that by does not manage.
func (c *Central) AnswerEnabling(ctx context.Context, who Caller, by, digits string) (string, error) {
	const op = "central.AnswerEnabling"
	digits, err := guard.ParseDigits(digits)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	var answer string
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		d, at, err := c.managed(ctx, tx, who, by, guard.ManageRoster)
		if err != nil {
			return err
		}
		newcomer, err := person(ctx, tx, who.Operator)
		if err != nil {
			return err
		}
		if !newcomer.Within(at) {
			return fault.Tell(op, fault.Denied, "这个人员和这台电脑不属于同一个机构：请核对，需要时用 sync operator add 改人员的机构。", errors.New("the operator belongs to another organisation than the laptop; see sync operator add"))
		}
		if err := c.managesHim(ctx, tx, by, newcomer); err != nil {
			return err
		}
		e := guard.Enabling{Device: d.id, Operator: who.Operator, Digits: digits}
		if answer, err = c.answerTo(d, guard.EnableLabel, e.Message(guard.DayOf(c.now()))); err != nil {
			return err
		}
		_, err = c.noteAnswer(ctx, tx, d.id, "enabling", []byte(digits+" "+who.Operator), who.Operator, by, "")
		return err
	})
	return answer, fault.Wrap(op, err)
}

// managesHim is fault.Input for an account above a person, who is not asked about his own.
func (c *Central) managesHim(ctx context.Context, tx *sql.Tx, by string, whom guard.Operator) error {
	if by == whom.ID {
		return nil
	}
	admin, err := person(ctx, tx, by)
	if err != nil {
		return err
	}
	code, _, _, err := county(ctx, tx)
	if err != nil {
		return err
	}
	return mayBy(admin, guard.Manages(admin, whom, code))
}

// managed is the device of a caller, at which by may do the verb, and where it stands.
func (c *Central) managed(ctx context.Context, tx *sql.Tx, who Caller, by string, v guard.Verb) (*device, guard.Site, error) {
	d, err := c.caller(ctx, tx, who, by)
	if err != nil {
		return nil, guard.Site{}, err
	}
	admin, err := person(ctx, tx, by)
	if err != nil {
		return nil, guard.Site{}, err
	}
	at, err := siteOf(ctx, tx, d.id)
	if err != nil {
		return nil, at, err
	}
	return d, at, mayBy(admin, guard.MayAt(admin, v, nil, at))
}

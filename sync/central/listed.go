package central

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// carriedFor is how old a list that renews laptops or accounts may be when it goes onto
// a stick. Laptops with a network fetch each one that is issued, so not every stick has
// one of its own.
const carriedFor = 24 * time.Hour

// issueListed sends the county's roster of operators down, where one is in force that it
// no longer agrees with. A county that gives out no sticks has none in force: its laptops
// ask for the roster.
func (c *Central) issueListed(ctx context.Context, tx *sql.Tx, code string) error {
	content, there, err := c.said(ctx, tx, bulletin.Operators, bulletin.OperatorsName)
	if err != nil || !there {
		return err
	}
	i, err := listed(ctx, tx, code)
	if err != nil || bytes.Equal(i.content, content) {
		return err
	}
	_, err = c.issue(ctx, tx, i)
	return err
}

// listed is the roster of operators as it is sent down.
func listed(ctx context.Context, q querier, code string) (issuance, error) {
	on, err := roster(ctx, q, code)
	if err != nil {
		return issuance{}, err
	}
	off, err := switchedOff(ctx, q, code)
	if err != nil {
		return issuance{}, err
	}
	var people []guard.Operator
	for _, o := range on {
		people = append(people, account(o))
	}
	for _, o := range off {
		a := account(o)
		a.Enabled = false
		people = append(people, a)
	}
	content, err := guard.EncodeListed(people)
	return issuance{kind: bulletin.Operators, name: bulletin.OperatorsName, content: content, entries: len(people)}, fault.Wrap("central.listed", err)
}

// BulletinToCarry is BulletinFile for a file that goes to a laptop without a network: the
// list of devices shut out and the roster of operators, by which a laptop and its accounts
// are renewed, are issued anew where there are none yet or those in force are a day old,
// and the roster where it is one of before levels stood in it. So is a list of which there
// is one, and that cannot be read here any more.
func (c *Central) BulletinToCarry(ctx context.Context, kind bulletin.Kind, name string) ([]byte, error) {
	const op = "central.BulletinToCarry"
	if kind == bulletin.Devices && name == bulletin.ShutOutName || kind == bulletin.Operators && name == bulletin.OperatorsName {
		if err := c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.renewListed(ctx, tx, kind, name) }); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	content, there, err := c.said(ctx, c.db, kind, name)
	if err == nil && there && len(content) == 0 {
		err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.issueAnew(ctx, tx, kind) })
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err := c.BulletinFile(ctx, kind, name)
	return b, fault.Wrap(op, err)
}

func (c *Central) renewListed(ctx context.Context, tx *sql.Tx, kind bulletin.Kind, name string) error {
	const op = "central.renewListed"
	var issued int64
	err := tx.QueryRowContext(ctx, `SELECT issued FROM bulletins WHERE kind = ? AND name = ?`, string(kind), name).Scan(&issued)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return diskFault(op, err)
	}
	age := c.now().Sub(time.UnixMilli(issued))
	young := err == nil && age >= 0 && age < carriedFor
	if kind == bulletin.Devices {
		if young {
			return nil
		}
		return c.issueShutOut(ctx, tx)
	}
	code, _, _, err := county(ctx, tx)
	if err != nil {
		return err
	}
	if young {
		return c.issueListed(ctx, tx, code)
	}
	i, err := listed(ctx, tx, code)
	if err != nil {
		return err
	}
	_, err = c.issue(ctx, tx, i)
	return err
}

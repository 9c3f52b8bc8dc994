package central

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// NewGrant signs a data administrator's leave for sensitive use and sends it to
// the county's laptops. Without an id of GrantID it gets one here. Who may and who approves must
// stand on the roster, the approver as a data administrator one level above, in
// whose organisation the cases lie; what is counted names the laptop where it is
// counted. fault.Input says what is wrong.
func (c *Central) NewGrant(ctx context.Context, g guard.Grant) (guard.Grant, IssuedBulletin, error) {
	const op = "central.NewGrant"
	if g.ID == "" {
		g.ID = GrantID()
	}
	g.From, g.Until = g.From.UTC(), g.Until.UTC()
	if err := guard.CheckReason(g.Reason); err != nil { // it goes down, and into watermarks
		return g, IssuedBulletin{}, fault.Wrap(op, err)
	}
	var err error
	if g.Reason, err = c.unnamed(ctx, c.db, g.Reason, g.Cases...); err != nil {
		return g, IssuedBulletin{}, fault.Wrap(op, err)
	}
	content, err := g.Encode()
	if err != nil {
		return g, IssuedBulletin{}, fault.Wrap(op, err)
	}
	if !c.now().Before(g.Until) {
		return g, IssuedBulletin{}, fault.Tell(op, fault.Input, "授权的时限已经过了，请把 --hours 写大于 0 的数。", errors.New("until: in the past"))
	}
	var out IssuedBulletin
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := onRoster(ctx, tx, g.Operator, ""); err != nil {
			return err
		}
		if err := onRoster(ctx, tx, g.By, string(guard.DataAdmin)); err != nil {
			return err
		}
		if err := c.answers(ctx, tx, g.By, g.Operator, uuid.Nil, g.Cases); err != nil {
			return err
		}
		if err := c.checkRelease(ctx, tx, g); err != nil {
			return err
		}
		for _, id := range g.Cases {
			var n int
			if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM cases WHERE id = ?`, id.String()).Scan(&n); err != nil {
				return diskFault(op, err)
			}
			if n == 0 {
				return fault.Tell(op, fault.Input, "县里没有案件 "+id.String()+"，请核对。", errors.New("case "+id.String()+": not held here"))
			}
			if err := keepWord(ctx, tx, id.String(), g.By); err != nil {
				return fault.Wrap(op, err)
			}
		}
		out, err = c.issue(ctx, tx, issuance{kind: bulletin.Grant, name: g.ID, content: content, entries: 1, expires: g.Until})
		return err
	})
	return g, out, fault.Wrap(op, err)
}

// onRoster is fault.Input unless the person may work and has the role, where
// one is named.
func onRoster(ctx context.Context, q querier, id, role string) error {
	const op = "central.onRoster"
	code, _, _, err := county(ctx, q)
	if err != nil {
		return err
	}
	list, err := roster(ctx, q, code)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(o Operator) bool { return o.ID == id })
	switch {
	case i < 0:
		return fault.Tell(op, fault.Input, "名册上没有账号 "+id+"，或已停用。", errors.New("operator "+id+": not on the roster, or taken off it"))
	case role != "" && !slices.Contains(list[i].Roles, role):
		return fault.Tell(op, fault.Input, "账号 "+id+" 不是"+guard.Role(role).Label()+"。", errors.New("operator "+id+": not of the role "+role))
	}
	return nil
}

// answers is fault.Input unless by may answer the request of an operator: at a
// device where one is named, and about cases, in which he had no part.
func (c *Central) answers(ctx context.Context, q querier, by, operator string, device uuid.UUID, cases []uuid.UUID) error {
	who, err := person(ctx, q, by)
	if err != nil {
		return err
	}
	asker, err := person(ctx, q, operator)
	if err != nil {
		return err
	}
	at, err := siteOf(ctx, q, device)
	if err != nil {
		return err
	}
	if asker.Level == guard.PointLevel && device == uuid.Nil {
		at.Point = asker.Org
	}
	sites := []guard.Site{at}
	for _, id := range cases {
		s, err := siteOfCase(ctx, q, id)
		if err != nil {
			return err
		}
		if s.Point != "" {
			sites = append(sites, s)
		}
	}
	for i, s := range sites {
		// A laptop that asks has the case, wherever it was opened.
		if (i == 0 || device == uuid.Nil) && !asker.Within(s) {
			return fault.Tell("central.answers", fault.Input, "账号 "+operator+" 和这台电脑或案件不属于同一个机构，请核对。", errors.New("operator "+operator+": the laptop or case lies in another organisation"))
		}
		if err := mayBy(who, guard.Answers(who, guard.ApproveGrant, asker, s)); err != nil {
			return err
		}
	}
	return c.apart(ctx, q, who, guard.ApproveGrant, cases...)
}

// apart is fault.Input where somebody who would have a word on what others do with
// cases had a part in one of them himself, as far as the cases are here.
func (c *Central) apart(ctx context.Context, q querier, who guard.Operator, v guard.Verb, cases ...uuid.UUID) error {
	for _, id := range cases {
		k, err := c.loadCase(ctx, q, id)
		if err != nil && fault.KindOf(err) != fault.TooLarge {
			return err
		}
		if err := mayBy(who, guard.Apart(who, v, k)); err != nil {
			return err
		}
	}
	return nil
}

// byHeads is fault.Input for a wish of who had a part in the case by the heads of its
// changes alone: that of one which was erased before it was sent, or is too long, is
// not told by apart.
func byHeads(ctx context.Context, q querier, who guard.Operator, id uuid.UUID) error {
	const op = "central.byHeads"
	rows, err := q.QueryContext(ctx, `SELECT kind, bytes FROM changes WHERE case_id = ?`, id.String())
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var b sql.RawBytes
		if err := rows.Scan(&kind, &b); err != nil {
			return diskFault(op, err)
		}
		if !loan.ChangeKind(kind).Part() {
			continue
		}
		ch, err := loan.DecodeChange(b)
		if err != nil {
			return fault.Wrap(op, err)
		}
		if ch.Operator == who.ID {
			return mayBy(who, guard.HadPart(guard.EraseSeason))
		}
	}
	return diskFault(op, rows.Err())
}

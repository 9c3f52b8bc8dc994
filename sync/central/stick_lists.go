package central

import (
	"context"
	"slices"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/sync/stick"
	"github.com/google/uuid"
)

// addLists adds what says which laptops and accounts stand, what was said here of
// emergencies, and which answers took no effect. Levels come before the people, for programs that do not read them in the
// roster.
func (t *taking) addLists(ctx context.Context, w *stick.Writer) error {
	for _, l := range []struct {
		kind bulletin.Kind
		name string
	}{{bulletin.Devices, bulletin.ShutOutName}, {bulletin.Standing, bulletin.StandingName}, {bulletin.Operators, bulletin.OperatorsName}, {bulletin.Reviews, bulletin.ReviewsName},
		{bulletin.Answers, bulletin.AnswersName}} {
		b, err := t.c.BulletinToCarry(ctx, l.kind, l.name)
		if fault.KindOf(err) == fault.Missing {
			continue // nobody ever had a level, nothing was reviewed, or every answer took effect
		}
		if err != nil {
			return err
		}
		if err := w.Add(stick.Bulletin, b); err != nil {
			return err
		}
	}
	return nil
}

// addGrants adds the grants of the laptop, and which were taken back. Those that cannot be
// read here are left out, and told.
func (t *taking) addGrants(ctx context.Context, w *stick.Writer) error {
	list, unread, err := t.c.grantsOf(ctx, t.d)
	if err != nil {
		return err
	}
	t.Unread = unread
	for _, b := range list {
		if err := w.Add(stick.Bulletin, b); err != nil {
			return err
		}
	}
	return nil
}

// grantsOf lists the grants that have not ended and are good at a laptop, and those that
// were taken back, which no longer say where they were good: at most maxListed, of which
// those taken back and then the newest have their place first. Those that cannot be read,
// of which nothing says whose they are, are named.
func (c *Central) grantsOf(ctx context.Context, d *device) (list [][]byte, unread []string, err error) {
	const op = "central.grantsOf"
	rows, err := c.db.QueryContext(ctx, `SELECT name, bytes FROM bulletins WHERE county = ? AND kind = ? AND (expires IS NULL OR expires > ?) ORDER BY withdrawn DESC, version DESC`,
		d.county, string(bulletin.Grant), c.now().UnixMilli())
	if err != nil {
		return nil, nil, diskFault(op, err)
	}
	defer rows.Close()
	for len(list) < maxListed && rows.Next() {
		var name string
		var raw []byte
		if err := rows.Scan(&name, &raw); err != nil {
			return nil, nil, diskFault(op, err)
		}
		mine, err := c.goodAt(d, raw)
		if err != nil {
			c.log.Error("a grant cannot be read and is on no stick", "grant", name, "error", err.Error())
			unread = append(unread, name)
			continue
		}
		if mine {
			list = append(list, raw)
		}
	}
	slices.Reverse(list)
	return list, unread, diskFault(op, rows.Err())
}

// goodAt says whether a grant is good at a laptop, or was taken back.
func (c *Central) goodAt(d *device, raw []byte) (bool, error) {
	const op = "central.goodAt"
	b, err := bulletin.Open(raw, c.authority.Signer().Public(), d.county)
	if err != nil || b.Withdrawn {
		return err == nil, fault.Wrap(op, err)
	}
	g, err := guard.ParseGrant(b.Content)
	return err == nil && (g.Device == uuid.Nil || g.Device == d.id), fault.Wrap(op, err)
}

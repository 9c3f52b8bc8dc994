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

// addLists adds what says which laptops and accounts stand, and what was said here of
// emergencies. Levels come before the people, for programs that do not read them in the
// roster.
func (t *taking) addLists(ctx context.Context, w *stick.Writer) error {
	for _, l := range []struct {
		kind bulletin.Kind
		name string
	}{{bulletin.Devices, bulletin.ShutOutName}, {bulletin.Standing, bulletin.StandingName}, {bulletin.Operators, bulletin.OperatorsName}, {bulletin.Reviews, bulletin.ReviewsName}} {
		b, err := t.c.BulletinToCarry(ctx, l.kind, l.name)
		if fault.KindOf(err) == fault.Missing {
			continue // nobody ever had a level, or nothing was reviewed
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

// addGrants adds the grants of the laptop, and which were taken back.
func (t *taking) addGrants(ctx context.Context, w *stick.Writer) error {
	list, err := t.c.grantsOf(ctx, t.d)
	if err != nil {
		return err
	}
	for _, b := range list {
		if err := w.Add(stick.Bulletin, b); err != nil {
			return err
		}
	}
	return nil
}

// grantsOf lists the grants that have not ended and are good at a laptop, and those that
// were taken back, which no longer say where they were good; the newest maxListed, the
// oldest first.
func (c *Central) grantsOf(ctx context.Context, d *device) ([][]byte, error) {
	const op = "central.grantsOf"
	rows, err := c.db.QueryContext(ctx, `SELECT bytes FROM bulletins WHERE county = ? AND kind = ? AND (expires IS NULL OR expires > ?) ORDER BY version DESC`,
		d.county, string(bulletin.Grant), c.now().UnixMilli())
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out [][]byte
	for len(out) < maxListed && rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, diskFault(op, err)
		}
		b, err := bulletin.Open(raw, c.authority.Signer().Public(), d.county)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if !b.Withdrawn {
			g, err := guard.ParseGrant(b.Content)
			if err != nil {
				return nil, fault.Wrap(op, err)
			}
			if g.Device != uuid.Nil && g.Device != d.id {
				continue
			}
		}
		out = append(out, raw)
	}
	slices.Reverse(out)
	return out, diskFault(op, rows.Err())
}

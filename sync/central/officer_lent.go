package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// lentLife is how long a password that another person set opens the way to one's own.
const lentLife = 24 * time.Hour

// Lent is what is known of a password at the centre that another person set. The
// officer's own takes its place, and what was known of it stays.
type Lent struct {
	By    string    `json:"by"` // operatorCentre where whoever administers the machine set it
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
	Uses  int       `json:"uses"`          // how often somebody signed in with it before
	Used  time.Time `json:"used,omitzero"` // the last time
}

// Over says whether its time is over.
func (l *Lent) Over(now time.Time) bool { return !now.Before(l.Until) }

// Giver says in words who set it.
func (l *Lent) Giver() string {
	if l.By == operatorCentre {
		return "whoever administers the machine"
	}
	return l.By
}

// GiverSaid is Giver in Chinese.
func (l *Lent) GiverSaid() string {
	if l.By == operatorCentre {
		return "县里服务器的管理人"
	}
	return l.By
}

// words say in the chain of what password one's own takes the place.
func (l *Lent) words() string {
	switch {
	case l == nil:
		return ""
	case l.Uses > 0:
		return guard.TemporaryUsed
	}
	return ", of a temporary one"
}

// lentSchema keeps of each temporary password how it was used, also once it was changed.
func lentSchema() []string {
	return []string{`CREATE TABLE IF NOT EXISTS officers_loans (county TEXT NOT NULL, id TEXT NOT NULL, by_id TEXT NOT NULL, at BIGINT NOT NULL,
		uses INTEGER NOT NULL, used BIGINT NOT NULL, changed BIGINT NOT NULL, PRIMARY KEY (county, id))`}
}

// LentTo is what is known of the temporary password that an officer has; nil where it
// is his own.
func (c *Central) LentTo(ctx context.Context, id string) (*Lent, error) { return lentTo(ctx, c.db, id) }

func lentTo(ctx context.Context, q querier, id string) (*Lent, error) {
	var l Lent
	var set, used int64
	err := q.QueryRowContext(ctx, `SELECT l.by_id, o.at, COALESCE(x.uses, 0), COALESCE(x.used, 0) FROM officers_lent l JOIN officers o ON o.county = l.county AND o.id = l.id
		LEFT JOIN officers_loans x ON x.county = l.county AND x.id = l.id WHERE l.id = ?`, id).Scan(&l.By, &set, &l.Uses, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, diskFault("central.lentTo", err)
	}
	l.At = time.UnixMilli(set).UTC()
	l.Until = l.At.Add(lentLife)
	if used != 0 {
		l.Used = time.UnixMilli(used).UTC()
	}
	return &l, nil
}

// lend writes down who set an officer's password; by is empty for his own.
func (c *Central) lend(ctx context.Context, tx *sql.Tx, code, id, by string) error {
	const op = "central.lend"
	now := c.now().UnixMilli()
	if _, err := tx.ExecContext(ctx, `DELETE FROM officers_lent WHERE county = ? AND id = ?`, code, id); err != nil {
		return diskFault(op, err)
	}
	if by == "" {
		_, err := tx.ExecContext(ctx, `UPDATE officers_loans SET changed = ? WHERE county = ? AND id = ? AND changed = 0`, now, code, id)
		return diskFault(op, err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO officers_lent (county, id, by_id) VALUES (?, ?, ?)`, code, id, by); err != nil {
		return diskFault(op, err)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO officers_loans (county, id, by_id, at, uses, used, changed) VALUES (?, ?, ?, ?, 0, 0, 0)
		ON CONFLICT (county, id) DO UPDATE SET by_id = excluded.by_id, at = excluded.at, uses = 0, used = 0, changed = 0`, code, id, by, now)
	return diskFault(op, err)
}

// useLent counts that somebody signed in by a temporary password. fault.Denied where
// its time is over.
func (c *Central) useLent(ctx context.Context, tx *sql.Tx, id string) error {
	const op = "central.useLent"
	l, err := lentTo(ctx, tx, id)
	if err != nil || l == nil {
		return err
	}
	now := c.now()
	if l.Over(now) {
		again := "another data administrator gives a new one: sync officer add --id " + id + " --by ID"
		if l.By == operatorCentre {
			again = "a data administrator gives a new one, or whoever administers the machine with --unproven: sync officer add --id " + id
		}
		return fault.Tell(op, fault.Denied, fmt.Sprintf("临时密码只管 %d 小时，已经过期：请另一位系统数据管理员重设。", int(lentLife.Hours())), fmt.Errorf("the temporary password that %s set on %s was good for %d hours; %s", l.Giver(), guard.RecordTime(l.At), int(lentLife.Hours()), again))
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO officers_loans (county, id, by_id, at, uses, used, changed) SELECT l.county, l.id, l.by_id, o.at, 1, ?, 0
		FROM officers_lent l JOIN officers o ON o.county = l.county AND o.id = l.id WHERE l.id = ?
		ON CONFLICT (county, id) DO UPDATE SET uses = officers_loans.uses + 1, used = excluded.used`, now.UnixMilli(), id)
	return diskFault(op, err)
}

// wasChanged says, to who types a wrong password, that a temporary one is no more: its
// owner who did not change it learns so that another did; in English and in Chinese.
func wasChanged(ctx context.Context, q querier, id string) (words, said string, err error) {
	var by string
	var at, changed int64
	err = q.QueryRowContext(ctx, `SELECT x.by_id, x.at, x.changed FROM officers_loans x JOIN officers o ON o.county = x.county AND o.id = x.id AND o.at = x.changed
		WHERE x.id = ? AND x.changed > 0`, id).Scan(&by, &at, &changed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", diskFault("central.wasChanged", err)
	}
	moment := func(ms int64) string { return guard.RecordTime(time.UnixMilli(ms)) }
	return fmt.Sprintf(". With the temporary one that %s set on %s another password was set on %s (Beijing): if that was not you, tell an auditor", (&Lent{By: by}).Giver(), moment(at), moment(changed)),
		"您的临时密码在 " + moment(changed) + "（北京时间）被换过：不是您本人换的，请告诉审计员。", nil
}

// ownPassword is fault.Denied for a person whose password another set.
func ownPassword(ctx context.Context, q querier, id string) error {
	l, err := lentTo(ctx, q, id)
	if err != nil || l == nil {
		return err
	}
	return fault.Tell("central.ownPassword", fault.Denied, "密码是别人设的临时密码：请先用 sync officer password 换上自己的密码。", &lentRefusal{fmt.Sprintf("the password was set by %s and is temporary: first set one of your own, which nobody else knows: sync officer password --by %s", l.Giver(), id)})
}

// lentRefusal is that nothing is done by a temporary password.
type lentRefusal struct{ words string }

func (r *lentRefusal) Error() string { return r.words }

// byLent names an act that was tried by a temporary password as such.
func byLent(a Act, err error) Act {
	var l *lentRefusal
	if errors.As(err, &l) {
		a.Name += guard.ByTemporary
	}
	return a
}

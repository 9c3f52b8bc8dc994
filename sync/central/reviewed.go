package central

import (
	"context"
	"database/sql"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// reviewedSchema holds who was a reviewer of the roster and is none any more, and the
// whole cases that are not received because whoever a laptop says reviewed them never was.
func reviewedSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS reviewers_was (county TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (county, id))`,
		`CREATE TABLE IF NOT EXISTS unreviewed (case_id TEXT PRIMARY KEY, reviewer TEXT NOT NULL)`,
	}
}

// wasReviewer remembers of a person whose place on the roster is to change that he was a
// reviewer, if he is: what he reviewed until then may come later.
func wasReviewer(ctx context.Context, tx *sql.Tx, county, id string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO reviewers_was (county, id) SELECT county, id FROM operators
		WHERE county = ? AND id = ? AND roles LIKE ? ON CONFLICT DO NOTHING`, county, id, `%"`+string(guard.Reviewer)+`"%`)
	return diskFault("central.wasReviewer", err)
}

// everReviewer says whether somebody is or was a reviewer of the roster, also one who was
// taken off it.
func everReviewer(ctx context.Context, q querier, county, id string) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM operators WHERE county = ? AND id = ? AND roles LIKE ?) +
		(SELECT COUNT(*) FROM reviewers_was WHERE county = ? AND id = ?)`, county, id, `%"`+string(guard.Reviewer)+`"%`, county, id).Scan(&n)
	return n > 0, diskFault("central.everReviewer", err)
}

// reviewed says whether the review on which a whole case rests is of a reviewer of the
// roster, whatever a laptop's roster says; one that is not is set aside: it is not
// received, and the list says why. A centre for practice takes every one.
func (c *Central) reviewed(ctx context.Context, tx *sql.Tx, k *loan.Case) (bool, error) {
	const op = "central.reviewed"
	code, _, practice, err := county(ctx, tx)
	if err != nil {
		return false, err
	}
	is := practice || k.Review == nil
	if !is {
		if is, err = everReviewer(ctx, tx, code, k.Review.By); err != nil {
			return false, err
		}
	}
	if is {
		_, err := tx.ExecContext(ctx, `DELETE FROM unreviewed WHERE case_id = ?`, k.ID.String())
		return true, diskFault(op, err)
	}
	c.log.Warn("a case is set aside: who reviewed it was never a reviewer of the roster", "case", k.ID, "operator", k.Review.By)
	_, err = tx.ExecContext(ctx, `INSERT INTO unreviewed (case_id, reviewer) VALUES (?, ?) ON CONFLICT (case_id) DO UPDATE SET reviewer = excluded.reviewer`,
		k.ID.String(), k.Review.By)
	return false, diskFault(op, err)
}

// receiveReviewed looks again at the cases that were set aside because somebody was no
// reviewer.
func (c *Central) receiveReviewed(ctx context.Context, reviewer string) error {
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		ids, err := idsOf(ctx, tx, `SELECT case_id FROM unreviewed WHERE reviewer = ? ORDER BY case_id`, reviewer)
		if err != nil || len(ids) == 0 {
			return err
		}
		names := make([]string, len(ids))
		for i, id := range ids {
			names[i] = lockCase(id.String())
		}
		if err := c.lock(ctx, tx, names...); err != nil {
			return err
		}
		gone, err := tombs(ctx, tx, ids)
		if err != nil {
			return err
		}
		var alive []uuid.UUID
		for _, id := range ids {
			if !gone[id] {
				alive = append(alive, id)
			}
		}
		return c.refoldAll(ctx, tx, alive, nil, nil)
	})
}

// unreviewed gives, of the cases that are set aside for it, who is said to have reviewed
// them.
func unreviewed(ctx context.Context, q querier) (map[uuid.UUID]string, error) {
	const op = "central.unreviewed"
	rows, err := q.QueryContext(ctx, `SELECT u.case_id, u.reviewer FROM unreviewed u JOIN cases c ON c.id = u.case_id WHERE c.status = ?`, loan.Queued.String())
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := map[uuid.UUID]string{}
	for rows.Next() {
		var s, by string
		if err := rows.Scan(&s, &by); err != nil {
			return nil, diskFault(op, err)
		}
		id, ok := parseID(s)
		if !ok {
			return nil, fault.New(op, fault.Damaged, errors.New("case id"))
		}
		out[id] = by
	}
	return out, diskFault(op, rows.Err())
}

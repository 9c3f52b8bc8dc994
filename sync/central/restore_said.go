package central

import (
	"context"
	"database/sql"
	"time"

	"doorstep/internal/loan"
)

// LastSaid is when the centre last did or sent down anything, as far as is known here: what
// it did later is not in a backup that was put back. Zero where it never did.
func (c *Central) LastSaid(ctx context.Context) (time.Time, error) {
	const op = "central.LastSaid"
	var issued sql.NullInt64
	if err := c.db.QueryRowContext(ctx, `SELECT MAX(issued) FROM bulletins`).Scan(&issued); err != nil {
		return time.Time{}, diskFault(op, err)
	}
	var last time.Time
	if issued.Valid {
		last = time.UnixMilli(issued.Int64).UTC()
	}
	rows, err := c.db.QueryContext(ctx, `SELECT c.bytes FROM changes c JOIN (SELECT device, MAX(counter) AS counter FROM changes WHERE device IN (SELECT id FROM centres) GROUP BY device) m
		ON m.device = c.device AND m.counter = c.counter`)
	if err != nil {
		return time.Time{}, diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return time.Time{}, diskFault(op, err)
		}
		if ch, err := loan.DecodeChange(b); err == nil && ch.At.After(last) {
			last = ch.At
		}
	}
	return last, diskFault(op, rows.Err())
}

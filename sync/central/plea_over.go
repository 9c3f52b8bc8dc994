package central

import (
	"context"
	"database/sql"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"github.com/google/uuid"
)

// overSchema holds which requests for grants the centre heard of and let go as their time
// was over: the code that is read out does not say when it was made.
func overSchema() []string {
	return []string{`CREATE TABLE IF NOT EXISTS pleas_over (device TEXT NOT NULL, ask TEXT NOT NULL, PRIMARY KEY (device, ask))`}
}

// forgetOver lets the requests go whose time is over, answered or not, but for that they were.
func (c *Central) forgetOver(ctx context.Context, tx *sql.Tx) error {
	const op = "central.forgetOver"
	began := c.now().Add(-guard.WaitFor).UnixMilli()
	if _, err := tx.ExecContext(ctx, `INSERT INTO pleas_over (device, ask) SELECT device, ask FROM pleas WHERE at < ? ON CONFLICT DO NOTHING`, began); err != nil {
		return diskFault(op, err)
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM pleas WHERE at < ?`, began)
	return diskFault(op, err)
}

// inTime is fault.Missing for a request of which the centre heard longer ago than it waits.
// One of which it never heard may be as old.
func (c *Central) inTime(ctx context.Context, q querier, device uuid.UUID, ask string) error {
	const op = "central.inTime"
	var n int
	if err := q.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM pleas_over WHERE device = ? AND ask = ?) + (SELECT COUNT(*) FROM pleas WHERE device = ? AND ask = ? AND at < ?)`,
		device.String(), ask, device.String(), ask, c.now().Add(-guard.WaitFor).UnixMilli()).Scan(&n); err != nil {
		return diskFault(op, err)
	}
	if n == 0 {
		return nil
	}
	return fault.Tell(op, fault.Missing, "这份申请已超过 72 小时，不能再答复。仍有需要的，请申请人重新申请。", errors.New("the request is over; who needs it asks anew"))
}

package central

import (
	"context"
	"database/sql"
	"errors"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// centres are the ids under which this centre has written, now among them.
func centres(ctx context.Context, tx *sql.Tx, now uuid.UUID) (map[uuid.UUID]bool, error) {
	const op = "central.centres"
	if _, err := tx.ExecContext(ctx, `INSERT INTO centres (id) VALUES (?) ON CONFLICT DO NOTHING`, now.String()); err != nil {
		return nil, diskFault(op, err)
	}
	rows, err := tx.QueryContext(ctx, `SELECT id FROM centres`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := map[uuid.UUID]bool{}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, diskFault(op, err)
		}
		id, ok := parseID(s)
		if !ok {
			return nil, fault.New(op, fault.Damaged, errors.New("id"))
		}
		out[id] = true
	}
	return out, diskFault(op, rows.Err())
}

// Restored says that the folder came out of a backup: a new epoch begins, in
// which laptops send what the backup lacks, and the centre writes a new chain,
// for laptops may know more of the old one than the backup does. The centre
// must be opened anew afterwards.
func (c *Central) Restored(ctx context.Context) error {
	const op = "central.Restored"
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, name := range []string{"centre", "epoch"} {
			if _, err := tx.ExecContext(ctx, `UPDATE meta SET value = ? WHERE name = ?`, uuid.Must(uuid.NewV7()).String(), name); err != nil {
				return diskFault(op, err)
			}
		}
		return nil
	})
}

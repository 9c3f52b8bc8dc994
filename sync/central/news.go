package central

import (
	"context"
	"database/sql"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// announce puts a change into the news of the laptops that work on its case.
func (c *Central) announce(ctx context.Context, tx *sql.Tx, ch *loan.Change) error {
	const op = "central.announce"
	rows, err := tx.QueryContext(ctx, `SELECT device FROM case_devices WHERE case_id = ? ORDER BY device`, ch.Case.String())
	if err != nil {
		return diskFault(op, err)
	}
	var to []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			rows.Close()
			return diskFault(op, err)
		}
		to = append(to, id)
	}
	if err := rows.Err(); err != nil {
		return diskFault(op, err)
	}
	for _, id := range to {
		// The number is taken from the device's row, so that numbers become
		// visible in their order however many servers there are.
		var seq int64
		if err := tx.QueryRowContext(ctx, `UPDATE devices SET news = news + 1 WHERE id = ? RETURNING news`, id).Scan(&seq); err != nil {
			return diskFault(op, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO news (device, seq, of_device, counter) VALUES (?, ?, ?, ?)`,
			id, seq, ch.Device.String(), int64(ch.Counter)); err != nil {
			return diskFault(op, err)
		}
	}
	return nil
}

const (
	newsCount = 256
	newsBytes = parcel.MaxPlain / 4
)

// news gives a laptop what is behind a number. A number the centre never gave
// out counts as the last one it did: the laptop sees it in After, and starts
// anew.
func (c *Central) news(ctx context.Context, d *device, after uint64) ([]byte, error) {
	const op = "central.news"
	var last int64
	if err := c.db.QueryRowContext(ctx, `SELECT news FROM devices WHERE id = ?`, d.id.String()).Scan(&last); err != nil {
		return nil, diskFault(op, err)
	}
	is, err := c.know(ctx, c.db)
	if err != nil {
		return nil, err
	}
	n := &parcel.News{Centre: is.centre, Epoch: is.epoch, Device: d.id, After: min(after, uint64(last))}
	n.Through = n.After
	rows, err := c.db.QueryContext(ctx, `SELECT n.seq, c.bytes FROM news n JOIN changes c ON c.device = n.of_device AND c.counter = n.counter
		WHERE n.device = ? AND n.seq > ? ORDER BY n.seq`, d.id.String(), int64(n.After))
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	for size := 0; rows.Next(); {
		var seq int64
		var b sql.RawBytes
		if err := rows.Scan(&seq, &b); err != nil {
			return nil, diskFault(op, err)
		}
		if size += len(b); len(n.Changes) == newsCount || size > newsBytes && len(n.Changes) > 0 {
			n.More = true
			break
		}
		ch, err := loan.DecodeChange(b)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		n.Changes = append(n.Changes, ch)
		n.Through = uint64(seq)
	}
	if err := rows.Err(); err != nil {
		return nil, diskFault(op, err)
	}
	out, err := n.Sign(c.authority.Signer())
	return out, fault.Wrap(op, err)
}

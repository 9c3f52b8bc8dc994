package central

import (
	"context"
	"database/sql"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// tell puts what a laptop wrote into the news of the others that work on its
// cases, and into the laptop's what they wrote to those that it joined. All news
// are numbered under the lock of the centre's word, so that none is missed by a
// laptop that joins meanwhile. The cases are locked.
func (c *Central) tell(ctx context.Context, tx *sql.Tx, d *device, changes []*loan.Change, joined map[uuid.UUID]bool) error {
	const op = "central.tell"
	others := map[uuid.UUID]bool{}
	for id := range joined {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM case_devices WHERE case_id = ? AND device <> ?`, id.String(), d.id.String()).Scan(&n); err != nil {
			return diskFault(op, err)
		}
		if n > 0 {
			others[id] = true
		}
	}
	if len(others) == 0 {
		return nil
	}
	if err := c.lock(ctx, tx, lockAuthor); err != nil {
		return err
	}
	is, err := c.know(ctx, tx)
	if err != nil {
		return err
	}
	for _, ch := range changes {
		if !others[ch.Case] || is.feigned(ch.Kind, ch.Device) {
			continue
		}
		if err := c.announce(ctx, tx, ch); err != nil {
			return err
		}
	}
	for _, id := range sortedIDs(others) {
		if !joined[id] {
			continue
		}
		if err := catchUp(ctx, tx, is, id, d.id.String()); err != nil {
			return err
		}
	}
	return nil
}

// announce puts a change into the news of the laptops that work on its case, but
// for its author's.
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
		if id == ch.Device.String() {
			continue
		}
		if err := addNews(ctx, tx, id, ch.Device.String(), int64(ch.Counter)); err != nil {
			return err
		}
	}
	return nil
}

// addNews puts a change into the news of one laptop.
func addNews(ctx context.Context, tx *sql.Tx, to, device string, counter int64) error {
	const op = "central.addNews"
	// The number is taken from the device's row, so that numbers become
	// visible in their order however many servers there are.
	var seq int64
	if err := tx.QueryRowContext(ctx, `UPDATE devices SET news = news + 1 WHERE id = ? RETURNING news`, to).Scan(&seq); err != nil {
		return diskFault(op, err)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO news (device, seq, of_device, counter) VALUES (?, ?, ?, ?)`, to, seq, device, counter)
	return diskFault(op, err)
}

// catchUp puts what others wrote to a case into the news of a laptop that is
// new to it: where two desks have one case, each gets what the other writes.
func catchUp(ctx context.Context, tx *sql.Tx, is *identity, id uuid.UUID, device string) error {
	const op = "central.catchUp"
	rows, err := tx.QueryContext(ctx, `SELECT device, counter, kind FROM changes WHERE case_id = ? AND device <> ? ORDER BY device, counter`, id.String(), device)
	if err != nil {
		return diskFault(op, err)
	}
	type place struct {
		device  string
		counter int64
	}
	var all []place
	for rows.Next() {
		var p place
		var kind string
		if err := rows.Scan(&p.device, &p.counter, &kind); err != nil {
			rows.Close()
			return diskFault(op, err)
		}
		by, _ := parseID(p.device)
		if k := loan.ChangeKind(kind); !k.View() && !is.feigned(k, by) {
			all = append(all, p)
		}
	}
	if err := rows.Err(); err != nil {
		return diskFault(op, err)
	}
	for _, p := range all {
		if err := addNews(ctx, tx, device, p.device, p.counter); err != nil {
			return err
		}
	}
	return nil
}

// Hear is how many laptops that are not shut out hear what is said of a case.
func (c *Central) Hear(ctx context.Context, id uuid.UUID) (n int, err error) {
	err = c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM case_devices k JOIN devices d ON d.id = k.device WHERE k.case_id = ? AND d.revoked IS NULL`, id.String()).Scan(&n)
	return n, diskFault("central.Hear", err)
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

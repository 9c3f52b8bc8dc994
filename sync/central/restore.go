package central

import (
	"context"
	"database/sql"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// identity is who the centre is: a restore makes it another.
type identity struct {
	centre, epoch uuid.UUID
	centres       map[uuid.UUID]bool // centre, and those before a restore
}

func (c *Central) is() *identity { return c.self.Load() }

// know is who the centre is now: another server may have learnt that it was
// set back.
func (c *Central) know(ctx context.Context, q querier) (*identity, error) {
	const op = "central.know"
	have := c.is()
	if !c.shared || have == nil {
		return have, nil
	}
	rows, err := q.QueryContext(ctx, `SELECT name, value FROM meta WHERE name IN ('centre', 'epoch')`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	is := &identity{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, diskFault(op, err)
		}
		id, ok := parseID(value)
		if !ok {
			return nil, fault.New(op, fault.Damaged, errors.New(name))
		}
		if name == "centre" {
			is.centre = id
		} else {
			is.epoch = id
		}
	}
	if err := rows.Err(); err != nil {
		return nil, diskFault(op, err)
	}
	if is.centre == have.centre && is.epoch == have.epoch {
		return have, nil
	}
	if is.centres, err = formerCentres(ctx, q); err != nil {
		return nil, err
	}
	c.self.Store(is)
	return is, nil
}

func readIdentity(ctx context.Context, tx *sql.Tx) (is *identity, err error) {
	is = &identity{}
	if is.centre, err = metaID(ctx, tx, "centre"); err != nil {
		return nil, err
	}
	if is.epoch, err = metaID(ctx, tx, "epoch"); err != nil {
		return nil, err
	}
	is.centres, err = centres(ctx, tx, is.centre)
	return is, err
}

// centres are the ids under which this centre has written, now among them.
func centres(ctx context.Context, tx *sql.Tx, now uuid.UUID) (map[uuid.UUID]bool, error) {
	const op = "central.centres"
	if _, err := tx.ExecContext(ctx, `INSERT INTO centres (id) VALUES (?) ON CONFLICT DO NOTHING`, now.String()); err != nil {
		return nil, diskFault(op, err)
	}
	return formerCentres(ctx, tx)
}

func formerCentres(ctx context.Context, q querier) (map[uuid.UUID]bool, error) {
	const op = "central.formerCentres"
	rows, err := q.QueryContext(ctx, `SELECT id FROM centres`)
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
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := c.lock(ctx, tx, lockAuthor); err != nil {
			return err
		}
		if err := newIdentity(ctx, tx); err != nil {
			return err
		}
		_, err := readIdentity(ctx, tx)
		return err
	})
}

// retellErased says of erased cases that they are erased where the centre has not
// said so under the name that it has now: laptops take that word from no other, and
// one that missed it before a restore would keep its copy.
func (c *Central) retellErased(ctx context.Context, tx *sql.Tx) error {
	const op = "central.retellErased"
	if err := c.lock(ctx, tx, lockAuthor); err != nil {
		return err
	}
	is, err := c.know(ctx, tx)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `SELECT e.case_id, e.operator, e.reason FROM erased e WHERE NOT EXISTS
		(SELECT 1 FROM changes c WHERE c.case_id = e.case_id AND c.kind = ? AND c.device = ?) ORDER BY e.at, e.case_id`, string(loan.ChangeErase), is.centre.String())
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	var all []wish
	for rows.Next() {
		var w wish
		var id string
		if err := rows.Scan(&id, &w.operator, &w.reason); err != nil {
			return diskFault(op, err)
		}
		w.id, _ = parseID(id)
		all = append(all, w)
	}
	if err := rows.Err(); err != nil {
		return diskFault(op, err)
	}
	for _, w := range all {
		seen, err := c.firstSeen(ctx, tx, w.id)
		if err != nil {
			return err
		}
		if err := c.sayErased(ctx, tx, w, seen); err != nil {
			return err
		}
	}
	return nil
}

func newIdentity(ctx context.Context, tx *sql.Tx) error {
	for _, name := range []string{"centre", "epoch"} {
		if err := setMeta(ctx, tx, name); err != nil {
			return err
		}
	}
	return nil
}

// setMeta puts a new id in the place of one.
func setMeta(ctx context.Context, tx *sql.Tx, name string) error {
	_, err := tx.ExecContext(ctx, `UPDATE meta SET value = ? WHERE name = ?`, uuid.Must(uuid.NewV7()).String(), name)
	return diskFault("central.setMeta", err)
}

// setBack is Restored for a centre that nobody told: a laptop shows a receipt
// that this centre signed in this epoch, for more of its chain than is held now
// or for a blob that is not. Other receipts say nothing, and are passed over.
func (c *Central) setBack(ctx context.Context, d *device, proof []byte) error {
	const op = "central.setBack"
	r, err := parcel.OpenReceipt(proof, c.authority.Signer().Public())
	if err != nil || r.Device != d.id {
		return fault.New(op, fault.Input, errors.New("no receipt of this centre for this device"))
	}
	more, err := c.saysMore(ctx, d, r)
	if err != nil || !more {
		return err
	}
	var is, now *identity
	err = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		is = nil
		if err := c.lock(ctx, tx, lockAuthor); err != nil {
			return err
		}
		if now, err = c.know(ctx, tx); err != nil || r.Centre != now.centre || r.Epoch != now.epoch {
			return err // another laptop said so meanwhile
		}
		if err := newIdentity(ctx, tx); err != nil {
			return err
		}
		if is, err = readIdentity(ctx, tx); err != nil {
			return err
		}
		if !c.shared {
			c.self.Store(is) // what is written behind it must not be under the old name
		}
		return c.retellErased(ctx, tx)
	})
	if is == nil {
		return err
	}
	if err != nil {
		c.self.Store(now)
		return err
	}
	c.log.Warn("this centre was set back: a new epoch begins", "device", d.id, "epoch", is.epoch)
	return nil
}

// saysMore says whether a receipt of this centre and this epoch names anything
// that is not held now.
func (c *Central) saysMore(ctx context.Context, d *device, r *parcel.Receipt) (bool, error) {
	is, err := c.know(ctx, c.db)
	if err != nil || r.Device != d.id || r.Centre != is.centre || r.Epoch != is.epoch {
		return false, err
	}
	through, _, err := chainOf(ctx, c.db, d.id)
	if err != nil || r.Through > through {
		return err == nil, err
	}
	key, err := c.countyKey(d.county)
	if err != nil {
		return false, err
	}
	for _, h := range r.Blobs {
		held, err := c.held(ctx, d.county, h, key)
		if err == nil && !held { // what went at a person's wish was not lost
			held, err = c.erasedName(ctx, d.county, h)
		}
		if err != nil || !held {
			return err == nil, err
		}
	}
	return false, nil
}

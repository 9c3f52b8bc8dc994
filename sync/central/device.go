package central

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// Clone says that two machines used one device's identity: parcels of one of
// them were refused, and are kept.
type Clone struct {
	Parcels int       `json:"parcels"`
	First   uint64    `json:"first"` // numbers of the chain that they were about
	Last    uint64    `json:"last"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"` // when the last of them came
}

// shutDevice writes down that a device is shut out from now on, and issues the list of
// those anew, for roads that do not lead through the centre.
func (c *Central) shutDevice(ctx context.Context, tx *sql.Tx, id uuid.UUID, lost bool) error {
	const op = "central.shutDevice"
	if err := admitted(ctx, tx, id); err != nil {
		return err
	}
	now := c.now().UnixMilli()
	r, err := tx.ExecContext(ctx, `UPDATE devices SET revoked = ? WHERE id = ? AND revoked IS NULL`, now, id.String())
	if err != nil {
		return diskFault(op, err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return diskFault(op, err)
	}
	if n == 0 && !lost {
		return fault.Tell(op, fault.Missing, "这台电脑已经停用。", errors.New("revoked already"))
	}
	if lost {
		if _, err := tx.ExecContext(ctx, `INSERT INTO devices_lost (device, at) VALUES (?, ?) ON CONFLICT DO NOTHING`, id.String(), now); err != nil {
			return diskFault(op, err)
		}
	}
	return c.issueShutOut(ctx, tx)
}

// Lose locks a device out for good that was reported lost or stolen, and says
// what arrived from it. It may be said again. fault.Missing when there is no
// such device.
func (c *Central) Lose(ctx context.Context, id uuid.UUID) (*Report, error) {
	err := c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.shutDevice(ctx, tx, id, true) })
	if err != nil {
		return nil, err
	}
	return c.Report(ctx, id)
}

// Admit lets a device in again that was revoked, or reported lost and found:
// what waited on it flows. fault.Missing when it was not shut out.
func (c *Central) Admit(ctx context.Context, id uuid.UUID) error {
	const op = "central.Admit"
	return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE devices SET revoked = NULL WHERE id = ? AND revoked IS NOT NULL`, id.String())
		if err != nil {
			return diskFault(op, err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(diskFault(op, err), fault.Tell(op, fault.Missing, "没有这台电脑，或它没有停用：用 sync device list 核对。", errors.New("no such device, or not shut out")))
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM devices_lost WHERE device = ?`, id.String()); err != nil {
			return diskFault(op, err)
		}
		return c.issueShutOut(ctx, tx)
	})
}

func (c *Central) issueShutOut(ctx context.Context, tx *sql.Tx) error {
	list, err := shutOut(ctx, tx)
	if err != nil {
		return err
	}
	_, err = c.issue(ctx, tx, issuance{kind: bulletin.Devices, name: bulletin.ShutOutName, content: bulletin.EncodeDevices(list), entries: len(list)})
	return err
}

func shutOut(ctx context.Context, q querier) ([]bulletin.ShutOut, error) {
	const op = "central.shutOut"
	rows, err := q.QueryContext(ctx, `SELECT d.id, d.revoked, (SELECT COUNT(*) FROM devices_lost l WHERE l.device = d.id)
		FROM devices d WHERE d.revoked IS NOT NULL ORDER BY d.id`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []bulletin.ShutOut
	for rows.Next() {
		var s string
		var at int64
		var lost int
		if err := rows.Scan(&s, &at, &lost); err != nil {
			return nil, diskFault(op, err)
		}
		id, ok := parseID(s)
		if !ok {
			return nil, fault.New(op, fault.Damaged, errors.New("device id"))
		}
		out = append(out, bulletin.ShutOut{Device: id, At: time.UnixMilli(at).UTC(), Lost: lost > 0})
	}
	return out, diskFault(op, rows.Err())
}

// SettleClone says that a person dealt with a device of which two machines were
// at work: the list names it no more until another parcel is refused. What was
// refused is kept. fault.Missing when none was.
func (c *Central) SettleClone(ctx context.Context, id uuid.UUID) error {
	const op = "central.SettleClone"
	return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		k, err := cloneOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if k == nil {
			return fault.Tell(op, fault.Missing, "这台电脑没有待了结的问题，或已经了结。", errors.New("nothing of this device was refused as a clone's, or it is settled"))
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO clones_settled (device, at) VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET at = excluded.at`,
			id.String(), c.now().UnixMilli())
		return diskFault(op, err)
	})
}

// cloneOf is what was refused of a device since it was settled; nil for nothing.
func cloneOf(ctx context.Context, q querier, id uuid.UUID) (*Clone, error) {
	const op = "central.cloneOf"
	var k Clone
	var first, last, since, until sql.NullInt64
	err := q.QueryRowContext(ctx, `SELECT COUNT(*), MIN(first), MAX(last), MIN(at), MAX(at) FROM refused WHERE device = ? AND reason = 'clone'
		AND at > COALESCE((SELECT s.at FROM clones_settled s WHERE s.device = refused.device), -1)`, id.String()).Scan(&k.Parcels, &first, &last, &since, &until)
	if err != nil {
		return nil, diskFault(op, err)
	}
	if k.Parcels == 0 {
		return nil, nil
	}
	k.First, k.Last = uint64(first.Int64), uint64(last.Int64)
	k.Since, k.Until = time.UnixMilli(since.Int64).UTC(), time.UnixMilli(until.Int64).UTC()
	return &k, nil
}

// Report is what arrived from one device, and what it said still waited.
type Report struct {
	HeldDevice
	Held []Held `json:"held"` // cases it wrote to
}

// Report tells what arrived from a device. fault.Missing when there is none.
func (c *Central) Report(ctx context.Context, id uuid.UUID) (*Report, error) {
	const op = "central.Report"
	h, err := c.List(ctx)
	if err != nil {
		return nil, err
	}
	mine, err := idsOf(ctx, c.db, `SELECT case_id FROM case_devices WHERE device = ? ORDER BY case_id`, id.String())
	if err != nil {
		return nil, err
	}
	own := map[uuid.UUID]bool{}
	for _, k := range mine {
		own[k] = true
	}
	for _, d := range h.Devices {
		if d.ID != id {
			continue
		}
		r := &Report{HeldDevice: d, Held: []Held{}}
		for _, k := range h.Cases {
			if own[k.ID] {
				r.Held = append(r.Held, k)
			}
		}
		return r, nil
	}
	return nil, fault.Tell(op, fault.Missing, "没有这台电脑：用 sync device list 核对编号。", errors.New("no such device"))
}

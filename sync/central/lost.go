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

// declareLost writes down that a device declared counters of its chain lost. A
// range that does not begin where the chain held here ends is not taken: the
// device does not know yet what is held, and is to ask first.
func (c *Central) declareLost(ctx context.Context, tx *sql.Tx, p *parcel.Parcel, through uint64) error {
	const op = "central.declareLost"
	if p.Lost != through+1 {
		return &problem{code: parcel.CodeGap, through: through, err: fault.New(op, fault.Conflict, nil)}
	}
	if err := knownOrLost(ctx, tx, p); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO lost (device, first, last, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		p.Device.String(), int64(p.Lost), int64(p.First-1), c.now().UnixMilli())
	return diskFault(op, err)
}

// knownOrLost refuses a piece behind a loss that does not lead on this chain. A
// new era leads on from a change that the device knew, and so sent before, or
// from none; what stands behind a hole leads on from one that may be lost.
func knownOrLost(ctx context.Context, tx *sql.Tx, p *parcel.Parcel) error {
	const op = "central.knownOrLost"
	era := p.Changes[0].Kind == loan.ChangeRestore || p.Changes[0].Kind == loan.ChangeRepair
	switch {
	case p.Prev.Zero() && !era:
		return problemOf(op, fault.Refused, parcel.CodeClone)
	case p.Prev.Zero() || !era:
		return nil
	}
	var n int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM changes WHERE device = ? AND header = ?`, p.Device.String(), p.Prev[:]).Scan(&n)
	if err != nil {
		return diskFault(op, err)
	}
	if n == 0 {
		return problemOf(op, fault.Refused, parcel.CodeClone)
	}
	return nil
}

// lostOf lists the counters of a device's chain that were declared lost, less
// what came since.
func lostOf(ctx context.Context, q querier, device uuid.UUID) ([]loan.Range, error) {
	const op = "central.lostOf"
	rows, err := q.QueryContext(ctx, `SELECT first, last FROM lost WHERE device = ? ORDER BY first`, device.String())
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []loan.Range
	for rows.Next() {
		var first, last int64
		if err := rows.Scan(&first, &last); err != nil {
			return nil, diskFault(op, err)
		}
		out = append(out, loan.Range{From: uint64(first), To: uint64(last)})
	}
	return out, diskFault(op, rows.Err())
}

// found takes a counter out of what was declared lost.
func found(ctx context.Context, tx *sql.Tx, device uuid.UUID, n uint64) error {
	const op = "central.found"
	var first, last, at int64
	err := tx.QueryRowContext(ctx, `SELECT first, last, at FROM lost WHERE device = ? AND first <= ? AND last >= ?`,
		device.String(), int64(n), int64(n)).Scan(&first, &last, &at)
	if err != nil {
		return diskFault(op, err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM lost WHERE device = ? AND first = ?`, device.String(), first); err != nil {
		return diskFault(op, err)
	}
	for _, r := range [][2]int64{{first, int64(n) - 1}, {int64(n) + 1, last}} {
		if r[0] > r[1] {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO lost (device, first, last, at) VALUES (?, ?, ?, ?)`,
			device.String(), r[0], r[1], at); err != nil {
			return diskFault(op, err)
		}
	}
	return nil
}

// lacked gives the places in the parcel of what is not held of it up to
// through. Each must have been declared lost, and fit its neighbours in the
// chain where they are held; one that is held must be the same.
func lacked(ctx context.Context, tx *sql.Tx, p *parcel.Parcel, through uint64) ([]int, error) {
	const op = "central.lacked"
	if p.First > through {
		return nil, nil
	}
	held, err := headersAround(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	lost, err := lostOf(ctx, tx, p.Device)
	if err != nil {
		return nil, err
	}
	var out []int
	for i, ch := range p.Changes {
		if ch.Counter > through {
			break
		}
		if h, ok := held[ch.Counter]; ok {
			if h != p.Hashes[i] {
				return nil, problemOf(op, fault.Refused, parcel.CodeClone)
			}
			continue
		}
		if !within(lost, ch.Counter) {
			return nil, fault.New(op, fault.Damaged, errors.New("changes are missing from a chain"))
		}
		if h, ok := held[ch.Counter-1]; ok && h != ch.Prev {
			return nil, problemOf(op, fault.Refused, parcel.CodeClone)
		}
		out = append(out, i)
	}
	if n := len(out); n > 0 && out[n-1] == len(p.Changes)-1 {
		return out, leadsOn(ctx, tx, p)
	}
	return out, nil
}

func within(rs []loan.Range, n uint64) bool {
	for _, r := range rs {
		if r.From <= n && n <= r.To {
			return true
		}
	}
	return false
}

// headersAround reads the header hashes of what is held of a parcel, and of the
// change in front of it.
func headersAround(ctx context.Context, tx *sql.Tx, p *parcel.Parcel) (map[uint64]loan.Hash, error) {
	const op = "central.headersAround"
	rows, err := tx.QueryContext(ctx, `SELECT counter, header FROM changes WHERE device = ? AND counter BETWEEN ? AND ?`,
		p.Device.String(), int64(p.First)-1, int64(p.Last))
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := map[uint64]loan.Hash{}
	for rows.Next() {
		var n int64
		var b []byte
		if err := rows.Scan(&n, &b); err != nil {
			return nil, diskFault(op, err)
		}
		var h loan.Hash
		copy(h[:], b)
		out[uint64(n)] = h
	}
	return out, diskFault(op, rows.Err())
}

// leadsOn demands that the change behind a found piece, where it is held and
// leads on from its neighbour, leads on from this one.
func leadsOn(ctx context.Context, tx *sql.Tx, p *parcel.Parcel) error {
	const op = "central.leadsOn"
	var b []byte
	err := tx.QueryRowContext(ctx, `SELECT bytes FROM changes WHERE device = ? AND counter = ?`, p.Device.String(), int64(p.Last)+1).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return diskFault(op, err)
	}
	next, err := loan.DecodeChange(b)
	if err != nil {
		return fault.Wrap(op, err)
	}
	era := next.Kind == loan.ChangeRestore || next.Kind == loan.ChangeRepair
	if next.Prev != p.Chain && !era {
		return problemOf(op, fault.Refused, parcel.CodeClone)
	}
	return nil
}

package central

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Limits of signals.
const (
	signalFor    = time.Minute      // an unread one is kept
	signalWait   = 25 * time.Second // before an empty answer
	signalLook   = time.Second      // at what came to other servers
	listedFor    = 3 * time.Minute  // after a listener's last question
	maxWaiting   = 64               // signals for one device
	maxOfOne     = 8                // and among them those of one sender
	peersAtOnce  = 500
	signalsBytes = 512 << 10 // in one answer
)

// postSignal puts a message down for another laptop of the county.
func (c *Central) postSignal(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.postSignal"
	if err := c.board.allow(d.id, sends); err != nil {
		return err
	}
	to, ok := parseID(r.PathValue("device"))
	if !ok || to == d.id {
		return fault.New(op, fault.Input, errors.New("device"))
	}
	b, err := body(r, parcel.TypeChunk, parcel.MaxSignal)
	if err != nil {
		return err
	}
	if len(b) == 0 {
		return fault.New(op, fault.Input, errors.New("nothing"))
	}
	if err := c.reaches(r.Context(), d, to); err != nil {
		return err
	}
	now := c.now()
	err = c.commits.do(r.Context(), func(ctx context.Context, tx *sql.Tx) error {
		if err := c.lock(ctx, tx, lockMeet); err != nil {
			return err
		}
		return putSignal(ctx, tx, d.id, to, b, now)
	})
	if err != nil {
		return err
	}
	c.board.wake(to)
	sendStatus(w, http.StatusNoContent)
	return nil
}

// reaches is fault.Missing unless the other device is of the same county and
// not revoked.
func (c *Central) reaches(ctx context.Context, d *device, other uuid.UUID) error {
	const op = "central.reaches"
	o, err := c.device(ctx, other.String())
	switch {
	case fault.KindOf(err) == fault.Denied, err == nil && o.county != d.county:
		return fault.New(op, fault.Missing, errors.New("no such device"))
	}
	return fault.Wrap(op, err)
}

func putSignal(ctx context.Context, tx *sql.Tx, from, to uuid.UUID, b []byte, now time.Time) error {
	const op = "central.putSignal"
	for _, table := range []string{"signals", "listeners", "relays"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE expires <= ?`, now.UnixMilli()); err != nil {
			return diskFault(op, err)
		}
	}
	var all, his int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM signals WHERE to_device = ?`, to.String()).Scan(&all); err != nil {
		return diskFault(op, err)
	}
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM signals WHERE to_device = ? AND from_device = ?`, to.String(), from.String()).Scan(&his); err != nil {
		return diskFault(op, err)
	}
	if all >= maxWaiting || his >= maxOfOne {
		return problemOf(op, fault.Busy, parcel.CodeBusy)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO signals (id, to_device, from_device, body, sent, expires) VALUES (?, ?, ?, ?, ?, ?)`,
		uuid.Must(uuid.NewV7()).String(), to.String(), from.String(), b, now.UnixMilli(), now.Add(signalFor).UnixMilli())
	return diskFault(op, err)
}

// askSignals gives what waits for the laptop, or waits for it.
func (c *Central) askSignals(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.askSignals"
	if err := c.board.allow(d.id, asks); err != nil {
		return err
	}
	var q parcel.SignalQuestion
	if err := jsonBody(r, &q); err != nil {
		return err
	}
	if len(q.Done) > parcel.MaxDone {
		return fault.New(op, fault.TooLarge, nil)
	}
	if err := c.heedQuestion(r.Context(), d, q); err != nil {
		return err
	}
	done, ok := c.board.begin()
	if !ok {
		return problemOf(op, fault.Busy, parcel.CodeBusy)
	}
	defer done()
	var out []parcel.Signal
	var err error
	c.aside(r.Context(), func(ctx context.Context) { out, err = c.await(ctx, d) })
	if err != nil && r.Context().Err() != nil {
		return nil // who asked has gone; that is how a question ends
	}
	if err != nil {
		return err
	}
	return sendJSON(w, parcel.SignalAnswer{Signals: out})
}

// heedQuestion drops what is done, and lists who listens.
func (c *Central) heedQuestion(ctx context.Context, d *device, q parcel.SignalQuestion) error {
	const op = "central.heedQuestion"
	now := c.now()
	list := q.Listen && c.board.list(d.id, now)
	if len(q.Done) == 0 && !list {
		return nil
	}
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, id := range q.Done {
			if _, err := tx.ExecContext(ctx, `DELETE FROM signals WHERE id = ? AND to_device = ?`, id, d.id.String()); err != nil {
				return diskFault(op, err)
			}
		}
		if !list {
			return nil
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO listeners (device, expires) VALUES (?, ?)
			ON CONFLICT (device) DO UPDATE SET expires = excluded.expires`, d.id.String(), now.Add(listedFor).UnixMilli())
		return diskFault(op, err)
	})
}

// lookRound wakes the devices for which a signal came to another server. Of
// all who wait one at a time looks for all.
func (c *Central) lookRound(ctx context.Context) error {
	const op = "central.lookRound"
	if !c.board.looks(time.Now()) {
		return nil
	}
	rows, err := c.db.QueryContext(ctx, `SELECT DISTINCT to_device FROM signals WHERE expires > ?`, c.now().UnixMilli())
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var to string
		if err := rows.Scan(&to); err != nil {
			return diskFault(op, err)
		}
		if id, ok := parseID(to); ok {
			c.board.wake(id)
		}
	}
	return diskFault(op, rows.Err())
}

// await gives the signals for a device as soon as there are any; none when
// the time is over, another question came, or the server ends.
func (c *Central) await(ctx context.Context, d *device) ([]parcel.Signal, error) {
	w, leave := c.board.await(d.id)
	defer leave()
	end, look := time.NewTimer(signalWait), time.NewTicker(signalLook)
	defer end.Stop()
	defer look.Stop()
	for {
		select {
		case <-w.woken:
			out, err := c.signals(ctx, d)
			if err != nil || len(out) > 0 {
				return out, err
			}
		case <-look.C:
			if err := c.lookRound(ctx); err != nil {
				return nil, err
			}
			continue
		case <-end.C:
			return []parcel.Signal{}, nil
		case <-w.over:
			return []parcel.Signal{}, nil
		case <-c.board.quit:
			return []parcel.Signal{}, nil
		case <-ctx.Done():
			return nil, fault.New("central.await", fault.Cancelled, ctx.Err())
		}
	}
}

func (c *Central) signals(ctx context.Context, d *device) ([]parcel.Signal, error) {
	const op = "central.signals"
	// Who was shut out while it waited hears nothing, and nothing is heard of it.
	if _, err := c.device(ctx, d.id.String()); err != nil {
		return nil, fault.Wrap(op, err)
	}
	rows, err := c.db.QueryContext(ctx, `SELECT s.id, s.from_device, s.body FROM signals s JOIN devices f ON f.id = s.from_device
		WHERE s.to_device = ? AND s.expires > ? AND f.revoked IS NULL ORDER BY s.sent, s.id LIMIT ?`,
		d.id.String(), c.now().UnixMilli(), parcel.MaxSignals)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []parcel.Signal
	for size := 0; rows.Next() && size < signalsBytes; {
		var s parcel.Signal
		var from string
		if err := rows.Scan(&s.ID, &from, &s.Body); err != nil {
			return nil, diskFault(op, err)
		}
		var ok bool
		if s.From, ok = parseID(from); !ok {
			return nil, fault.New(op, fault.Damaged, errors.New("device id"))
		}
		size += len(s.Body)
		out = append(out, s)
	}
	return out, diskFault(op, rows.Err())
}

// getPeers lists whom the laptop can call, or says it of one device alone.
func (c *Central) getPeers(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.getPeers"
	if err := c.board.allow(d.id, asks); err != nil {
		return err
	}
	query := `SELECT d.id, d.point FROM listeners l JOIN devices d ON d.id = l.device
		WHERE l.expires > ? AND d.county = ? AND d.revoked IS NULL AND d.id <> ?`
	args := []any{c.now().UnixMilli(), d.county, d.id.String()}
	if one := r.URL.Query().Get("device"); one != "" {
		id, ok := parseID(one)
		if !ok {
			return fault.New(op, fault.Input, errors.New("device"))
		}
		if err := c.reaches(r.Context(), d, id); err != nil {
			return err
		}
		query, args = query+` AND d.id = ?`, append(args, one)
	}
	rows, err := c.db.QueryContext(r.Context(), query+` ORDER BY d.id LIMIT ?`, append(args, peersAtOnce)...)
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	out := parcel.PeersResponse{ICE: c.ice, Devices: []parcel.PeerDevice{}}
	for rows.Next() {
		var id string
		var p parcel.PeerDevice
		if err := rows.Scan(&id, &p.Point); err != nil {
			return diskFault(op, err)
		}
		var ok bool
		if p.Device, ok = parseID(id); !ok {
			return fault.New(op, fault.Damaged, errors.New("device id"))
		}
		out.Devices = append(out.Devices, p)
	}
	if err := rows.Err(); err != nil {
		return diskFault(op, err)
	}
	return sendJSON(w, out)
}

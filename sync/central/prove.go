package central

import (
	"context"
	"errors"
	"net/http"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// getProofs proves the centre's own changes of a case, each by itself, so that a
// laptop that works on the case can hand them to another of the room that does
// and has no line.
func (c *Central) getProofs(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.getProofs"
	id, ok := parseID(r.PathValue("case"))
	if !ok {
		return fault.New(op, fault.Input, errors.New("case"))
	}
	out, err := c.proofs(r.Context(), d, id)
	if err != nil {
		return fault.Wrap(op, err)
	}
	return sendJSON(w, out)
}

// proofs are those of a case that the device works on; fault.Missing for any
// other.
func (c *Central) proofs(ctx context.Context, d *device, id uuid.UUID) (*parcel.ProofsResponse, error) {
	const op = "central.proofs"
	var n int
	if err := c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM case_devices WHERE case_id = ? AND device = ?`, id.String(), d.id.String()).Scan(&n); err != nil {
		return nil, diskFault(op, err)
	}
	if n == 0 {
		return nil, fault.New(op, fault.Missing, errors.New("no case of this device"))
	}
	is, err := c.know(ctx, c.db)
	if err != nil {
		return nil, err
	}
	rows, err := c.db.QueryContext(ctx, `SELECT bytes FROM changes WHERE case_id = ? AND device = ? ORDER BY counter DESC LIMIT ?`,
		id.String(), is.centre.String(), parcel.MaxProofs)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := &parcel.ProofsResponse{Proofs: [][]byte{}}
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, diskFault(op, err)
		}
		ch, err := loan.DecodeChange(b)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		p, err := parcel.Prove([]*loan.Change{ch}, c.authority.Signer())
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		out.Proofs = append(out.Proofs, p)
	}
	return out, diskFault(op, rows.Err())
}

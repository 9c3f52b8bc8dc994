package central

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// getOwn gives a laptop changes of its own chain, which it lost.
func (c *Central) getOwn(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.getOwn"
	q := r.URL.Query()
	from, ferr := strconv.ParseUint(q.Get("from"), 10, 63)
	to, terr := strconv.ParseUint(q.Get("to"), 10, 63)
	if ferr != nil || terr != nil || from == 0 || to < from {
		return fault.New(op, fault.Input, errors.New("from or to"))
	}
	b, err := c.own(r.Context(), d, from, to)
	if err != nil {
		return err
	}
	send(w, http.StatusOK, parcel.TypeNews, b)
	return nil
}

// own gives what is held of counters from to to of a device's chain, or the
// beginning of it and More.
func (c *Central) own(ctx context.Context, d *device, from, to uint64) ([]byte, error) {
	const op = "central.own"
	is, err := c.know(ctx, c.db)
	if err != nil {
		return nil, err
	}
	n := &parcel.News{Centre: is.centre, Epoch: is.epoch, Device: d.id, After: from - 1, Through: to}
	rows, err := c.db.QueryContext(ctx, `SELECT bytes FROM changes WHERE device = ? AND counter BETWEEN ? AND ? ORDER BY counter`,
		d.id.String(), int64(from), int64(to))
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	for size := 0; rows.Next(); {
		var b sql.RawBytes
		if err := rows.Scan(&b); err != nil {
			return nil, diskFault(op, err)
		}
		if size += len(b); len(n.Changes) == newsCount || size > newsBytes && len(n.Changes) > 0 {
			n.More, n.Through = true, n.Changes[len(n.Changes)-1].Counter
			break
		}
		ch, err := loan.DecodeChange(b)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		n.Changes = append(n.Changes, ch)
	}
	if err := rows.Err(); err != nil {
		return nil, diskFault(op, err)
	}
	out, err := n.SignOwn(c.authority.Signer())
	return out, fault.Wrap(op, err)
}

// getBlob gives a laptop a piece of a blob that a change of one of its cases
// names.
func (c *Central) getBlob(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.getBlob"
	h, err := loan.ParseHash(r.PathValue("hash"))
	if err != nil {
		return fault.Wrap(op, err)
	}
	offset, oerr := strconv.ParseInt(r.PathValue("offset"), 10, 64)
	id, cerr := uuid.Parse(r.URL.Query().Get("case"))
	if oerr != nil || cerr != nil || offset < 0 || offset%parcel.ChunkSize != 0 {
		return fault.New(op, fault.Input, errors.New("offset or case"))
	}
	if err := c.mayHave(r.Context(), d, id, h); err != nil {
		return err
	}
	key, err := c.countyKey(d.county)
	if err != nil {
		return err
	}
	if held, err := c.held(r.Context(), d.county, h, key); err != nil || !held {
		return errors.Join(err, fault.New(op, fault.Missing, errors.New("not held")))
	}
	// Who gets the blob compares all of it with its name.
	b, err := c.shelf.read(r.Context(), d.county, h, offset, parcel.PieceSize)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	w.Header().Set(parcel.SumHeader, hex.EncodeToString(sum[:]))
	send(w, http.StatusOK, parcel.TypeChunk, b)
	return nil
}

// mayHave is fault.Missing unless the device works on the case and a change of
// the case names the blob: nobody learns of another's blobs, not even whether
// they are there.
func (c *Central) mayHave(ctx context.Context, d *device, id uuid.UUID, h loan.Hash) error {
	const op = "central.mayHave"
	rows, err := c.db.QueryContext(ctx, `SELECT c.bytes FROM changes c JOIN case_devices k ON k.case_id = c.case_id
		WHERE c.case_id = ? AND k.device = ?`, id.String(), d.id.String())
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	name := []byte(h.String())
	for rows.Next() {
		var b sql.RawBytes
		if err := rows.Scan(&b); err != nil {
			return diskFault(op, err)
		}
		if bytes.Contains(b, name) {
			return nil
		}
	}
	if err := rows.Err(); err != nil {
		return diskFault(op, err)
	}
	return fault.New(op, fault.Missing, errors.New("not of a case of this device"))
}

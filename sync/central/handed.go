package central

import (
	"context"
	"errors"
	"net/http"
	"os"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// takeParcelOf is takeParcel for a parcel that came otherwise than over its own
// device's connection: the device is known by the parcel's head and signature
// alone, and must be of the county. It gives that device.
func (c *Central) takeParcelOf(ctx context.Context, county string, b []byte) (*device, error) {
	const op = "central.takeParcelOf"
	var d *device
	p, err := parcel.Open(b, func(id uuid.UUID) (seal.PublicKey, error) {
		var err error
		if d, err = c.deviceIn(ctx, county, id); err != nil {
			return seal.PublicKey{}, err
		}
		return d.key, nil
	})
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d, c.keepParcel(ctx, d, p, b)
}

// deviceIn looks up a device of a county; one of another is as one unknown.
func (c *Central) deviceIn(ctx context.Context, county string, id uuid.UUID) (*device, error) {
	d, err := c.device(ctx, id.String())
	if err == nil && d.county != county {
		return nil, problemOf("central.deviceIn", fault.Denied, parcel.CodeUnknown)
	}
	return d, err
}

// postHanded takes a parcel that one laptop hands in for another, and answers
// with the other's receipt, which it is to bring home.
func (c *Central) postHanded(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.postHanded"
	b, err := body(r, parcel.TypeHanded, parcel.MaxHanded)
	if err != nil {
		return err
	}
	select { // as postParcel
	case c.parcels <- struct{}{}:
		defer func() { <-c.parcels }()
	case <-r.Context().Done():
		return fault.New(op, fault.Cancelled, r.Context().Err())
	}
	h, err := parcel.OpenHanded(b, func(id uuid.UUID) (seal.PublicKey, error) {
		of, err := c.deviceIn(r.Context(), d.county, id)
		if err != nil {
			return seal.PublicKey{}, err
		}
		return of.key, nil
	})
	if err != nil {
		return fault.Wrap(op, err)
	}
	raw, err := h.Parcel(c.authority.Signer())
	if err != nil {
		return fault.Wrap(op, err)
	}
	of, err := c.takeParcelOf(r.Context(), d.county, raw)
	if err != nil {
		return err
	}
	if of.id != h.Device {
		return fault.New(op, fault.Untrusted, errors.New("another device's parcel inside"))
	}
	return c.sendReceipt(of, w, r, nil)
}

// postHandedReceipt answers with the receipt of another laptop of the county.
func (c *Central) postHandedReceipt(d *device, w http.ResponseWriter, r *http.Request) error {
	var req parcel.HandedReceiptRequest
	if err := jsonBody(r, &req); err != nil {
		return err
	}
	of, err := c.deviceIn(r.Context(), d.county, req.Device)
	if err != nil {
		return err
	}
	return c.sendReceipt(of, w, r, req.Blobs)
}

// getRevoked lists the devices of the laptop's county that were shut out, so
// that laptops refuse them where no centre is in reach.
func (c *Central) getRevoked(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.getRevoked"
	rows, err := c.db.QueryContext(r.Context(), `SELECT id FROM devices WHERE county = ? AND revoked IS NOT NULL ORDER BY revoked DESC LIMIT ?`, d.county, parcel.MaxRevoked)
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	out := parcel.RevokedResponse{Devices: []uuid.UUID{}}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return diskFault(op, err)
		}
		id, ok := parseID(s)
		if !ok {
			return fault.New(op, fault.Damaged, errors.New("device id"))
		}
		out.Devices = append(out.Devices, id)
	}
	if err := rows.Err(); err != nil {
		return diskFault(op, err)
	}
	return sendJSON(w, out)
}

// takeBlobOf takes a whole blob that comes otherwise than in chunks. When it
// returns nil the blob is durable. Content of another name is fault.Input.
func (c *Central) takeBlobOf(ctx context.Context, county string, h loan.Hash, content []byte) error {
	const op = "central.takeBlobOf"
	if len(content) == 0 || len(content) > parcel.MaxBlob {
		return fault.New(op, fault.TooLarge, errors.New("size of the blob"))
	}
	key, err := c.countyKey(county)
	if err != nil {
		return err
	}
	if held, err := c.held(ctx, county, h, key); held || err != nil {
		return err
	}
	if loan.Hash(key.Name(content)) != h {
		return fault.New(op, fault.Input, errName)
	}
	if err := c.shelve(ctx, county, h, content); err != nil {
		return err
	}
	return c.recordBlob(ctx, county, h, int64(len(content)))
}

// handedPrefix begins the names of files that lie in partial only while they are
// written.
const handedPrefix = "handed-"

// shelve makes a blob that is in memory durable under its name.
func (c *Central) shelve(ctx context.Context, county string, h loan.Hash, content []byte) error {
	const op = "central.shelve"
	if s, ok := c.shelf.(*bucket); ok {
		return s.keepContent(ctx, county, h, int64(len(content)), func() ([]byte, error) { return content, nil })
	}
	f, err := os.CreateTemp(c.path("partial"), handedPrefix+"*") // made with mode 0600
	if err != nil {
		return diskFault(op, err)
	}
	defer os.Remove(f.Name()) // fails once it is kept
	if _, err := f.Write(content); err != nil {
		return diskFault(op, errors.Join(err, f.Close()))
	}
	if err := f.Close(); err != nil {
		return diskFault(op, err)
	}
	return c.shelf.keep(ctx, county, h, int64(len(content)), f.Name())
}

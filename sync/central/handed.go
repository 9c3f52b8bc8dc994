package central

import (
	"context"
	"errors"
	"path/filepath"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// takeParcelOf is takeParcel for a parcel that comes otherwise than over its
// device's own connection: the device is the one that the parcel's head names
// and that signed it. It must be of the county and not revoked.
func (c *Central) takeParcelOf(ctx context.Context, county string, b []byte) (*device, error) {
	const op = "central.takeParcelOf"
	var d *device
	p, err := parcel.Open(b, func(id uuid.UUID) (key seal.PublicKey, err error) {
		if d, err = c.device(ctx, id.String()); err != nil {
			return seal.PublicKey{}, err
		}
		if d.county != county {
			return seal.PublicKey{}, problemOf(op, fault.Denied, parcel.CodeUnknown)
		}
		return d.key, nil
	})
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d, c.takeOpened(ctx, d, p, b)
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
	path := c.blobs.wholePath(h)
	if err := c.blobs.makeShelf(filepath.Dir(path)); err != nil {
		return err
	}
	if err := WriteFile(path, content); err != nil {
		return err
	}
	return c.recordBlob(ctx, county, h, int64(len(content)))
}

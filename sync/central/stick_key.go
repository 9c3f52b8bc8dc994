package central

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"net/http"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

// getStickKey gives the key to which laptops of the National suite seal sticks.
func (c *Central) getStickKey(d *device, w http.ResponseWriter, r *http.Request) error {
	key, err := c.stickKey(r.Context(), d.county, true)
	if err != nil {
		return err
	}
	der := key.Public().Marshal()
	return sendJSON(w, parcel.StickKey{Key: der, Signature: c.authority.Signer().Sign(parcel.StickKeyContext, der)})
}

// stickKeys are the keys that a stick of this county may be sealed to.
func (c *Central) stickKeys(ctx context.Context, county string) ([]*seal.Signer, error) {
	keys := []*seal.Signer{c.authority.Signer()}
	k, err := c.stickKey(ctx, county, false)
	if fault.KindOf(err) == fault.Missing {
		return keys, nil
	}
	return append(keys, k), err
}

// stickKey is the county's SM2 key for sticks; fault.Missing where there never
// was one, unless it is to be made. One that is gone is fault.Damaged, for what
// laptops sealed to it could not be opened any more.
func (c *Central) stickKey(ctx context.Context, county string, made bool) (key *seal.Signer, err error) {
	const op = "central.stickKey"
	if key, err = c.readStickKey(ctx, c.db, county); !made || fault.KindOf(err) != fault.Missing {
		return key, err
	}
	err = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if err := c.lock(ctx, tx, lockStart); err != nil {
			return err
		}
		if key, err = c.readStickKey(ctx, tx, county); fault.KindOf(err) == fault.Missing {
			key, err = c.makeStickKey(ctx, tx, county)
		}
		return err
	})
	return key, fault.Wrap(op, err)
}

func (c *Central) stickPath(county string) string { return c.keyFile("stick-" + county + ".key") }

// readStickKey is stickKey where it is not to be made.
func (c *Central) readStickKey(ctx context.Context, q querier, county string) (key *seal.Signer, err error) {
	const op = "central.readStickKey"
	var v string
	err = q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, "stick-"+county).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(op, fault.Missing, nil)
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	b, err := readSmall(c.stickPath(county))
	defer seal.Wipe(b)
	if err == nil {
		key, err = seal.ParseSigner(b)
	}
	if err != nil || base64.StdEncoding.EncodeToString(key.Public().Marshal()) != v {
		return nil, fault.New(op, fault.Damaged, errors.New("the county's key for sticks is gone from keys, or another; put it back from a backup"))
	}
	return key, nil
}

func (c *Central) makeStickKey(ctx context.Context, tx *sql.Tx, county string) (*seal.Signer, error) {
	const op = "central.makeStickKey"
	key, err := seal.NewSignerOf(seal.National)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err := key.Marshal()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer seal.Wipe(b)
	if err := WriteFile(c.stickPath(county), b); err != nil {
		return nil, fault.Wrap(op, err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?, ?)`, "stick-"+county,
		base64.StdEncoding.EncodeToString(key.Public().Marshal()))
	return key, diskFault(op, err)
}

package central

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"path/filepath"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// The keys are made once, by the first start, and only read from then on; the
// database knows them by what gives nothing away, so that a server with other
// keys, or none, refuses to start instead of shutting every laptop out.

func (c *Central) keyFile(name string) string { return filepath.Join(c.keysDir, name) }

func (c *Central) keyPath(code string) string     { return c.keyFile("county-" + code + ".key") }
func (c *Central) blobKeyPath(code string) string { return c.keyFile("blobs-" + code + ".key") }

const otherKeys = " is another than this centre was made with; mount the folder of keys that the first start made"

// matches compares a key with the one the database knows, and makes it known
// where none is.
func matches(ctx context.Context, tx *sql.Tx, name, value, what string) error {
	have, err := meta(ctx, tx, name, func() string { return value })
	if err != nil {
		return err
	}
	if have != value {
		return fault.New("central.matches", fault.Damaged, errors.New(what+otherKeys))
	}
	return nil
}

// known says whether the database knows a key by this name.
func known(ctx context.Context, q querier, name string) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM meta WHERE name = ?`, name).Scan(&n)
	return n > 0, diskFault("central.known", err)
}

// admitAuthority reads the authority, and makes it at the first start.
func (c *Central) admitAuthority(ctx context.Context, tx *sql.Tx, beside bool) error {
	const op = "central.admitAuthority"
	if c.authority == nil {
		before, err := known(ctx, tx, "authority")
		if err != nil {
			return err
		}
		c.authority, err = loadAuthority(c.keyFile("authority.pem"), c.now(), before || beside)
		if fault.KindOf(err) == fault.Missing {
			return fault.New(op, fault.Damaged, errors.New("authority.pem is not in the folder of keys; mount the one that the first start made"))
		}
		if err != nil {
			return fault.Wrap(op, err)
		}
	}
	return matches(ctx, tx, "authority", c.authority.Fingerprint(), "authority.pem")
}

// admitCounty compares the county's keys, and makes the one of blobs where a
// bucket is used for the first time.
func (c *Central) admitCounty(ctx context.Context, tx *sql.Tx, o Options) error {
	const op = "central.admitCounty"
	code, _, _, err := county(ctx, tx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	key, err := c.countyKey(code)
	if fault.KindOf(err) == fault.Missing {
		return fault.New(op, fault.Damaged, errors.New("the county's key is gone from keys; put it back from a backup"))
	}
	if err != nil {
		return err
	}
	if err := matches(ctx, tx, "check-county-"+code, keyCheck(key), "the county's key"); err != nil || !c.shared {
		return err
	}
	blobKey, err := c.admitBlobKey(ctx, tx, code, o)
	if err != nil {
		return err
	}
	if c.shelf != nil {
		c.shelf.close() // the write is run again
	}
	c.shelf, err = openBucket(o.Place.Bucket, o.Place.CredentialsFile, blobKey)
	return err
}

// admitBlobKey reads the key under which a bucket's objects are sealed.
func (c *Central) admitBlobKey(ctx context.Context, tx *sql.Tx, code string, o Options) (*seal.Key, error) {
	const op = "central.admitBlobKey"
	before, err := known(ctx, tx, "check-blobs-"+code)
	if err != nil {
		return nil, err
	}
	b, err := readSmall(c.blobKeyPath(code))
	if fault.KindOf(err) == fault.Missing && !before && !o.Beside {
		made := seal.NewKeyOf(o.suite())
		b = made.Bytes()
		made.Wipe()
		err = WriteFile(c.blobKeyPath(code), b)
	}
	if fault.KindOf(err) == fault.Missing {
		return nil, fault.New(op, fault.Damaged, errors.New("the key of the bucket's blobs is gone from keys; put it back from a backup"))
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer seal.Wipe(b)
	key, err := seal.KeyFromBytes(b)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	return key, matches(ctx, tx, "check-blobs-"+code, keyCheck(key), "the key of the bucket's blobs")
}

// keyCheck tells keys apart and gives nothing of them away.
func keyCheck(k *seal.Key) string {
	n := k.Name([]byte("doorstep key check 1"))
	return hex.EncodeToString(n[:16])
}

package central

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

// suite gives the suite that Options ask of new keys.
func (o Options) suite() seal.Suite {
	if o.Suite == 0 {
		return seal.International
	}
	return o.Suite
}

// setSuite keeps the suite of laptops that enrol from now on; 0 leaves it.
func setSuite(ctx context.Context, tx *sql.Tx, s seal.Suite) error {
	const op = "central.setSuite"
	if s == 0 {
		return nil
	}
	if !s.Known() {
		return fault.New(op, fault.Input, errors.New("unknown suite"))
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('suite', ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, strconv.Itoa(int(s)))
	return diskFault(op, err)
}

func suite(ctx context.Context, q querier) (seal.Suite, error) {
	const op = "central.suite"
	var v string
	err := q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'suite'`).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return seal.International, nil
	}
	if err != nil {
		return 0, diskFault(op, err)
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 255 || !seal.Suite(n).Known() {
		return 0, fault.New(op, fault.Damaged, errors.New("suite"))
	}
	return seal.Suite(n), nil
}

func (c *Central) recoveryPath(code string) string { return c.keyFile("recovery-" + code + ".key") }

// makeRecoveryKey makes the county's recovery key where there was never one.
// One that is gone is fault.Damaged: a new one in its place would let laptops
// believe that they can be recovered.
func (c *Central) makeRecoveryKey(ctx context.Context) error {
	const op = "central.makeRecoveryKey"
	code, _, _, err := county(ctx, c.db)
	if err != nil {
		return fault.Wrap(op, err)
	}
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := c.lock(ctx, tx, lockStart); err != nil {
			return err
		}
		if _, err := recoveryPublic(ctx, tx, code); err == nil {
			_, err := c.recoveryKey(ctx, tx, code)
			return fault.Wrap(op, err)
		} else if fault.KindOf(err) != fault.Missing {
			return fault.Wrap(op, err)
		}
		s, err := suite(ctx, tx)
		if err != nil {
			return fault.Wrap(op, err)
		}
		key, err := seal.NewSignerOf(s)
		if err != nil {
			return fault.Wrap(op, err)
		}
		b, err := key.Marshal()
		if err != nil {
			return fault.Wrap(op, err)
		}
		defer seal.Wipe(b)
		if err := WriteFile(c.recoveryPath(code), b); err != nil {
			return fault.Wrap(op, err)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?, ?)`, "recovery-"+code,
			base64.StdEncoding.EncodeToString(key.Public().Marshal()))
		return diskFault(op, err)
	})
}

// recoveryPublic is the public half of the county's recovery key, PKIX DER.
func recoveryPublic(ctx context.Context, q querier, code string) ([]byte, error) {
	const op = "central.recoveryPublic"
	var v string
	err := q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, "recovery-"+code).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(op, fault.Missing, nil)
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	b, err := base64.StdEncoding.DecodeString(v)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New("recovery key"))
	}
	return b, nil
}

// recoveryKey reads the county's recovery key and proves that it is the one
// laptops were given.
func (c *Central) recoveryKey(ctx context.Context, q querier, code string) (*seal.Signer, error) {
	const op = "central.recoveryKey"
	pub, err := recoveryPublic(ctx, q, code)
	if err != nil {
		return nil, err
	}
	b, err := readSmall(c.recoveryPath(code))
	if fault.KindOf(err) == fault.Missing {
		return nil, fault.New(op, fault.Damaged, errors.New("the county's recovery key is gone from keys; put it back from a backup"))
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer seal.Wipe(b)
	key, err := seal.ParseSigner(b)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	if own, err := seal.ParsePublicKey(pub); err != nil || !own.Equal(key.Public()) {
		return nil, fault.New(op, fault.Damaged, errors.New("the county's recovery key is another than laptops were given"))
	}
	return key, nil
}

// ownRecoveryKey is recoveryKey of the centre's county.
func (c *Central) ownRecoveryKey(ctx context.Context) (*seal.Signer, error) {
	code, _, _, err := county(ctx, c.db)
	if err != nil {
		return nil, err
	}
	return c.recoveryKey(ctx, c.db, code)
}

// TestRecovery exercises the escrow: it wraps a key as a laptop does, asks as
// a locked laptop does, approves with the county's key, and opens the answer.
// It gives the short name of the key.
func (c *Central) TestRecovery(ctx context.Context) (string, error) {
	const op = "central.TestRecovery"
	key, err := c.ownRecoveryKey(ctx)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	s, err := suite(ctx, c.db)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	file, data := seal.NewKeyfileOf(s, seal.FloorCost())
	defer data.Wipe()
	var device [16]byte
	_, _ = rand.Read(device[:])
	if err := file.SetRecovery(data, key.Public(), device); err != nil {
		return "", fault.Wrap(op, err)
	}
	ask, err := file.AskRecovery(device, "test", c.now())
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	defer ask.Forget()
	r, err := seal.OpenRecoveryRequest(ask.Request(), key)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	now := c.now()
	approval, err := r.Approve(ask.Request(), key, c.authority.Signer(), device, now, now.Add(time.Minute))
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	g, err := ask.Open(approval, c.authority.Signer().Public())
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	defer g.Data.Wipe()
	return key.Public().ID(), fault.Wrap(op, file.Holds(g.Data))
}

// getCounty gives a laptop what it keeps of its county, as it is now.
func (c *Central) getCounty(d *device, w http.ResponseWriter, r *http.Request) error {
	out, err := c.countyAnswer(r.Context(), d.county, r.URL.RawQuery == parcel.WithBulletins)
	if err != nil {
		return err
	}
	return sendJSON(w, out)
}

func (c *Central) countyAnswer(ctx context.Context, county string, bulletins bool) (out parcel.CountyResponse, err error) {
	if out.Recovery, err = recoveryPublic(ctx, c.db, county); err != nil {
		return out, err
	}
	on, err := roster(ctx, c.db, county)
	if err != nil {
		return out, err
	}
	off, err := switchedOff(ctx, c.db, county)
	if err != nil {
		return out, err
	}
	out.Operators = []parcel.CountyOperator{}
	for _, o := range on {
		out.Operators = append(out.Operators, parcel.CountyOperator{EnrolOperator: o})
	}
	for _, o := range off {
		out.Operators = append(out.Operators, parcel.CountyOperator{EnrolOperator: o, Off: true})
	}
	if bulletins {
		out.Bulletins, err = c.listed(ctx)
	}
	return out, err
}

// postKey takes the key that signs a laptop's chain from its first change on.
// The same key again changes nothing.
func (c *Central) postKey(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.postKey"
	var req parcel.KeyRequest
	if err := jsonBody(r, &req); err != nil {
		return err
	}
	pub, err := seal.ParsePublicKey(req.PublicKey)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := pub.Verify(parcel.KeyContext, d.id[:], req.Proof); err != nil {
		return fault.Wrap(op, err)
	}
	if !pub.Equal(d.key) {
		err = c.commits.do(r.Context(), func(ctx context.Context, tx *sql.Tx) error {
			if err := c.lock(ctx, tx, lockChain(d.id.String())); err != nil {
				return err
			}
			through, _, err := chainOf(ctx, tx, d.id)
			if err != nil {
				return err
			}
			if through > 0 || d.key.Suite() != seal.International || pub.Suite() != seal.National {
				return fault.New(op, fault.Refused, errors.New("the chain has begun, or has such a key"))
			}
			_, err = tx.ExecContext(ctx, `UPDATE devices SET public_key = ? WHERE id = ?`, pub.Marshal(), d.id.String())
			return diskFault(op, err)
		})
	}
	if err != nil {
		return err
	}
	sendStatus(w, http.StatusNoContent)
	return nil
}

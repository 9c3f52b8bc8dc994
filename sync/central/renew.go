package central

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

// enrolAgain lets in anew, by a fresh code, a laptop whose key is known: one
// that was revoked, or whose certificate ran out. It is the same device, with
// the same chain, and gets a fresh certificate; what waited on it flows. One
// that was reported lost is refused until a person admits it. It gives the
// device's id, or nothing for a key that is new.
func (c *Central) enrolAgain(ctx context.Context, tx *sql.Tx, hash [32]byte, pub seal.PublicKey) (string, error) {
	const op = "central.enrolAgain"
	id, err := deviceOfKey(ctx, tx, pub)
	if err != nil || id == "" {
		return "", err
	}
	var lost int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM devices_lost WHERE device = ?`, id).Scan(&lost); err != nil {
		return "", diskFault(op, err)
	}
	if lost > 0 {
		return "", problemOf(op, fault.Refused, parcel.CodeRevoked)
	}
	cert, err := c.authority.Issue(pub, seal.Device, id, nil, deviceValid, c.now())
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE codes SET device = ?, public_key = ? WHERE hash = ?`, id, pub.Marshal(), hash[:]); err != nil {
		return "", diskFault(op, err)
	}
	r, err := tx.ExecContext(ctx, `UPDATE devices SET revoked = NULL WHERE id = ? AND revoked IS NOT NULL`, id)
	if err != nil {
		return "", diskFault(op, err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE devices SET cert = ? WHERE id = ?`, cert, id); err != nil {
		return "", diskFault(op, err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return id, diskFault(op, err)
	}
	return id, c.issueShutOut(ctx, tx)
}

// deviceOfKey is the device whose certificate is for a key; nothing for none.
func deviceOfKey(ctx context.Context, q querier, pub seal.PublicKey) (string, error) {
	const op = "central.deviceOfKey"
	rows, err := q.QueryContext(ctx, `SELECT id, cert FROM devices`)
	if err != nil {
		return "", diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var der []byte
		if err := rows.Scan(&id, &der); err != nil {
			return "", diskFault(op, err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return "", fault.New(op, fault.Damaged, errors.New("certificate of "+id))
		}
		if key, err := seal.PublicKeyOf(cert.PublicKey); err == nil && key.Equal(pub) {
			return id, nil
		}
	}
	return "", diskFault(op, rows.Err())
}

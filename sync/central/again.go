package central

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// codeAgain ties a code to a laptop that is to enrol again; fault.Missing when
// there is no such laptop.
func codeAgain(ctx context.Context, tx *sql.Tx, hash [32]byte, device uuid.UUID) error {
	const op = "central.codeAgain"
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM devices WHERE id = ?`, device.String()).Scan(&n); err != nil {
		return diskFault(op, err)
	}
	if n == 0 {
		return fault.Tell(op, fault.Missing, "没有这台电脑：用 sync device list 核对编号。", errors.New("no such device"))
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO codes_again (hash, device) VALUES (?, ?)`, hash[:], device.String())
	return diskFault(op, err)
}

// rightCode refuses a code that is for another laptop than the one that shows
// it: a code for a new one must not make a second device of a laptop whose
// outbox is full, nor a code for that laptop a device of a stranger.
func rightCode(ctx context.Context, tx *sql.Tx, hash [32]byte, again uuid.UUID) error {
	const op = "central.rightCode"
	tied := uuid.Nil.String()
	err := tx.QueryRowContext(ctx, `SELECT device FROM codes_again WHERE hash = ?`, hash[:]).Scan(&tied)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return diskFault(op, err)
	}
	if tied != again.String() {
		return problemOf(op, fault.Refused, parcel.CodeDevice)
	}
	return nil
}

// renew gives a laptop, which may have been revoked, another key and
// certificate. What it signed before is proved by the key it had. A key of the
// National suite, which signs the chain and opens no connection, stays. One that
// was reported lost is refused until a person admits it.
func (c *Central) renew(ctx context.Context, tx *sql.Tx, id uuid.UUID, pub seal.PublicKey, cert []byte) error {
	const op = "central.renew"
	var lost int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM devices_lost WHERE device = ?`, id.String()).Scan(&lost); err != nil {
		return diskFault(op, err)
	}
	if lost > 0 {
		return problemOf(op, fault.Refused, parcel.CodeRevoked)
	}
	var former []byte
	if err := tx.QueryRowContext(ctx, `SELECT public_key FROM devices WHERE id = ?`, id.String()).Scan(&former); err != nil {
		return diskFault(op, err)
	}
	key, err := seal.ParsePublicKey(former)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if key.Suite() != seal.National {
		if _, err := tx.ExecContext(ctx, `INSERT INTO former_keys (device, public_key, until) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			id.String(), former, c.now().UnixMilli()); err != nil {
			return diskFault(op, err)
		}
		former = pub.Marshal()
	}
	if _, err := tx.ExecContext(ctx, `UPDATE devices SET public_key = ?, cert = ?, revoked = NULL WHERE id = ?`, former, cert, id.String()); err != nil {
		return diskFault(op, err)
	}
	return c.issueShutOut(ctx, tx)
}

// stands is fault.Refused for a device that was shut out since it enrolled, and for a key
// that it had before it enrolled again: a code that was used tells neither anything more.
func stands(ctx context.Context, q querier, device string, pub seal.PublicKey) error {
	const op = "central.stands"
	var der []byte
	var revoked sql.NullInt64
	if err := q.QueryRowContext(ctx, `SELECT cert, revoked FROM devices WHERE id = ?`, device).Scan(&der, &revoked); err != nil {
		return diskFault(op, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fault.New(op, fault.Damaged, errors.New("certificate of a device"))
	}
	key, err := seal.PublicKeyOf(cert.PublicKey)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if revoked.Valid || !key.Equal(pub) {
		return problemOf(op, fault.Refused, parcel.CodeRevoked)
	}
	return nil
}

// shows is fault.Denied unless the connection was made with the certificate
// that stands for the device: one that it had before it enrolled again opens
// nothing.
func (d *device) shows(s *tls.ConnectionState) error {
	if s == nil || len(s.PeerCertificates) == 0 || !bytes.Equal(s.PeerCertificates[0].Raw, d.cert) {
		return problemOf("central.shows", fault.Denied, parcel.CodeRevoked)
	}
	return nil
}

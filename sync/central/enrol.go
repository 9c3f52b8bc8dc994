package central

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// NewCodeOptions say what an enrolment code is for.
type NewCodeOptions struct {
	Point     string        // name of the intake point; empty: the practice point, or the county's name
	PointType string        // empty: a township's
	ValidFor  time.Duration // 0: 24 hours
	Again     uuid.UUID     // the laptop that is to enrol again; Nil: a new one
}

// deviceValid is how long a laptop's certificate lasts.
const deviceValid = 3 * 365 * 24 * time.Hour

// NewCode makes a code with which one laptop can enrol once, and gives its text.
func (c *Central) NewCode(ctx context.Context, o NewCodeOptions) (string, error) {
	const op = "central.NewCode"
	if len(o.Point) > 200 || len(o.PointType) > 200 {
		return "", fault.New(op, fault.Input, errors.New("name of the point is too long"))
	}
	if o.ValidFor <= 0 {
		o.ValidFor = 24 * time.Hour
	}
	if o.PointType == "" {
		o.PointType = pointType
	}
	code := seal.NewEnrolCode(c.authority.Fingerprint())
	sum := codeHash(code.Code)
	err := c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		county, name, practice, err := county(ctx, tx)
		if err != nil {
			return err
		}
		point := o.Point
		if point == "" && practice {
			point = practicePoint
		} else if point == "" {
			point = name
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO codes (hash, county, point, point_type, expires) VALUES (?, ?, ?, ?, ?)`,
			sum[:], county, point, o.PointType, c.now().Add(o.ValidFor).UnixMilli())
		if err != nil || o.Again == uuid.Nil {
			return diskFault(op, err)
		}
		return codeAgain(ctx, tx, sum, o.Again)
	})
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	return code.String(), nil
}

// codeHash is what is kept of a code. A code is 80 random bits, so a plain
// hash gives nothing away.
func codeHash(code string) [32]byte {
	return seal.International.Sum(append([]byte("doorstep code 1 "), code...))
}

// problem is an error with a code that the other side acts on.
type problem struct {
	code    string
	through uint64
	err     error
}

func (p *problem) Error() string { return p.code + ": " + p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

func problemOf(op string, k fault.Kind, code string) error {
	return &problem{code: code, err: fault.New(op, k, nil)}
}

// enrol makes a device of whoever holds a code. The same code with the same
// key gives the same device again, for an answer can get lost, as long as the device is
// not shut out and has that key.
func (c *Central) enrol(ctx context.Context, r parcel.EnrolRequest) (*parcel.EnrolResponse, error) {
	const op = "central.enrol"
	code, err := seal.ParseEnrolCode(r.Code)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if code.Fingerprint != c.authority.Fingerprint() {
		return nil, problemOf(op, fault.Untrusted, parcel.CodeBadCode)
	}
	pub, err := seal.ParsePublicKey(r.PublicKey)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := pub.Verify(parcel.EnrolContext, []byte(code.String()), r.Proof); err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out *parcel.EnrolResponse
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		out, err = c.enrolDevice(ctx, tx, codeHash(code.Code), pub, r.Device, r.Again)
		return err
	})
	return out, err
}

func (c *Central) enrolDevice(ctx context.Context, tx *sql.Tx, hash [32]byte, pub seal.PublicKey, asked *uuid.UUID, again uuid.UUID) (*parcel.EnrolResponse, error) {
	const op = "central.enrolDevice"
	var county, point, typ string
	var expires int64
	var device sql.NullString
	var key []byte
	err := tx.QueryRowContext(ctx, `SELECT county, point, point_type, expires, device, public_key FROM codes WHERE hash = ?`, hash[:]).
		Scan(&county, &point, &typ, &expires, &device, &key)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, problemOf(op, fault.Refused, parcel.CodeBadCode)
	case err != nil:
		return nil, diskFault(op, err)
	case device.Valid && !bytes.Equal(key, pub.Marshal()):
		return nil, problemOf(op, fault.Refused, parcel.CodeUsed)
	case device.Valid:
		if err := stands(ctx, tx, device.String, pub); err != nil {
			return nil, err
		}
		return c.enrolAnswer(ctx, tx, device.String)
	case c.now().UnixMilli() >= expires:
		return nil, problemOf(op, fault.Refused, parcel.CodeExpired)
	}
	if err := rightCode(ctx, tx, hash, again); err != nil {
		return nil, err
	}
	id := again
	switch {
	case id != uuid.Nil:
	case asked != nil:
		if err := c.mayBe(ctx, tx, *asked); err != nil {
			return nil, err
		}
		id = *asked
	default:
		id = uuid.Must(uuid.NewV7())
	}
	cert, err := c.authority.Issue(pub, seal.Device, id.String(), nil, deviceValid, c.now())
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE codes SET device = ?, public_key = ? WHERE hash = ?`, id.String(), pub.Marshal(), hash[:]); err != nil {
		return nil, diskFault(op, err)
	}
	if again != uuid.Nil {
		if err := c.renew(ctx, tx, id, pub, cert); err != nil {
			return nil, err
		}
		return c.enrolAnswer(ctx, tx, id.String())
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO devices (id, county, point, point_type, public_key, cert, enrolled, news)
		VALUES (?, ?, ?, ?, ?, ?, ?, 0)`, id.String(), county, point, typ, pub.Marshal(), cert, c.now().UnixMilli()); err != nil {
		return nil, diskFault(op, err)
	}
	return c.enrolAnswer(ctx, tx, id.String())
}

// mayBe is fault.Refused unless a laptop may have the id it brings: one for
// practice, that nobody else has.
func (c *Central) mayBe(ctx context.Context, tx *sql.Tx, id uuid.UUID) error {
	const op = "central.mayBe"
	_, _, practice, err := county(ctx, tx)
	if err != nil {
		return err
	}
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM devices WHERE id = ?) + (SELECT COUNT(*) FROM centres WHERE id = ?)
		+ (SELECT COUNT(*) FROM changes WHERE device = ?)`, id.String(), id.String(), id.String()).Scan(&n); err != nil {
		return diskFault(op, err)
	}
	if !practice || id == uuid.Nil || id.Version() != 7 || n > 0 || c.is().centres[id] {
		return fault.New(op, fault.Refused, errors.New("a laptop does not choose its id"))
	}
	return nil
}

func (c *Central) enrolAnswer(ctx context.Context, tx *sql.Tx, device string) (*parcel.EnrolResponse, error) {
	const op = "central.enrolAnswer"
	is, err := c.know(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := &parcel.EnrolResponse{CA: c.authority.Cert().Raw, Centre: is.centre, Epoch: is.epoch,
		CentreKey: c.authority.Signer().Public().Marshal()}
	if err := tx.QueryRowContext(ctx, `SELECT d.cert, d.county, k.name, d.point, d.point_type, k.practice <> 0
		FROM devices d JOIN counties k ON k.code = d.county WHERE d.id = ?`, device).
		Scan(&out.Cert, &out.County, &out.CountyName, &out.Point, &out.PointType, &out.Practice); err != nil {
		return nil, diskFault(op, err)
	}
	var ok bool
	if out.Device, ok = parseID(device); !ok {
		return nil, fault.New(op, fault.Damaged, errors.New("device id"))
	}
	key, err := c.countyKey(out.County)
	if err != nil {
		return nil, err
	}
	out.CountyKey = key.Bytes()
	if out.Recovery, err = recoveryPublic(ctx, tx, out.County); err != nil {
		return nil, err
	}
	if out.Suite, err = suite(ctx, tx); err != nil {
		return nil, err
	}
	out.Operators, err = roster(ctx, tx, out.County)
	return out, err
}

// device is what the centre knows of the laptop at the other end.
type device struct {
	id     uuid.UUID
	county string
	key    seal.PublicKey
	cert   []byte // the one that stands for it
}

// device looks a device up; one that is unknown or revoked is fault.Denied.
func (c *Central) device(ctx context.Context, id string) (*device, error) {
	d, revoked, err := c.enrolled(ctx, id)
	if err == nil && revoked {
		return nil, problemOf("central.device", fault.Denied, parcel.CodeRevoked)
	}
	return d, err
}

// enrolled looks a device up, also one that was revoked; one that is unknown is
// fault.Denied.
func (c *Central) enrolled(ctx context.Context, id string) (_ *device, revoked bool, _ error) {
	const op = "central.enrolled"
	d := &device{}
	var key []byte
	var at sql.NullInt64
	err := c.db.QueryRowContext(ctx, `SELECT county, public_key, cert, revoked FROM devices WHERE id = ?`, id).Scan(&d.county, &key, &d.cert, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, problemOf(op, fault.Denied, parcel.CodeUnknown)
	}
	if err != nil {
		return nil, false, diskFault(op, err)
	}
	var ok bool
	if d.id, ok = parseID(id); !ok {
		return nil, false, fault.New(op, fault.Damaged, errors.New("device id"))
	}
	d.key, err = seal.ParsePublicKey(key)
	return d, at.Valid, fault.Wrap(op, err)
}

// Revoke shuts a device out from now on; what came from it stays.
// fault.Missing when there is no such device.
func (c *Central) Revoke(ctx context.Context, id uuid.UUID) error {
	return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.shutDevice(ctx, tx, id, false) })
}

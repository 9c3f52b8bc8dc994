package central

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Limits of recovery.
const (
	approvedOnline = 30 * time.Minute
	approvedByFile = 72 * time.Hour
	askedFor       = 24 * time.Hour // a request nobody decided on is over
	asksAnHour     = 12             // of one laptop
	asksWaiting    = 1000           // of all
	wrongCodes     = 5              // then the request is refused
	keptFor        = 7 * 24 * time.Hour
)

// recovering is a request as the table has it.
type recovering struct {
	hash             [seal.HashSize]byte
	id               uuid.UUID
	device, operator string
	asked            int64
	state            string
	wrong            int
	expires          sql.NullInt64
	request          []byte
	approval         []byte
}

func scanRecovering(row interface{ Scan(...any) error }) (*recovering, error) {
	const op = "central.scanRecovering"
	r := &recovering{}
	var hash []byte
	var id string
	err := row.Scan(&hash, &id, &r.device, &r.operator, &r.asked, &r.state, &r.wrong, &r.expires, &r.request, &r.approval)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.Tell(op, fault.Missing, "没有这份申请：用 sync recovery list 核对。", errors.New("no such request"))
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	copy(r.hash[:], hash)
	r.id, err = uuid.Parse(id)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New("request id"))
	}
	return r, nil
}

const recoveringColumns = `hash, id, device, operator, asked, state, wrong, expires, request, approval`

// postRecover takes a request of a locked laptop, or says what became of it.
// Whoever asks for what is not known here hears that it waits, and learns
// nothing.
func (c *Central) postRecover(w http.ResponseWriter, r *http.Request) error {
	const op = "central.postRecover"
	w.Header().Set("Connection", "close")
	var out *parcel.RecoveryAnswer
	err := c.stranger(r, func() error {
		if err := hasType(r, parcel.TypeRecovery); err != nil {
			return err
		}
		b, err := io.ReadAll(io.LimitReader(r.Body, seal.MaxRecovery+1))
		if err != nil {
			return fault.New(op, fault.Offline, errors.New("body broke off"))
		}
		if len(b) > seal.MaxRecovery {
			return fault.New(op, fault.TooLarge, nil)
		}
		out, err = c.recoveryAnswer(r.Context(), b)
		return err
	})
	if err != nil {
		return err
	}
	return sendJSON(w, out)
}

func (c *Central) recoveryAnswer(ctx context.Context, b []byte) (*parcel.RecoveryAnswer, error) {
	hash := seal.RecoveryName(b)
	have, err := scanRecovering(c.db.QueryRowContext(ctx, `SELECT `+recoveringColumns+` FROM recoveries WHERE hash = ?`, hash[:]))
	if err == nil {
		return c.answerNow(ctx, have)
	}
	if fault.KindOf(err) != fault.Missing {
		return nil, err
	}
	waits := &parcel.RecoveryAnswer{State: parcel.RecoveryWaiting}
	key, err := c.ownRecoveryKey(ctx)
	if err != nil {
		c.log.Error("recovery", "error", err.Error())
		return nil, fault.New("central.recoveryAnswer", fault.Disk, err)
	}
	req, err := c.openRequest(ctx, b, key)
	if err != nil {
		c.log.Info("recovery request passed over", "kind", fault.KindOf(err).String())
		return waits, nil
	}
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.keepRequest(ctx, tx, b, req) })
	if fault.KindOf(err) == fault.Busy {
		c.log.Warn("too many recovery requests", "device", uuid.UUID(req.Device))
		return waits, nil
	}
	if err != nil {
		return nil, err
	}
	return waits, nil
}

// answerNow is answerOf for who asks; an approval is for no laptop that was shut out
// since, and for nobody who was taken off the roster.
func (c *Central) answerNow(ctx context.Context, r *recovering) (*parcel.RecoveryAnswer, error) {
	out := c.answerOf(r)
	if out.Approval == nil {
		return out, nil
	}
	_, err := c.device(ctx, r.device)
	if err == nil {
		_, err = person(ctx, c.db, r.operator)
	}
	if k := fault.KindOf(err); k == fault.Denied || k == fault.Input {
		c.log.Info("recovery approved, and held back", "request", r.id, "device", r.device, "operator", r.operator)
		return &parcel.RecoveryAnswer{State: parcel.RecoveryRefused}, nil
	}
	return out, err
}

func (c *Central) answerOf(r *recovering) *parcel.RecoveryAnswer {
	switch {
	case r.state == parcel.RecoveryApproved && c.now().UnixMilli() > r.expires.Int64:
		return &parcel.RecoveryAnswer{State: parcel.RecoveryExpired}
	case r.state == parcel.RecoveryApproved:
		return &parcel.RecoveryAnswer{State: r.state, Approval: r.approval}
	case r.state == parcel.RecoveryWaiting && c.late(r):
		return &parcel.RecoveryAnswer{State: parcel.RecoveryExpired}
	}
	return &parcel.RecoveryAnswer{State: r.state}
}

func (c *Central) late(r *recovering) bool {
	return c.now().Sub(time.UnixMilli(r.asked)) > askedFor
}

// openRequest opens a request and knows its laptop; fault.Denied for one that
// is unknown or revoked.
func (c *Central) openRequest(ctx context.Context, b []byte, key *seal.Signer) (*seal.RecoveryRequest, error) {
	req, err := seal.OpenRecoveryRequest(b, key)
	if err != nil {
		return nil, err
	}
	_, err = c.device(ctx, uuid.UUID(req.Device).String())
	return req, err
}

// keepRequest keeps a request in the place of the laptop's former one.
func (c *Central) keepRequest(ctx context.Context, tx *sql.Tx, b []byte, req *seal.RecoveryRequest) error {
	const op = "central.keepRequest"
	now, device := c.now(), uuid.UUID(req.Device).String()
	var often, waiting int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM recoveries WHERE device = ? AND asked > ?`, device,
		now.Add(-time.Hour).UnixMilli()).Scan(&often); err != nil {
		return diskFault(op, err)
	}
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM recoveries WHERE state = ? AND asked > ?`, parcel.RecoveryWaiting,
		now.Add(-askedFor).UnixMilli()).Scan(&waiting); err != nil {
		return diskFault(op, err)
	}
	if often >= asksAnHour || waiting >= asksWaiting {
		return fault.New(op, fault.Busy, nil)
	}
	hash := seal.RecoveryName(b)
	// Not itself, which may have come by another road just now.
	if _, err := tx.ExecContext(ctx, `UPDATE recoveries SET state = ?, request = NULL WHERE device = ? AND state = ? AND hash <> ?`,
		parcel.RecoveryRefused, device, parcel.RecoveryWaiting, hash[:]); err != nil {
		return diskFault(op, err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE recoveries SET request = NULL, approval = NULL WHERE asked < ?`, now.Add(-keptFor).UnixMilli()); err != nil {
		return diskFault(op, err)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO recoveries (hash, id, device, operator, asked, state, wrong, request) VALUES (?, ?, ?, ?, ?, ?, 0, ?)
		ON CONFLICT DO NOTHING`, hash[:], uuid.UUID(req.ID).String(), device, req.Operator, now.UnixMilli(), parcel.RecoveryWaiting, b)
	if err != nil {
		return diskFault(op, err)
	}
	if err := keepSort(ctx, tx, hash[:], req); err != nil {
		return err
	}
	c.log.Info("recovery asked for", "request", uuid.UUID(req.ID), "device", device, "operator", req.Operator)
	return nil
}

// keepSort keeps what a request is for, and who asks.
func keepSort(ctx context.Context, tx *sql.Tx, hash []byte, req *seal.RecoveryRequest) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO recoveries_of (hash, sort, by_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, hash, string(req.Sort), req.By)
	return diskFault("central.keepSort", err)
}

// RecoveryAsked is a request as the centre lists it. Its code is not here: that
// is for the person on the telephone to say.
type RecoveryAsked struct {
	ID       uuid.UUID `json:"id"`
	Device   uuid.UUID `json:"device"`
	Point    string    `json:"point"`
	Operator string    `json:"operator"`
	Asked    time.Time `json:"asked"`
	State    string    `json:"state"`

	Sort seal.RecoverySort `json:"sort"`
	By   string            `json:"by,omitempty"` // who asked for an enabling
}

// For says what is asked for, and by whom.
func (r RecoveryAsked) For() string {
	switch r.Sort {
	case seal.RecoveryForgotten:
		return "forgotten password"
	case seal.RecoveryEnabling:
		return "enabling, asked by " + r.By
	}
	return "not said (earlier program)"
}

// Recoveries lists the requests of the last days, the newest first.
func (c *Central) Recoveries(ctx context.Context) ([]RecoveryAsked, error) {
	const op = "central.Recoveries"
	rows, err := c.db.QueryContext(ctx, `SELECT r.id, r.device, d.point, r.operator, r.asked, r.state, r.expires, COALESCE(o.sort, ''), COALESCE(o.by_id, '') FROM recoveries r
		JOIN devices d ON d.id = r.device LEFT JOIN recoveries_of o ON o.hash = r.hash WHERE r.asked > ? ORDER BY r.asked DESC LIMIT 200`, c.now().Add(-keptFor).UnixMilli())
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := []RecoveryAsked{}
	for rows.Next() {
		var r RecoveryAsked
		var id, device string
		var asked int64
		var expires sql.NullInt64
		if err := rows.Scan(&id, &device, &r.Point, &r.Operator, &asked, &r.State, &expires, &r.Sort, &r.By); err != nil {
			return nil, diskFault(op, err)
		}
		var ok, ok2 bool
		r.ID, ok = parseID(id)
		if r.Device, ok2 = parseID(device); !ok || !ok2 {
			return nil, fault.New(op, fault.Damaged, errors.New("id"))
		}
		r.Asked = time.UnixMilli(asked)
		r.State = c.answerOf(&recovering{asked: asked, state: r.State, expires: expires}).State
		out = append(out, r)
	}
	return out, diskFault(op, rows.Err())
}

// RecoveryOf is what is asked for by a request of an id; fault.Missing where there is
// none.
func (c *Central) RecoveryOf(ctx context.Context, id uuid.UUID) (RecoveryAsked, error) {
	const op = "central.RecoveryOf"
	out := RecoveryAsked{ID: id}
	err := c.db.QueryRowContext(ctx, `SELECT r.operator, COALESCE(o.sort, ''), COALESCE(o.by_id, '') FROM recoveries r
		LEFT JOIN recoveries_of o ON o.hash = r.hash WHERE r.id = ?`, id.String()).Scan(&out.Operator, &out.Sort, &out.By)
	if errors.Is(err, sql.ErrNoRows) {
		return out, fault.Tell(op, fault.Missing, "没有这份申请：用 sync recovery list 核对。", errors.New("no such request"))
	}
	return out, diskFault(op, err)
}

// RecoveryOfFile is RecoveryOf for a request that came as a file.
func (c *Central) RecoveryOfFile(ctx context.Context, request []byte) (RecoveryAsked, error) {
	const op = "central.RecoveryOfFile"
	key, err := c.ownRecoveryKey(ctx)
	if err != nil {
		return RecoveryAsked{}, fault.Wrap(op, err)
	}
	req, err := c.openRequest(ctx, request, key)
	if err != nil {
		return RecoveryAsked{}, fault.Wrap(op, err)
	}
	return RecoveryAsked{ID: req.ID, Device: req.Device, Operator: req.Operator, Sort: req.Sort, By: req.By}, nil
}

// ApproveRecovery approves a request that waits, good for half an hour, when
// the digits are those of the request. fault.Missing when there is none of
// this id, fault.Exists when it was decided on, fault.Refused for wrong digits
// (and after five of them the request is over), fault.Denied for a laptop or
// an operator that may no longer work.
func (c *Central) ApproveRecovery(ctx context.Context, id uuid.UUID, digits string) error {
	const op = "central.ApproveRecovery"
	r, err := scanRecovering(c.db.QueryRowContext(ctx, `SELECT `+recoveringColumns+` FROM recoveries WHERE id = ?`, id.String()))
	if err != nil {
		return fault.Wrap(op, err)
	}
	_, err = c.approve(ctx, r, digits, approvedOnline)
	return fault.Wrap(op, err)
}

// ApproveRecoveryFile is ApproveRecovery for a request that came as a file,
// good for three days; it gives the approval's bytes, once.
func (c *Central) ApproveRecoveryFile(ctx context.Context, request []byte, digits string) ([]byte, error) {
	const op = "central.ApproveRecoveryFile"
	key, err := c.ownRecoveryKey(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	req, err := c.openRequest(ctx, request, key)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	hash := seal.RecoveryName(request)
	find := func() (*recovering, error) {
		return scanRecovering(c.db.QueryRowContext(ctx, `SELECT `+recoveringColumns+` FROM recoveries WHERE hash = ?`, hash[:]))
	}
	r, err := find()
	if fault.KindOf(err) == fault.Missing {
		if err := c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.keepRequest(ctx, tx, request, req) }); err != nil {
			return nil, fault.Wrap(op, err)
		}
		r, err = find()
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err := c.approve(ctx, r, digits, approvedByFile)
	return b, fault.Wrap(op, err)
}

// approve checks all that must hold and writes the approval, once.
func (c *Central) approve(ctx context.Context, r *recovering, digits string, valid time.Duration) ([]byte, error) {
	const op = "central.approve"
	if r.state != parcel.RecoveryWaiting || c.late(r) {
		return nil, fault.Tell(op, fault.Exists, "这份申请已经答复过、被后来的申请代替，或已过期。", errors.New("the request was decided on, replaced by a later one, or is too old"))
	}
	if err := c.rightCode(ctx, r, digits); err != nil {
		return nil, err
	}
	code, _, _, err := county(ctx, c.db)
	if err != nil {
		return nil, err
	}
	key, err := c.recoveryKey(ctx, c.db, code)
	if err != nil {
		return nil, err
	}
	req, err := seal.OpenRecoveryRequest(r.request, key)
	if err != nil {
		return nil, err
	}
	var id [16]byte
	_, _ = rand.Read(id[:])
	now := c.now()
	approval, err := req.Approve(r.request, key, c.authority.Signer(), id, now, now.Add(valid))
	if err != nil {
		return nil, err
	}
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// Within the transaction, so that a revocation is never overtaken.
		if err := c.mayRecover(ctx, tx, code, r, req); err != nil {
			return err
		}
		return decide(ctx, tx, r.id, parcel.RecoveryApproved, now, now.Add(valid), approval)
	})
	if err != nil {
		return nil, err
	}
	c.log.Info("recovery approved", "request", r.id, "device", r.device, "operator", r.operator)
	return approval, nil
}

func (c *Central) mayRecover(ctx context.Context, tx *sql.Tx, county string, r *recovering, req *seal.RecoveryRequest) error {
	const op = "central.mayRecover"
	var revoked sql.NullInt64
	if err := tx.QueryRowContext(ctx, `SELECT revoked FROM devices WHERE id = ?`, r.device).Scan(&revoked); err != nil {
		return diskFault(op, err)
	}
	if revoked.Valid {
		return fault.Tell(op, fault.Denied, "这台电脑已停用。", errors.New("the laptop was revoked"))
	}
	list, err := roster(ctx, tx, county)
	if err != nil {
		return err
	}
	on := func(id string) bool { return slices.ContainsFunc(list, func(o Operator) bool { return o.ID == id }) }
	if !on(r.operator) {
		return fault.Tell(op, fault.Denied, "名册上没有这个人员，或已停用。", errors.New("the operator is not on the roster"))
	}
	if req.By != "" && !on(req.By) {
		return fault.Tell(op, fault.Denied, "提出申请的人不在名册上，或已停用。", errors.New("who asks for the enabling is not on the roster"))
	}
	who, err := person(ctx, tx, r.operator)
	if err != nil {
		return err
	}
	at, err := siteOf(ctx, tx, uuid.UUID(req.Device))
	if err != nil {
		return err
	}
	if !who.Within(at) {
		return fault.Tell(op, fault.Denied, "这个人员和这台电脑不属于同一个机构：请核对，需要时用 sync operator add 改人员的机构。", errors.New("the operator belongs to another organisation than the laptop; see sync operator add"))
	}
	return nil
}

// rightCode compares the digits that were said with those of the request, and
// counts wrong ones.
func (c *Central) rightCode(ctx context.Context, r *recovering, digits string) error {
	const op = "central.rightCode"
	said := strings.NewReplacer(" ", "", "-", "").Replace(digits)
	if subtle.ConstantTimeCompare([]byte(said), []byte(seal.RecoveryCode(r.request))) == 1 {
		return nil
	}
	err := c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var wrong int
		if err := tx.QueryRowContext(ctx, `UPDATE recoveries SET wrong = wrong + 1 WHERE id = ? RETURNING wrong`, r.id.String()).Scan(&wrong); err != nil {
			return diskFault(op, err)
		}
		if wrong < wrongCodes {
			return nil
		}
		return decide(ctx, tx, r.id, parcel.RecoveryRefused, c.now(), time.Time{}, nil)
	})
	if err != nil {
		return err
	}
	return fault.Tell(op, fault.Refused, "核对码不对，请对方再读一次。", errors.New("these are not the digits of the request"))
}

// RefuseRecovery ends a request that waits. Failures are those of
// ApproveRecovery.
func (c *Central) RefuseRecovery(ctx context.Context, id uuid.UUID) error {
	const op = "central.RefuseRecovery"
	return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := scanRecovering(tx.QueryRowContext(ctx, `SELECT `+recoveringColumns+` FROM recoveries WHERE id = ?`, id.String())); err != nil {
			return fault.Wrap(op, err)
		}
		return decide(ctx, tx, id, parcel.RecoveryRefused, c.now(), time.Time{}, nil)
	})
}

// decide ends a request that waits; one that does not is fault.Exists.
func decide(ctx context.Context, tx *sql.Tx, id uuid.UUID, state string, now, expires time.Time, approval []byte) error {
	const op = "central.decide"
	r, err := tx.ExecContext(ctx, `UPDATE recoveries SET state = ?, decided = ?, expires = ?, approval = ?, request = NULL
		WHERE id = ? AND state = ?`, state, now.UnixMilli(), expires.UnixMilli(), approval, id.String(), parcel.RecoveryWaiting)
	if err != nil {
		return diskFault(op, err)
	}
	if n, err := r.RowsAffected(); err != nil || n > 0 {
		return diskFault(op, err)
	}
	return fault.Tell(op, fault.Exists, "这份申请已经答复过。", errors.New("the request was decided on before"))
}

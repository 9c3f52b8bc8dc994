package central

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

func answeredSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS answered (device TEXT NOT NULL, kind TEXT NOT NULL, request BYTEA NOT NULL, operator TEXT NOT NULL, decided TEXT NOT NULL,
			reason TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (device, kind, request))`,
		`CREATE TABLE IF NOT EXISTS words (case_id TEXT NOT NULL, operator TEXT NOT NULL, PRIMARY KEY (case_id, operator))`,
	}
}

// Answered is an answer that was given by telephone.
type Answered struct {
	Device   uuid.UUID `json:"device"`
	Kind     string    `json:"kind"` // renewal, enabling, grant or export; or taken-back, of a grant, at a laptop
	Operator string    `json:"operator"`
	By       string    `json:"by"`
	Reason   string    `json:"reason,omitempty"`
	At       time.Time `json:"at"`
}

// Caller is who asks by telephone: a device by its id or the end of it, and an
// operator of the roster.
type Caller struct{ Device, Operator string }

// AnswerRenewal gives the answer to a laptop's request to be renewed, and writes
// down who gave it. by is a data administrator of the roster. fault.Denied for a
// device that is shut out, fault.Input for whoever is not on the roster and a
// code that was misheard.
func (c *Central) AnswerRenewal(ctx context.Context, who Caller, by, code string) (string, error) {
	const op = "central.AnswerRenewal"
	nonce, err := seal.ParseSpoken(code, guard.RenewalSize)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	var answer string
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		d, _, err := c.managed(ctx, tx, who, by, guard.ManageOperators)
		if err != nil {
			return err
		}
		r := guard.Renewal{Device: d.id, Operator: who.Operator, Nonce: [guard.RenewalSize]byte(nonce)}
		if answer, err = c.answerTo(d, guard.RenewalLabel, r.Message(guard.DayOf(c.now()))); err != nil {
			return err
		}
		_, err = c.noteAnswer(ctx, tx, d.id, "renewal", append(nonce, who.Operator...), who.Operator, by, "")
		return err
	})
	return answer, fault.Wrap(op, err)
}

// ReadAsk tells what a laptop asks for by a code. fault.Input for none.
func ReadAsk(code string) (guard.Ask, []byte, error) {
	const op = "central.ReadAsk"
	b, err := seal.ParseSpoken(code, guard.AskSize)
	if err != nil {
		return guard.Ask{}, nil, fault.Wrap(op, err)
	}
	a, err := guard.ParseAsk(b)
	return a, b, fault.Wrap(op, err)
}

// AnswerGrant gives the answer to a request for a grant, which is good at that
// laptop for that operator and request alone. What was granted also goes down
// signed, so that it can be withdrawn, but where it is about a case that is not
// here yet. fault.Missing for one that was taken back, or of which the centre heard longer
// ago than it waits; other failures are those of AnswerRenewal.
func (c *Central) AnswerGrant(ctx context.Context, who Caller, by, code, reason string) (string, error) {
	const op = "central.AnswerGrant"
	ask, raw, err := ReadAsk(code)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	if err := guard.CheckReason(reason); err != nil {
		return "", fault.Wrap(op, err)
	}
	var answer string
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		plea := guard.Plea{Operator: who.Operator, Ask: ask}
		d, words, err := c.answerCaller(ctx, tx, who, by, ask, func(d *device) ([]byte, error) {
			plea.Device = guard.TagOf(d.id)
			return plea.Message(by, guard.DayOf(c.now()))
		})
		if err != nil {
			return err
		}
		if state, _, _, err := stateOf(ctx, tx, d.id, hex.EncodeToString(raw)); err != nil || state == pleaWithdrawn {
			return cmp.Or(err, takenBack(op))
		}
		if err := c.inTime(ctx, tx, d.id, hex.EncodeToString(raw)); err != nil {
			return err
		}
		if err := c.standsYet(ctx, tx, plea.ID); err != nil {
			return err
		}
		answer = words
		about, err := tagged(ctx, tx, ask.Case)
		if err != nil {
			return err
		}
		if reason, err = c.unnamed(ctx, tx, reason, about...); err != nil {
			return err
		}
		fresh, err := c.noteAnswer(ctx, tx, d.id, "grant", raw, who.Operator, by, reason)
		if err != nil || !fresh {
			return err
		}
		if err := c.issuePlea(ctx, tx, d.id, plea, by, reason); err != nil {
			return err
		}
		return c.forgetPlea(ctx, tx, d.id, raw, by)
	})
	return answer, fault.Wrap(op, err)
}

// issuePlea sends what was granted by telephone down, signed.
func (c *Central) issuePlea(ctx context.Context, tx *sql.Tx, d uuid.UUID, plea guard.Plea, by, reason string) error {
	const op = "central.issuePlea"
	id := uuid.Nil
	if plea.Ask.Count == 0 {
		ids, err := tagged(ctx, tx, plea.Ask.Case)
		if err != nil {
			return err
		}
		if len(ids) != 1 {
			return nil
		}
		id = ids[0]
	}
	g, err := plea.Grant(id, reason, by, c.now())
	if err != nil {
		return err
	}
	return fault.Wrap(op, c.issueTo(ctx, tx, d, g))
}

// issueTo sends a grant down for the one laptop that asked for it.
func (c *Central) issueTo(ctx context.Context, tx *sql.Tx, d uuid.UUID, g guard.Grant) error {
	g.Device = d
	content, err := g.Encode()
	if err != nil {
		return err
	}
	_, err = c.issue(ctx, tx, issuance{kind: bulletin.Grant, name: g.ID, content: content, entries: 1, expires: g.Until})
	return err
}

// answerCaller is the answer to a plea of a caller, whom by may answer; message says
// what it proves, of the device that asks.
func (c *Central) answerCaller(ctx context.Context, tx *sql.Tx, who Caller, by string, ask guard.Ask, message func(d *device) ([]byte, error)) (*device, string, error) {
	d, err := c.caller(ctx, tx, who, by)
	if err != nil {
		return nil, "", err
	}
	m, err := message(d)
	if err != nil {
		return nil, "", err
	}
	if err := c.answers(ctx, tx, by, who.Operator, d.id, nil); err != nil {
		return nil, "", err
	}
	if err := c.apartTag(ctx, tx, by, ask); err != nil {
		return nil, "", err
	}
	if tag, ok := ask.Tag(); ok { // also of who answers what another answered already
		if err := keepWord(ctx, tx, hexOf(tag), by); err != nil {
			return nil, "", err
		}
	}
	words, err := c.answerTo(d, guard.GrantLabel, m)
	return d, words, err
}

// apartTag is apart for the cases here that a request read out may be about.
func (c *Central) apartTag(ctx context.Context, q querier, by string, ask guard.Ask) error {
	ids, err := tagged(ctx, q, ask.Case)
	if err != nil || len(ids) == 0 {
		return err
	}
	who, err := person(ctx, q, by)
	if err != nil {
		return err
	}
	return c.apart(ctx, q, who, guard.ApproveGrant, ids...)
}

func hexOf(tag [4]byte) string {
	return loan.ShortID(uuid.UUID{12: tag[0], 13: tag[1], 14: tag[2], 15: tag[3]})
}

// caller finds the device, and looks whether operator and administrator are on
// the roster.
func (c *Central) caller(ctx context.Context, tx *sql.Tx, who Caller, by string) (*device, error) {
	const op = "central.caller"
	id, err := deviceOf(ctx, tx, who.Device)
	if err != nil {
		return nil, err
	}
	d := &device{id: id}
	var key []byte
	var revoked sql.NullInt64
	err = tx.QueryRowContext(ctx, `SELECT county, public_key, revoked FROM devices WHERE id = ?`, d.id.String()).Scan(&d.county, &key, &revoked)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.Tell(op, fault.Missing, "没有这台电脑：用 sync device list 核对编号。", errors.New("no such device"))
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	if revoked.Valid {
		return nil, fault.Tell(op, fault.Denied, "这台电脑已被停用，中心不给它续期，也不答复它的申请。确认电脑在本人手里、没有被他人动过的，用 sync device admit 恢复；否则用 sync code new --again 发重新注册码，由它重新注册。", errors.New("the device is shut out; see sync device admit and sync code new --again"))
	}
	if d.key, err = seal.ParsePublicKey(key); err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	if err := onRoster(ctx, tx, who.Operator, ""); err != nil {
		return nil, err
	}
	return d, onRoster(ctx, tx, by, string(guard.DataAdmin))
}

func (c *Central) answerTo(d *device, label string, message []byte) (string, error) {
	k, err := c.authority.Signer().Agree(d.key, label)
	if err != nil {
		return "", err
	}
	defer k.Wipe()
	return seal.Spoken(k.Answer(message)), nil
}

// noteAnswer writes down that an answer was given. The same request again, as
// when it was misheard, keeps the first word of it and is not fresh.
func (c *Central) noteAnswer(ctx context.Context, tx *sql.Tx, d uuid.UUID, kind string, request []byte, operator, by, reason string) (fresh bool, err error) {
	const op = "central.noteAnswer"
	r, err := tx.ExecContext(ctx, `INSERT INTO answered (device, kind, request, operator, decided, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (device, kind, request) DO NOTHING`, d.String(), kind, request, operator, by, reason, c.now().UnixMilli())
	if err != nil {
		return false, diskFault(op, err)
	}
	n, err := r.RowsAffected()
	return n > 0, diskFault(op, err)
}

// Answers lists what was answered by telephone, the newest first.
func (c *Central) Answers(ctx context.Context) ([]Answered, error) {
	const op = "central.Answers"
	rows, err := c.db.QueryContext(ctx, `SELECT device, kind, operator, decided, reason, at FROM answered ORDER BY at DESC, device`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := []Answered{}
	for rows.Next() {
		var a Answered
		var id string
		var at int64
		if err := rows.Scan(&id, &a.Kind, &a.Operator, &a.By, &a.Reason, &at); err != nil {
			return nil, diskFault(op, err)
		}
		a.Device, _ = parseID(id)
		a.At = time.UnixMilli(at).UTC()
		out = append(out, a)
	}
	return out, diskFault(op, rows.Err())
}

package central

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"github.com/google/uuid"
)

// takenBackGrant takes a grant out of force that a data administrator took back at a
// laptop, also one that was never sent down. A request that it was approved for by a code
// and that waits here is declined by that.
func (c *Central) takenBackGrant(ctx context.Context, tx *sql.Tx, w pleaWord) error {
	operator, device, gone, err := c.holderOf(ctx, tx, w)
	if err != nil || gone {
		return err
	}
	err = c.overs(ctx, tx, w.operator, guard.ApproveGrant, operator, device)
	if err == nil {
		err = c.notMany(ctx, tx, w.operator)
	}
	if fault.KindOf(err) == fault.Input {
		c.log.Warn("a grant was not taken back", "device", w.device, "operator", w.operator, "grant", w.Grant, "error", err.Error())
		return c.tellBack(ctx, tx, guard.AnswerBack{Operator: w.operator, Answer: guard.SaidBack, Why: guard.WhyMayNot, Device: device, Asker: operator, Grant: w.Grant})
	}
	if err != nil {
		return err
	}
	_, err = c.issue(ctx, tx, issuance{kind: bulletin.Grant, name: w.Grant})
	if fault.KindOf(err) == fault.Missing {
		c.log.Warn("a grant that is not known was to be taken back", "device", w.device, "operator", w.operator, "grant", w.Grant)
		return nil
	}
	if err != nil {
		return err
	}
	kase, _ := parseID(w.kase)
	said, err := c.unnamed(ctx, tx, w.reason, caseList(kase)...)
	if err != nil {
		return err
	}
	if _, err := c.noteAnswer(ctx, tx, device, "taken-back", []byte(w.Grant), operator, w.operator, said); err != nil {
		return err
	}
	_, err = declineOf(ctx, tx, w.Grant, w.operator, said)
	return err
}

// declineOf declines the request that waits and would become a grant, and says whether one
// did.
func declineOf(ctx context.Context, tx *sql.Tx, grant, by, word string) (bool, error) {
	all, err := pleas(ctx, tx)
	if err != nil {
		return false, err
	}
	for _, p := range all {
		if id, err := grantOf(p.Device, p.Ask); err == nil && id == grant && !p.Declined {
			_, err = tx.ExecContext(ctx, `UPDATE pleas SET state = ?, decided = ?, word = ? WHERE device = ? AND ask = ?`, pleaDeclined, by, word, p.Device.String(), p.Ask)
			return true, diskFault("central.declineOf", err)
		}
	}
	return false, nil
}

// grantable says whether a request is one that could become a grant.
func grantable(p guard.Waiting, now time.Time) bool {
	if _, err := guard.EncodeWaiting([]guard.Waiting{p}); err != nil {
		return false
	}
	asked, err := p.Plea()
	if err == nil {
		_, err = asked.Grant(p.Case, p.Reason, guard.Emergency, now) // by whom is not known yet
	}
	return err == nil
}

// takenBackBefore is the state in which a request begins, by whom and why: declined where
// its grant, approved by a code, was taken back before the request itself came.
func (c *Central) takenBackBefore(ctx context.Context, q querier, w pleaWord) (state, by, word string, err error) {
	grant, err := grantOf(w.device, w.Ask)
	if err != nil {
		return "", "", "", err
	}
	if by, word, err = c.takenBackBy(ctx, q, grant); by == "" {
		return pleaWaits, "", "", err
	}
	return pleaDeclined, by, word, nil
}

// Plea is a request as the centre lists it.
type Plea struct {
	guard.Waiting
	// TakenBack says of one that is declined that it was approved, by a code, and the grant
	// taken back by By since.
	TakenBack bool `json:"taken_back,omitempty"`
}

// listedPlea is a request with whether its grant was taken back.
func (c *Central) listedPlea(ctx context.Context, p guard.Waiting) (Plea, error) {
	if !p.Declined {
		return Plea{Waiting: p}, nil
	}
	grant, err := grantOf(p.Device, p.Ask)
	if err != nil {
		return Plea{}, err
	}
	by, _, err := c.takenBackBy(ctx, c.db, grant)
	return Plea{p, by != "" && by == p.By}, err
}

// takenBackBy is who took a grant back at a laptop at last, and why, or the centre's name
// where that was done here; nobody where it was not.
func (c *Central) takenBackBy(ctx context.Context, q querier, grant string) (by, word string, err error) {
	err = q.QueryRowContext(ctx, `SELECT decided, reason FROM answered WHERE kind = 'taken-back' AND request = ? ORDER BY at DESC LIMIT 1`, []byte(grant)).Scan(&by, &word)
	if !errors.Is(err, sql.ErrNoRows) {
		return by, word, diskFault("central.takenBackBy", err)
	}
	_, gone, err := c.grantHere(ctx, q, grant)
	if err != nil && fault.KindOf(err) != fault.Missing && !spoilt(err) {
		return "", "", err
	}
	if gone {
		by = operatorCentre
	}
	return by, "", nil
}

// standsYet is fault.Missing for an answer by telephone that would give a grant again
// which was taken back, at a laptop or here.
func (c *Central) standsYet(ctx context.Context, tx *sql.Tx, of func() (string, error)) error {
	grant, err := of()
	if err != nil {
		return err
	}
	by, _, err := c.takenBackBy(ctx, tx, grant)
	if err != nil || by == "" {
		return err
	}
	return fault.Tell("central.standsYet", fault.Missing, "这份申请的授权已由“"+guard.AccountLabel(by)+"”撤销，不能再答复。确实需要的，请申请人重新申请。", errors.New("the grant was taken back; who needs it asks anew"))
}

// holderOf is whose grant one is and where it is good, by what was signed here, and else
// by what the laptop says; gone that it was taken back already.
func (c *Central) holderOf(ctx context.Context, tx *sql.Tx, w pleaWord) (operator string, device uuid.UUID, gone bool, err error) {
	ids, err := idsOf(ctx, tx, `SELECT id FROM devices WHERE id LIKE ? ORDER BY id`, "%"+hexOf(w.About))
	if err != nil {
		return "", uuid.Nil, false, err
	}
	if len(ids) == 1 {
		device = ids[0]
	}
	g, gone, err := c.grantHere(ctx, tx, w.Grant)
	if fault.KindOf(err) == fault.Missing || spoilt(err) {
		return w.Operator, device, false, nil
	}
	if g.Device != uuid.Nil {
		device = g.Device
	}
	return g.Operator, device, gone, err
}

// spoilt says of a failure that what is kept cannot be read, now or later.
func spoilt(err error) bool {
	switch fault.KindOf(err) {
	case fault.Damaged, fault.Untrusted, fault.Input, fault.Newer:
		return err != nil
	}
	return false
}

// grantHere reads a grant that was sent down, or says that it was taken back; fault.Missing
// for one that never was.
func (c *Central) grantHere(ctx context.Context, q querier, id string) (g guard.Grant, gone bool, err error) {
	const op = "central.grantHere"
	raw, err := bulletinBytes(ctx, q, bulletin.Grant, id)
	if err != nil {
		return g, false, err
	}
	code, _, _, err := county(ctx, q)
	if err != nil {
		return g, false, err
	}
	b, err := bulletin.Open(raw, c.authority.Signer().Public(), code)
	if err != nil || b.Withdrawn {
		return g, err == nil, fault.Wrap(op, err)
	}
	g, err = guard.ParseGrant(b.Content)
	return g, false, fault.Wrap(op, err)
}

// manyBack is how many grants one person takes back at laptops in the time that such a
// word is kept, so that a lying laptop crowds nothing out of what goes down.
const manyBack = 200

func (c *Central) notMany(ctx context.Context, q querier, by string) error {
	const op = "central.notMany"
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM answered WHERE kind = ? AND decided = ? AND at > ?`, "taken-back", by,
		c.now().Add(-(guard.MaxAskHours+48)*time.Hour).UnixMilli()).Scan(&n)
	if err == nil && n >= manyBack {
		return fault.New(op, fault.Input, errors.New("operator "+by+": took back as many grants as may be"))
	}
	return diskFault(op, err)
}

// overs is guard's word on what a person says of another's request, grant or emergency at
// a laptop, or anywhere, who may have been taken off the roster since.
func (c *Central) overs(ctx context.Context, q querier, by string, v guard.Verb, operator string, device uuid.UUID) error {
	who, err := person(ctx, q, by)
	if err != nil {
		return err
	}
	at, err := siteOf(ctx, q, device)
	if err != nil {
		return err
	}
	off, err := switchedOff(ctx, q, at.County)
	if err != nil {
		return err
	}
	var asker guard.Operator
	for _, o := range off {
		if o.ID == operator {
			asker = account(o)
		}
	}
	if asker.ID == "" {
		if asker, err = person(ctx, q, operator); err != nil {
			return err
		}
	}
	if device == uuid.Nil && asker.Level == guard.PointLevel {
		at.Point = cmp.Or(at.Point, asker.Org)
	}
	return mayBy(who, guard.Answers(who, v, asker, at))
}

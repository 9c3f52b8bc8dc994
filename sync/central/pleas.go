package central

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// pleaSchema holds requests for grants that came with the chains, and what the
// chains say about them and was not dealt with yet.
func pleaSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS pleas (device TEXT NOT NULL, ask TEXT NOT NULL, operator TEXT NOT NULL, case_id TEXT NOT NULL, reason TEXT NOT NULL,
			at BIGINT NOT NULL, state TEXT NOT NULL, decided TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (device, ask))`,
		`CREATE TABLE IF NOT EXISTS plea_words (device TEXT NOT NULL, counter BIGINT NOT NULL, operator TEXT NOT NULL, case_id TEXT NOT NULL, detail TEXT NOT NULL,
			reason TEXT NOT NULL, PRIMARY KEY (device, counter))`,
	}
}

// The states of a request.
const (
	pleaWaits    = "waiting"
	pleaApproved = "approved"
	pleaDeclined = "declined"
	// by who made it; what lists requests leaves it out
	pleaWithdrawn = "withdrawn"
)

// keepWords puts aside what new changes say about requests, to be dealt with by
// settlePleas: the desk's lock is not taken beside those of a parcel.
func keepWords(ctx context.Context, tx *sql.Tx, changes []*loan.Change) error {
	for _, ch := range changes {
		b, err := loan.Body[loan.ViewBody](ch)
		if err != nil || guard.WordOf(b.Detail).Kind == 0 || len(b.Reason) > guard.MaxReason {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO plea_words (device, counter, operator, case_id, detail, reason) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			ch.Device.String(), int64(ch.Counter), ch.Operator, ch.Case.String(), b.Detail, b.Reason); err != nil {
			return diskFault("central.keepWords", err)
		}
	}
	return nil
}

// pleaWord is one row of plea_words.
type pleaWord struct {
	device         uuid.UUID
	counter        int64
	operator, kase string
	reason         string
	guard.Word
}

// settlePleas deals with what waits in plea_words: requests are put on the list
// that goes down, approvals that are right become grants, and the rest of the
// list is what still waits.
func (c *Central) settlePleas(ctx context.Context) error {
	return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		words, err := pleaWords(ctx, tx)
		if err != nil || len(words) == 0 {
			return err
		}
		for _, w := range words {
			if err := c.settlePlea(ctx, tx, w); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM plea_words WHERE device = ? AND counter = ?`, w.device.String(), w.counter); err != nil {
				return diskFault("central.settlePleas", err)
			}
		}
		if err := c.issueBack(ctx, tx); err != nil {
			return err
		}
		return c.issuePleas(ctx, tx)
	})
}

func pleaWords(ctx context.Context, tx *sql.Tx) ([]pleaWord, error) {
	const op = "central.pleaWords"
	rows, err := tx.QueryContext(ctx, `SELECT device, counter, operator, case_id, detail, reason FROM plea_words ORDER BY device, counter`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []pleaWord
	for rows.Next() {
		var w pleaWord
		var device, detail string
		if err := rows.Scan(&device, &w.counter, &w.operator, &w.kase, &detail, &w.reason); err != nil {
			return nil, diskFault(op, err)
		}
		w.device, _ = parseID(device)
		w.Word = guard.WordOf(detail)
		out = append(out, w)
	}
	// A request and its answer may come together, the answer's laptop first.
	slices.SortStableFunc(out, func(a, b pleaWord) int { return boolean(b.Kind == guard.Asked) - boolean(a.Kind == guard.Asked) })
	return out, diskFault(op, rows.Err())
}

// settlePlea deals with one word; one that does not hold is told in the log and
// changes nothing.
func (c *Central) settlePlea(ctx context.Context, tx *sql.Tx, w pleaWord) error {
	const op = "central.settlePlea"
	switch w.Kind {
	case guard.Asked:
		kase, _ := parseID(w.kase)
		p := guard.Waiting{Device: w.device, Operator: w.operator, Ask: w.Ask, Case: kase, Reason: w.reason, At: c.now().UTC()}
		if !grantable(p, c.now()) {
			c.log.Warn("a request for a grant that is none", "device", w.device, "operator", w.operator)
			return nil
		}
		said, err := c.unnamed(ctx, tx, w.reason, kase) // it goes down to other laptops
		if err != nil {
			return err
		}
		state, by, word, err := c.takenBackBefore(ctx, tx, w)
		if err != nil {
			return fault.Wrap(op, err)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO pleas (device, ask, operator, case_id, reason, at, state, decided, word) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			w.device.String(), w.Ask, w.operator, w.kase, said, c.now().UnixMilli(), state, by, word)
		return diskFault(op, err)
	case guard.Settled:
		return c.settledPlea(ctx, tx, w)
	case guard.Withdrawn:
		return c.withdrawnPlea(ctx, tx, w)
	case guard.TakenBack:
		return c.takenBackGrant(ctx, tx, w)
	}
	return c.answeredPlea(ctx, tx, w)
}

// caseList is the case of a request, where it names one that is here.
func caseList(id uuid.UUID) []uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return []uuid.UUID{id}
}

// plea finds a request that waits; fault.Missing for any other.
func plea(ctx context.Context, q querier, device uuid.UUID, ask string) (guard.Waiting, error) {
	all, err := pleas(ctx, q)
	if err != nil {
		return guard.Waiting{}, err
	}
	for _, p := range all {
		if p.Device == device && p.Ask == ask && !p.Declined {
			return p, nil
		}
	}
	state, _, _, err := stateOf(ctx, q, device, ask)
	if err != nil {
		return guard.Waiting{}, err
	}
	if state == pleaWithdrawn {
		return guard.Waiting{}, takenBack("central.plea")
	}
	return guard.Waiting{}, fault.Tell("central.plea", fault.Missing, "没有这份待答复的申请：用 sync grant waiting 核对电脑和申请的数字。", errors.New("no such request waits"))
}

// takenBack is why a request is not answered any more.
func takenBack(op string) error {
	return fault.Tell(op, fault.Missing, "这份申请已由本人撤回，不必答复。", errors.New("whoever made the request took it back"))
}

// stateOf is what became of a request, whose it is, and by whom; empty where none is known.
func stateOf(ctx context.Context, q querier, device uuid.UUID, ask string) (state, operator, decided string, err error) {
	err = q.QueryRowContext(ctx, `SELECT state, operator, decided FROM pleas WHERE device = ? AND ask = ?`, device.String(), ask).Scan(&state, &operator, &decided)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", "", nil
	}
	return state, operator, decided, diskFault("central.stateOf", err)
}

// takeGrantBack takes the grant back that a request became, where one went down.
func (c *Central) takeGrantBack(ctx context.Context, tx *sql.Tx, device uuid.UUID, ask string) error {
	id, err := grantOf(device, ask)
	if err != nil {
		return err
	}
	_, err = c.issue(ctx, tx, issuance{kind: bulletin.Grant, name: id})
	if fault.KindOf(err) == fault.Missing {
		return nil // it was given by telephone alone, and counts nothing at its laptop
	}
	return err
}

// withdrawnPlea takes a request off the list that whoever made it took back. What was
// granted for it before that was heard is taken back too.
func (c *Central) withdrawnPlea(ctx context.Context, tx *sql.Tx, w pleaWord) error {
	const op = "central.withdrawnPlea"
	state, operator, decided, err := stateOf(ctx, tx, w.device, w.Ask)
	if err != nil || state == "" {
		return err
	}
	if operator != w.operator {
		c.log.Warn("a request of another was to be taken back", "device", w.device, "operator", w.operator)
		return nil
	}
	if state == pleaApproved {
		if err := c.takeGrantBack(ctx, tx, w.device, w.Ask); err != nil {
			return fault.Wrap(op, err)
		}
		back := guard.AnswerBack{Operator: decided, Answer: guard.SaidYes, Why: guard.WhyGone, Device: w.device, Asker: operator, Ask: w.Ask}
		back.Case, _ = parseID(w.kase)
		if err := c.tellBack(ctx, tx, back); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE pleas SET state = ?, decided = ? WHERE device = ? AND ask = ?`, pleaWithdrawn, operator, w.device.String(), w.Ask)
	return diskFault(op, err)
}

// decidePlea writes an answer down; what is approved goes down as a grant.
func (c *Central) decidePlea(ctx context.Context, tx *sql.Tx, p guard.Waiting, approve bool, by, word string) error {
	const op = "central.decidePlea"
	state := pleaDeclined
	var err error
	if word, err = c.unnamed(ctx, tx, word, p.Case); err != nil {
		return err
	}
	if p.Reason, err = c.unnamed(ctx, tx, p.Reason, p.Case); err != nil {
		return err
	}
	if approve {
		state = pleaApproved
		asked, err := p.Plea()
		if err != nil {
			return err
		}
		g, err := asked.Grant(p.Case, p.Reason, by, c.now())
		if err != nil {
			return err
		}
		if err := c.issueTo(ctx, tx, p.Device, g); err != nil {
			return fault.Wrap(op, err)
		}
		for _, id := range g.Cases {
			if err := keepWord(ctx, tx, id.String(), by); err != nil {
				return fault.Wrap(op, err)
			}
		}
		raw, err := hex.DecodeString(p.Ask)
		if err != nil {
			return fault.New(op, fault.Input, err)
		}
		if _, err := c.noteAnswer(ctx, tx, p.Device, "grant", raw, p.Operator, by, word); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE pleas SET state = ?, decided = ?, word = ? WHERE device = ? AND ask = ?`, state, by, word, p.Device.String(), p.Ask)
	return diskFault(op, err)
}

// settledPlea takes a request off the list that was answered at its laptop. Who declined
// it is told, unless the grant was taken back since.
func (c *Central) settledPlea(ctx context.Context, tx *sql.Tx, w pleaWord) error {
	all, err := pleas(ctx, tx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if id, err := grantOf(p.Device, p.Ask); err != nil || p.Device != w.device || id != w.Grant {
			continue
		}
		by := cmp.Or(w.By, w.operator)
		if p.Declined {
			_, gone, err := c.grantHere(ctx, tx, w.Grant)
			if err != nil && fault.KindOf(err) != fault.Missing && !spoilt(err) || gone {
				return err
			}
			if err := c.overruled(ctx, tx, p, by); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE pleas SET state = ?, decided = ? WHERE device = ? AND ask = ?`, pleaApproved, by, p.Device.String(), p.Ask)
		return diskFault("central.settledPlea", err)
	}
	return nil
}

// pleas lists what waits, or was declined and its time is not over, the newest
// first.
func pleas(ctx context.Context, q querier) ([]guard.Waiting, error) {
	const op = "central.pleas"
	rows, err := q.QueryContext(ctx, `SELECT device, ask, operator, case_id, reason, at, state, decided, word FROM pleas WHERE state NOT IN (?, ?) ORDER BY at DESC, device, ask`, pleaApproved, pleaWithdrawn)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []guard.Waiting
	for rows.Next() {
		var p guard.Waiting
		var device, kase, state string
		var at int64
		if err := rows.Scan(&device, &p.Ask, &p.Operator, &kase, &p.Reason, &at, &state, &p.By, &p.Word); err != nil {
			return nil, diskFault(op, err)
		}
		p.Device, _ = parseID(device)
		p.Case, _ = parseID(kase)
		p.At, p.Declined = time.UnixMilli(at).UTC(), state == pleaDeclined
		out = append(out, p)
	}
	return out, diskFault(op, rows.Err())
}

// issuePleas sends the list down, and forgets what is too old for it.
func (c *Central) issuePleas(ctx context.Context, tx *sql.Tx) error {
	const op = "central.issuePleas"
	if err := c.forgetOver(ctx, tx); err != nil {
		return err
	}
	all, err := pleas(ctx, tx)
	if err != nil {
		return err
	}
	var content []byte
	list, _ := shared(all)
	if err = c.unnamePleas(ctx, tx, list); err == nil {
		content, err = guard.EncodeWaiting(list)
	}
	if err != nil {
		return fault.Wrap(op, err)
	}
	_, err = c.issue(ctx, tx, issuance{kind: bulletin.Asks, name: bulletin.AsksName, content: content, entries: len(list), expires: c.now().Add(guard.WaitFor)})
	return err
}

// unnamePleas masks the names of the cases' people in requests and answers, also of cases
// that came after them, and keeps them so.
func (c *Central) unnamePleas(ctx context.Context, tx *sql.Tx, list []guard.Waiting) error {
	names := c.naming(tx)
	for i, p := range list {
		reason, err := names.text(ctx, p.Reason, p.Case)
		if err != nil {
			return err
		}
		word, err := names.text(ctx, p.Word, p.Case)
		if err != nil {
			return err
		}
		if reason == p.Reason && word == p.Word {
			continue
		}
		list[i].Reason, list[i].Word = reason, word
		if _, err := tx.ExecContext(ctx, `UPDATE pleas SET reason = ?, word = ? WHERE device = ? AND ask = ?`, reason, word, p.Device.String(), p.Ask); err != nil {
			return diskFault("central.unnamePleas", err)
		}
	}
	return nil
}

// Pleas lists the requests for grants that wait for an answer, and those that
// were declined, the newest first: those of the list that goes down, and then the rest. In
// the reasons the cases' people are masked.
func (c *Central) Pleas(ctx context.Context) ([]Plea, error) {
	all, err := pleas(ctx, c.db)
	names := c.naming(c.db)
	for i := 0; err == nil && i < len(all); i++ {
		if all[i].Reason, err = names.text(ctx, all[i].Reason, all[i].Case); err == nil {
			all[i].Word, err = names.text(ctx, all[i].Word, all[i].Case)
		}
	}
	all = slices.DeleteFunc(all, func(p guard.Waiting) bool { return c.now().Sub(p.At) > guard.WaitFor })
	list, rest := shared(all)
	var out []Plea
	for _, p := range append(list, rest...) {
		if err != nil {
			break
		}
		var told Plea
		told, err = c.listedPlea(ctx, p)
		out = append(out, told)
	}
	return out, fault.Wrap("central.Pleas", err)
}

// AnswerPlea answers a request that waits, as a data administrator at the centre.
// fault.Missing for one that does not wait, or no longer; else as NewGrant.
func (c *Central) AnswerPlea(ctx context.Context, device uuid.UUID, ask string, approve bool, by, word string) error {
	const op = "central.AnswerPlea"
	if err := guard.CheckReason(word); err != nil {
		return fault.Wrap(op, err)
	}
	return fault.Wrap(op, c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := c.inTime(ctx, tx, device, ask); err != nil {
			return err
		}
		p, err := plea(ctx, tx, device, ask)
		if err != nil {
			return err
		}
		if err := c.answers(ctx, tx, by, p.Operator, p.Device, caseList(p.Case)); err != nil {
			return err
		}
		if err := c.decidePlea(ctx, tx, p, approve, by, word); err != nil {
			return err
		}
		return c.issuePleas(ctx, tx)
	}))
}

// forgetPlea takes a request off the list that was answered by telephone. Who declined it
// is told.
func (c *Central) forgetPlea(ctx context.Context, tx *sql.Tx, device uuid.UUID, ask []byte, by string) error {
	const op = "central.forgetPlea"
	p := guard.Waiting{Device: device, Ask: hex.EncodeToString(ask)}
	state, operator, declined, err := stateOf(ctx, tx, device, p.Ask)
	if err != nil || state != pleaWaits && state != pleaDeclined {
		return err
	}
	if state == pleaDeclined {
		p.Operator, p.By = operator, declined
		var kase string
		if err := tx.QueryRowContext(ctx, `SELECT case_id FROM pleas WHERE device = ? AND ask = ?`, device.String(), p.Ask).Scan(&kase); err != nil {
			return diskFault(op, err)
		}
		p.Case, _ = parseID(kase)
		if err := c.overruled(ctx, tx, p, by); err != nil {
			return err
		}
		if err := c.issueBack(ctx, tx); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE pleas SET state = ?, decided = ? WHERE device = ? AND ask = ?`, pleaApproved, by, device.String(), p.Ask); err != nil {
		return diskFault(op, err)
	}
	return c.issuePleas(ctx, tx)
}

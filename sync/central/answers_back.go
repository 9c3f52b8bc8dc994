package central

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// backSchema holds the answers that took no effect, of each person to each request the
// last.
func backSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS answers_back (operator TEXT NOT NULL, grant_id TEXT NOT NULL, answer TEXT NOT NULL, why TEXT NOT NULL, decided TEXT NOT NULL,
			device TEXT NOT NULL, asker TEXT NOT NULL, ask TEXT NOT NULL, case_id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (operator, grant_id))`,
	}
}

// answeredPlea deals with an answer that a laptop tells of. Who gave it is told where it
// takes no effect; the same of the same person a second time is no other answer.
func (c *Central) answeredPlea(ctx context.Context, tx *sql.Tx, w pleaWord) error {
	p, err := plea(ctx, tx, w.Device, w.Ask)
	if fault.KindOf(err) == fault.Missing {
		return c.answeredBefore(ctx, tx, w)
	}
	if err == nil {
		err = c.answers(ctx, tx, w.operator, p.Operator, p.Device, caseList(p.Case))
	}
	if k := fault.KindOf(err); k == fault.Input || k == fault.Damaged {
		c.log.Warn("an answer to a request was refused", "device", w.device, "operator", w.operator, "error", err.Error())
		why := guard.WhyMayNot
		if k == fault.Damaged {
			why = guard.WhyDamaged
		}
		return c.tellBack(ctx, tx, guard.AnswerBack{Operator: w.operator, Answer: w.said(), Why: why, Device: w.Device, Asker: p.Operator, Ask: w.Ask, Case: p.Case})
	}
	if err != nil {
		return err
	}
	return c.decidePlea(ctx, tx, p, w.Kind == guard.Approved, w.operator, w.reason)
}

// said is the word's answer.
func (w pleaWord) said() guard.Answer {
	return map[guard.WordKind]guard.Answer{guard.Approved: guard.SaidYes, guard.Declined: guard.SaidNo, guard.TakenBack: guard.SaidBack}[w.Kind]
}

// answeredBefore deals with an answer to a request that does not wait.
func (c *Central) answeredBefore(ctx context.Context, tx *sql.Tx, w pleaWord) error {
	const op = "central.answeredBefore"
	back := guard.AnswerBack{Operator: w.operator, Answer: w.said(), Device: w.Device, Ask: w.Ask}
	var state, kase string
	err := tx.QueryRowContext(ctx, `SELECT state, operator, decided, case_id FROM pleas WHERE device = ? AND ask = ?`, w.Device.String(), w.Ask).Scan(&state, &back.Asker, &back.By, &kase)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return diskFault(op, err)
	}
	back.Case, _ = parseID(kase)
	switch state {
	case pleaApproved, pleaDeclined:
		back.Why = guard.WhyApproved
		if state == pleaDeclined {
			back.Why = guard.WhyDeclined
		}
		if back.By == w.operator && (state == pleaApproved) == (w.Kind == guard.Approved) {
			return nil
		}
	case pleaWithdrawn:
		back.Why = guard.WhyGone
	default:
		back.Why = guard.WhyOver
		at, err := whenSaid(ctx, tx, w)
		if err != nil || c.now().Sub(at) > guard.BackFor {
			return err // a chain that comes again tells of answers of long ago
		}
	}
	c.log.Warn("an answer to a request took no effect", "device", w.device, "operator", w.operator, "why", back.Why)
	return c.tellBack(ctx, tx, back)
}

// whenSaid is when a word was noted, by its laptop's clock.
func whenSaid(ctx context.Context, q querier, w pleaWord) (time.Time, error) {
	const op = "central.whenSaid"
	var b []byte
	err := q.QueryRowContext(ctx, `SELECT bytes FROM changes WHERE device = ? AND counter = ?`, w.device.String(), w.counter).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, diskFault(op, err)
	}
	ch, err := loan.DecodeChange(b)
	if err != nil {
		return time.Time{}, fault.Wrap(op, err)
	}
	return ch.At, nil
}

// tellBack writes down an answer that took no effect, for issueBack to tell who gave it.
// Nothing for whoever answers nothing, and for a request that is none: a lying laptop
// tells nobody anything in another's name.
func (c *Central) tellBack(ctx context.Context, tx *sql.Tx, a guard.AnswerBack) error {
	const op = "central.tellBack"
	err := onRoster(ctx, tx, a.Operator, string(guard.DataAdmin))
	if fault.KindOf(err) == fault.Input {
		return nil
	}
	if err != nil {
		return err
	}
	if a.Ask != "" {
		if a.Grant, err = grantOf(a.Device, a.Ask); err != nil {
			return nil
		}
	}
	a.At = c.now().UTC()
	if _, err := guard.EncodeAnswersBack([]guard.AnswerBack{a}); err != nil {
		return nil
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO answers_back (operator, grant_id, answer, why, decided, device, asker, ask, case_id, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (operator, grant_id) DO UPDATE SET answer = excluded.answer, why = excluded.why, decided = excluded.decided,
		device = excluded.device, asker = excluded.asker, ask = excluded.ask, case_id = excluded.case_id, at = excluded.at`,
		a.Operator, a.Grant, string(a.Answer), string(a.Why), a.By, a.Device.String(), a.Asker, a.Ask, a.Case.String(), a.At.UnixMilli())
	return diskFault(op, err)
}

// grantOf is the id of the grant that a request of a laptop becomes.
func grantOf(device uuid.UUID, ask string) (string, error) {
	raw, err := hex.DecodeString(ask)
	if err != nil {
		return "", fault.New("central.grantOf", fault.Input, err)
	}
	a, err := guard.ParseAsk(raw)
	if err != nil {
		return "", err
	}
	return guard.Plea{Device: guard.TagOf(device), Ask: a}.ID()
}

// issueBack sends the answers that took no effect down, where the list in force is another,
// and forgets what is too old for it.
func (c *Central) issueBack(ctx context.Context, tx *sql.Tx) error {
	const op = "central.issueBack"
	if _, err := tx.ExecContext(ctx, `DELETE FROM answers_back WHERE at < ?`, c.now().Add(-guard.BackFor).UnixMilli()); err != nil {
		return diskFault(op, err)
	}
	list, err := answersBack(ctx, tx)
	if err != nil {
		return err
	}
	content, err := guard.EncodeAnswersBack(list)
	if err != nil {
		return fault.Wrap(op, err)
	}
	had, there, err := c.said(ctx, tx, bulletin.Answers, bulletin.AnswersName)
	if err != nil || !there && len(list) == 0 || there && bytes.Equal(had, content) {
		return err
	}
	_, err = c.issue(ctx, tx, issuance{kind: bulletin.Answers, name: bulletin.AnswersName, content: content, entries: len(list), expires: c.now().Add(guard.BackFor)})
	return err
}

// answersBack is the list that goes down: of each person the newest, and of all.
func answersBack(ctx context.Context, q querier) ([]guard.AnswerBack, error) {
	const op = "central.answersBack"
	rows, err := q.QueryContext(ctx, `SELECT operator, grant_id, answer, why, decided, device, asker, ask, case_id, at FROM answers_back ORDER BY at DESC, operator, grant_id`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []guard.AnswerBack
	his := map[string]int{}
	for rows.Next() {
		var a guard.AnswerBack
		var device, kase string
		var at int64
		if err := rows.Scan(&a.Operator, &a.Grant, &a.Answer, &a.Why, &a.By, &device, &a.Asker, &a.Ask, &kase, &at); err != nil {
			return nil, diskFault(op, err)
		}
		a.Device, _ = parseID(device)
		a.Case, _ = parseID(kase)
		a.At = time.UnixMilli(at).UTC()
		if his[a.Operator]++; his[a.Operator] <= guard.MaxOwnBack && len(out) < guard.MaxBack {
			out = append(out, a)
		}
	}
	return out, diskFault(op, rows.Err())
}

// overruled tells who declined a request that it was approved all the same, before or
// after.
func (c *Central) overruled(ctx context.Context, tx *sql.Tx, p guard.Waiting, by string) error {
	if by == p.By {
		return nil // he changed his mind
	}
	return c.tellBack(ctx, tx, guard.AnswerBack{Operator: p.By, Answer: guard.SaidNo, Why: guard.WhyApproved, By: by, Device: p.Device, Asker: p.Operator, Ask: p.Ask, Case: p.Case})
}

package central

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// everSealed says whether a contract of a case was ever sealed, whatever became of it
// since: the head of that change is here.
func everSealed(ctx context.Context, q querier, id uuid.UUID) (bool, error) {
	n := 0
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM changes WHERE case_id = ? AND kind = ?`, id.String(), string(loan.ChangeSeal)).Scan(&n)
	return n > 0, diskFault("central.everSealed", err)
}

// lastOfChains is the last change of each chain that is here of a case.
func lastOfChains(ctx context.Context, q querier, id uuid.UUID) ([]uuid.UUID, error) {
	out, err := idsOf(ctx, q, `SELECT c.id FROM changes c WHERE c.case_id = ? AND c.counter =
		(SELECT MAX(o.counter) FROM changes o WHERE o.case_id = c.case_id AND o.device = c.device)`, id.String())
	slices.SortFunc(out, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return out, err
}

// met are those of some erased cases of which a laptop now brings what the wish could
// not erase: a sealed contract, or work on a case that was known here by changes of
// the laptop that wished it alone, and was opened on another.
func (c *Central) met(ctx context.Context, tx *sql.Tx, in *income, gone map[uuid.UUID]bool) (map[uuid.UUID]bool, error) {
	out, fresh := map[uuid.UUID]bool{}, map[uuid.UUID]int{}
	for _, ch := range in.news {
		if ch.Kind == loan.ChangeOpen {
			fresh[ch.Case]++
		}
	}
	for _, ch := range in.news {
		if !gone[ch.Case] || out[ch.Case] || ch.Body == nil {
			continue
		}
		bound := false
		if ch.Kind != loan.ChangeSeal {
			var err error
			if bound, err = binds(ctx, tx, ch, fresh[ch.Case]); err != nil {
				return nil, err
			}
		}
		if !bound {
			out[ch.Case] = true
		}
	}
	return out, nil
}

// binds says whether the tombstone of a change's case is for that change too: the
// laptop itself wished it, or the change that opens the case was here before. Of those
// that open it fresh came now.
func binds(ctx context.Context, tx *sql.Tx, ch *loan.Change, fresh int) (bool, error) {
	var own, opens int
	err := tx.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM erased WHERE case_id = ? AND device = ?), (SELECT COUNT(*) FROM changes WHERE case_id = ? AND kind = ?)`,
		ch.Case.String(), ch.Device.String(), ch.Case.String(), string(loan.ChangeOpen)).Scan(&own, &opens)
	return own > 0 || opens > fresh, diskFault("central.binds", err)
}

// revive takes the tombstone of a case away, of which something came that the wish
// could not erase. What was taken of it before stays away; what came is kept, and who
// has yet to be told that it is erased is not told. The wish is written down as one
// that was not granted. The case is locked.
func (c *Central) revive(ctx context.Context, tx *sql.Tx, id uuid.UUID) error {
	const op = "central.revive"
	key := id.String()
	var device, operator, reason string
	err := tx.QueryRowContext(ctx, `SELECT device, operator, reason FROM erased WHERE case_id = ?`, key).Scan(&device, &operator, &reason)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return diskFault(op, err)
	}
	for _, s := range []struct {
		text string
		args []any
	}{
		{`DELETE FROM erased WHERE case_id = ?`, []any{key}},
		{`INSERT INTO erase_refused (case_id, device, operator, reason, why, at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (case_id, device) DO UPDATE SET operator = excluded.operator, reason = excluded.reason, why = excluded.why, at = excluded.at`,
			[]any{key, device, operator, reason, whyMet, c.now().UnixMilli()}},
		{`UPDATE cases SET status = ? WHERE id = ?`, []any{statusUnopened, key}},
		{`DELETE FROM contracts WHERE case_id = ?`, []any{key}},
		{`DELETE FROM news WHERE EXISTS (SELECT 1 FROM changes c WHERE c.case_id = ? AND c.kind = ? AND c.device = news.of_device AND c.counter = news.counter)`,
			[]any{key, string(loan.ChangeErase)}},
	} {
		if _, err := tx.ExecContext(ctx, s.text, s.args...); err != nil {
			return diskFault(op, err)
		}
	}
	c.log.Warn("a case that was erased at a person's wish lives again: a contract or a laptop's own work came", "case", id, "device", device, "operator", operator)
	return nil
}

// lateFor deals with what came of cases that were erased before: it loses its
// content as they did, and the laptop learns of it, where it is new to the case.
// The cases are locked.
func (c *Central) lateFor(ctx context.Context, tx *sql.Tx, d *device, gone, joined map[uuid.UUID]bool, brought map[uuid.UUID]*came) error {
	const op = "central.late"
	for _, id := range sortedIDs(gone) {
		w := wish{id: id, county: d.county}
		var device string
		if err := tx.QueryRowContext(ctx, `SELECT device, operator FROM erased WHERE case_id = ?`, id.String()).Scan(&device, &w.operator); err != nil {
			return diskFault(op, err)
		}
		w.device, _ = parseID(device)
		late := []*loan.Change{}
		if of := brought[id]; of != nil {
			late = of.changes
		}
		if err := c.bare(ctx, tx, w, late); err != nil {
			return err
		}
		if !joined[id] {
			continue
		}
		if err := c.lock(ctx, tx, lockAuthor); err != nil {
			return err
		}
		is, err := c.know(ctx, tx)
		if err != nil {
			return err
		}
		// Under the name that the centre has now; that of before a restore is not believed.
		var counter int64
		err = tx.QueryRowContext(ctx, `SELECT device, counter FROM changes WHERE case_id = ? AND kind = ? AND device IN (SELECT id FROM centres)
			ORDER BY CASE WHEN device = ? THEN 0 ELSE 1 END, counter DESC`, id.String(), string(loan.ChangeErase), is.centre.String()).Scan(&device, &counter)
		if err != nil {
			return diskFault(op, err)
		}
		if err := addNews(ctx, tx, d.id.String(), device, counter); err != nil {
			return err
		}
	}
	return nil
}

// firstSeen is what a former word that a case is erased had seen: said again, it
// claims to know no more. None where no word is here.
func (c *Central) firstSeen(ctx context.Context, tx *sql.Tx, id uuid.UUID) ([]uuid.UUID, error) {
	const op = "central.firstSeen"
	var b []byte
	err := tx.QueryRowContext(ctx, `SELECT bytes FROM changes WHERE case_id = ? AND kind = ? AND device IN (SELECT id FROM centres) ORDER BY device, counter DESC LIMIT 1`,
		id.String(), string(loan.ChangeErase)).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	ch, err := loan.DecodeChange(b)
	if err != nil {
		return nil, err
	}
	return ch.Seen, nil
}

// lookStays says whether a change of an erased case is a look whose body stays. Of a
// look that cannot, the centre's chain says who, when and which fields; and why, where
// it is known what the case said: a laptop that erased the case itself took out of its
// looks what names somebody, of another's it is not known once the case has no content.
func (c *Central) lookStays(ctx context.Context, tx *sql.Tx, w wish, ch *loan.Change, said []string, late []*loan.Change) (bool, error) {
	note, ok := guard.NoteOf(ch, said)
	if !ok {
		return false, nil
	}
	fresh := late == nil || slices.ContainsFunc(late, func(l *loan.Change) bool { return l.ID == ch.ID })
	known := ch.Device == w.device || late == nil && len(said) > 0
	if !fresh || known && guard.Outlives(ch, said) {
		return true, nil
	}
	if !known {
		note.Reason = ""
	}
	if err := c.lock(ctx, tx, lockAuthor); err != nil {
		return false, err
	}
	_, err := c.authorAs(ctx, tx, &loan.Case{}, w.operator, loan.ChangeView, note)
	return false, err
}

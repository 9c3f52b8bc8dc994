package central

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// glassSchema holds the emergencies that the chains tell of, and what was said of
// them afterwards, at the laptop or here: n is 1 of the first, which counts.
func glassSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS emergencies (device TEXT NOT NULL, id TEXT NOT NULL, operator TEXT NOT NULL, case_id TEXT NOT NULL, reason TEXT NOT NULL,
			at BIGINT NOT NULL, PRIMARY KEY (device, id))`,
		`CREATE TABLE IF NOT EXISTS emergency_reviews (chain TEXT NOT NULL, counter BIGINT NOT NULL, device TEXT NOT NULL, id TEXT NOT NULL, n INTEGER NOT NULL,
			operator TEXT NOT NULL, fit INTEGER NOT NULL, word TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (chain, counter), UNIQUE (device, id, n))`,
	}
}

// Emergency is a case seen in full at a laptop without a grant asked for before.
type Emergency struct {
	Device   uuid.UUID         `json:"device"`
	Point    string            `json:"point"`
	ID       string            `json:"id"`
	Operator string            `json:"operator"`
	Case     uuid.UUID         `json:"case"`
	Reason   string            `json:"reason"`
	At       time.Time         `json:"at"`                // by the laptop's clock
	Reviews  []EmergencyReview `json:"reviews,omitempty"` // the first counts
}

// EmergencyReview is what somebody found who looked at an emergency afterwards.
type EmergencyReview struct {
	By     string    `json:"by"`
	Right  bool      `json:"right"`
	Word   string    `json:"word"`
	At     time.Time `json:"at"`
	Centre bool      `json:"centre,omitempty"` // made here
}

// keepGlass writes down what looks that are new tell of emergencies.
func (c *Central) keepGlass(ctx context.Context, tx *sql.Tx, looks []*loan.Change) error {
	const op = "central.keepGlass"
	for _, ch := range looks {
		b := guard.LineOf(ch) // one noted again as its case was erased tells of the first
		w, ok := guard.GlassOf(b.Detail)
		var err error
		switch {
		case !ok || len(b.Reason) > guard.MaxReason:
			continue
		case w.Reviewed:
			err = c.keepReview(ctx, tx, ch, w, b.Reason)
		default:
			_, err = tx.ExecContext(ctx, `INSERT INTO emergencies (device, id, operator, case_id, reason, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
				ch.Device.String(), w.ID, b.Operator, b.Case.String(), b.Reason, b.At.UnixMilli())
		}
		if err != nil {
			return diskFault(op, err)
		}
	}
	return nil
}

// keepReview writes down a review that was made at the laptop. One by whoever may
// not, as by who used it, does not count here: a laptop does not clear itself. Nor does
// one over a case that is damaged here, of which it is not known who had a part in it;
// what came with it is no worse for that.
func (c *Central) keepReview(ctx context.Context, tx *sql.Tx, ch *loan.Change, w guard.GlassWord, word string) error {
	all, err := emergencies(ctx, tx, ch.Device.String(), w.ID)
	if err != nil {
		return err
	}
	if len(all) == 1 {
		err = c.mayReview(ctx, tx, ch.Operator, all[0])
	}
	if k := fault.KindOf(err); len(all) == 0 || k == fault.Input || k == fault.Damaged {
		c.log.Warn("a review of an emergency does not count", "device", ch.Device, "operator", ch.Operator, "emergency", w.ID)
		return nil
	}
	if err != nil {
		return err
	}
	return putReview(ctx, tx, ch, ch.Device, w, word)
}

// putReview writes down a review that a change tells of, behind those there are.
func putReview(ctx context.Context, tx *sql.Tx, ch *loan.Change, device uuid.UUID, w guard.GlassWord, word string) error {
	const op = "central.putReview"
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM emergency_reviews WHERE device = ? AND id = ?`, device.String(), w.ID).Scan(&n); err != nil {
		return diskFault(op, err)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO emergency_reviews (chain, counter, device, id, n, operator, fit, word, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (chain, counter) DO NOTHING`, ch.Device.String(), int64(ch.Counter), device.String(), w.ID, n+1, ch.Operator, boolean(w.Right), word, ch.At.UnixMilli())
	return diskFault(op, err)
}

// readGlass writes down the emergencies of chains that an earlier program took in,
// once.
func (c *Central) readGlass(ctx context.Context) error {
	const name = "emergencies-read"
	if done, err := known(ctx, c.db, name); err != nil || done {
		return err
	}
	var found []*loan.Change
	_, err := c.eachChange(ctx, `kind = ? AND device IN (SELECT id FROM devices)`, []any{string(loan.ChangeView)}, func(ch *loan.Change) error {
		if b, err := loan.Body[loan.ViewBody](ch); err == nil {
			if _, ok := guard.GlassOf(b.Detail); ok {
				found = append(found, ch)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := c.keepGlass(ctx, tx, found); err != nil {
			return err
		}
		_, err := meta(ctx, tx, name, func() string { return "1" })
		return err
	})
}

// Emergencies lists the emergencies of the laptops in somebody's organisation, those
// that nobody has looked at first and then the newest. The look is noted. Failures
// are those of Acting.
func (c *Central) Emergencies(ctx context.Context, p Person, reason string) (out []Emergency, err error) {
	const op = "central.Emergencies"
	if err := guard.CheckReason(reason); err != nil {
		return nil, fault.Wrap(op, err)
	}
	a := Act{Verb: guard.ReviewGlass, Name: "emergency list", Reason: reason, Own: true}
	_, err = c.Acting(ctx, p, a, func() error {
		r, err := c.readingOf(ctx, p.ID, &RecordQuery{})
		if err != nil {
			return err
		}
		all, err := emergencies(ctx, c.db, "", "")
		names := c.naming(c.db)
		for _, e := range all {
			if at, ok := r.sites[e.Device]; ok {
				if e.Reason, err = names.text(ctx, e.Reason, e.Case); err != nil {
					return err
				}
				for i := range e.Reviews {
					if e.Reviews[i].Word, err = names.text(ctx, e.Reviews[i].Word, e.Case); err != nil {
						return err
					}
				}
				e.Point = at.Point
				out = append(out, e)
			}
		}
		return err
	})
	return out, fault.Wrap(op, err)
}

// emergencies reads them with their reviews; all, or one of a laptop's.
func emergencies(ctx context.Context, q querier, device, id string) ([]Emergency, error) {
	const op = "central.emergencies"
	rows, err := q.QueryContext(ctx, `SELECT e.device, e.id, e.operator, e.case_id, e.reason, e.at, COALESCE(r.chain, ''), COALESCE(r.operator, ''), COALESCE(r.fit, 0),
		COALESCE(r.word, ''), COALESCE(r.at, 0) FROM emergencies e LEFT JOIN emergency_reviews r ON r.device = e.device AND r.id = e.id
		WHERE ? = '' OR (e.device = ? AND e.id = ?) ORDER BY CASE WHEN r.n IS NULL THEN 0 ELSE 1 END, e.at DESC, e.device, e.id, r.n`, device, device, id)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []Emergency
	for rows.Next() {
		var e Emergency
		var r EmergencyReview
		var of, kase, chain string
		var at, when int64
		var fit int
		if err := rows.Scan(&of, &e.ID, &e.Operator, &kase, &e.Reason, &at, &chain, &r.By, &fit, &r.Word, &when); err != nil {
			return nil, diskFault(op, err)
		}
		e.Device, _ = parseID(of)
		e.Case, _ = parseID(kase)
		e.At = time.UnixMilli(at).UTC()
		if n := len(out); n == 0 || out[n-1].Device != e.Device || out[n-1].ID != e.ID {
			out = append(out, e)
		}
		if chain != "" {
			r.Right, r.At, r.Centre = fit != 0, time.UnixMilli(when).UTC(), chain != of
			out[len(out)-1].Reviews = append(out[len(out)-1].Reviews, r)
		}
	}
	return out, diskFault(op, rows.Err())
}

// judgements says of an emergency of a laptop whether it was right, by the review that
// counts, and whether there is one.
func judgements(ctx context.Context, q querier) (func(device uuid.UUID, id string) (right, reviewed bool), error) {
	type glass struct {
		device uuid.UUID
		id     string
	}
	all, err := emergencies(ctx, q, "", "")
	found := map[glass]bool{}
	for _, e := range all {
		if len(e.Reviews) > 0 {
			found[glass{e.Device, e.ID}] = e.Reviews[0].Right
		}
	}
	return func(device uuid.UUID, id string) (right, reviewed bool) {
		right, reviewed = found[glass{device, id}]
		return right, reviewed
	}, err
}

// ReviewEmergency writes down what somebody found who looked at an emergency: of the
// level above who used it, in whose organisation the laptop lies, and never that
// person. It is in the centre's chain, and goes down signed to the laptop, which then
// shows it and counts the emergency as looked at. fault.Missing for one that is not
// there or was reviewed already; fault.Input for whoever may not, else as Acting.
func (c *Central) ReviewEmergency(ctx context.Context, p Person, device uuid.UUID, id string, right bool, word string) error {
	const op = "central.ReviewEmergency"
	if err := guard.CheckReason(word); err != nil {
		return fault.Wrap(op, err)
	}
	if _, ok := guard.GlassOf(guard.GlassWord{ID: id}.Detail()); !ok {
		return fault.Tell(op, fault.Input, "--id 不对：请照 sync emergency list 列出的写。", errors.New("id: as sync emergency list shows it"))
	}
	missing := fault.Tell(op, fault.Missing, "没有这次紧急查看，或已经复查过。", errors.New("no such emergency, or it was reviewed"))
	a := Act{Verb: guard.ReviewGlass, Name: "emergency review " + id + " at " + device.String(), Reason: word, Own: true}
	of, err := emergencies(ctx, c.db, device.String(), id)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if len(of) > 0 {
		a.Case = of[0].Case
	}
	_, err = c.Acting(ctx, p, a, func() error {
		return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
			all, err := emergencies(ctx, tx, device.String(), id)
			if err != nil {
				return err
			}
			if len(all) == 0 || len(all[0].Reviews) > 0 {
				return missing
			}
			if err := c.mayReview(ctx, tx, p.ID, all[0]); err != nil {
				return err
			}
			if word, err = c.unnamed(ctx, tx, word, all[0].Case); err != nil {
				return err
			}
			w := guard.GlassWord{ID: id, Reviewed: true, Operator: all[0].Operator, Right: right}
			ch, err := c.noted(ctx, tx, p.ID, loan.ChangeView, loan.ViewBody{Reason: word, Detail: w.Detail() + " at " + device.String() + " of case " + all[0].Case.String()})
			if err != nil {
				return err
			}
			if err := putReview(ctx, tx, ch, device, w, word); err != nil {
				return err
			}
			return c.issueReviews(ctx, tx)
		})
	})
	return fault.Wrap(op, err)
}

// mayReview is guard's word on a review, of an emergency of somebody who may have
// been taken off the roster since.
func (c *Central) mayReview(ctx context.Context, q querier, by string, e Emergency) error {
	if err := c.overs(ctx, q, by, guard.ReviewGlass, e.Operator, e.Device); err != nil {
		return err
	}
	who, err := person(ctx, q, by)
	if err != nil {
		return err
	}
	return c.apart(ctx, q, who, guard.ReviewGlass, e.Case)
}

// issueReviews sends the newest reviews that were made here down.
func (c *Central) issueReviews(ctx context.Context, tx *sql.Tx) error {
	all, err := emergencies(ctx, tx, "", "")
	if err != nil {
		return err
	}
	var list []guard.Reviewed
	for _, e := range all {
		for _, r := range e.Reviews {
			if r.Centre {
				list = append(list, guard.Reviewed{Device: e.Device, ID: e.ID, Operator: e.Operator, Case: e.Case, By: r.By, Right: r.Right, Word: r.Word, At: r.At})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b guard.Reviewed) int { return b.At.Compare(a.At) })
	content, err := guard.EncodeReviewed(list[:min(len(list), guard.MaxReviewed)])
	if err != nil {
		return fault.Wrap("central.issueReviews", err)
	}
	_, err = c.issue(ctx, tx, issuance{kind: bulletin.Reviews, name: bulletin.ReviewsName, content: content, entries: len(list)})
	return err
}

package central

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Odd is something in the record of all laptops for a person to look at, and at
// which points it was.
type Odd struct {
	guard.Oddity
	Points []string `json:"points,omitempty"`
}

// RecordOdd looks for the patterns that a laptop looks for in its own record, over
// all laptops of the auditor's organisation: what one operator did at several counts
// together, and so does a phone or a portrait in the cases of several points. Access
// and failures are those of Record. What the laptops themselves cannot say is among it: that
// one went on from older data, or sent another record than is held here. Memory grows with
// people, days and portraits.
func (c *Central) RecordOdd(ctx context.Context, p Person, q RecordQuery) ([]Odd, error) {
	const op = "central.RecordOdd"
	var out []Odd
	err := c.auditing(ctx, p, "record odd", &q, func(r *reading) (err error) {
		out, err = r.odd(ctx)
		return err
	})
	return out, fault.Wrap(op, err)
}

func (r *reading) odd(ctx context.Context) ([]Odd, error) {
	var w guard.Watch
	var backs []guard.Line
	faces := map[loan.Hash][]uuid.UUID{}
	cases, err := whoseCases(ctx, r.c.db)
	if err != nil {
		return nil, err
	}
	whose := func(id uuid.UUID) guard.Whose { return cases[id] }
	for _, d := range r.chains {
		_, err := r.c.eachChange(ctx, `device = ?`, []any{d.String()}, func(ch *loan.Change) error {
			l := r.lineOf(ch)
			if !r.q.Wants(l) {
				w.Pass(l.Act())
			} else if !guard.AgainAnew(l.Act(), whose) {
				w.See(l.Act())
			}
			if ch.Kind == loan.ChangeRestore && r.q.Wants(l) {
				backs = append(backs, l)
			}
			guard.FaceOf(ch, faces)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	places, err := r.places(ctx)
	if err != nil {
		return nil, err
	}
	found, err := r.oddPeople(ctx, faces, places, whose)
	if err != nil {
		return nil, err
	}
	set, err := r.oddBack(ctx, backs)
	if err != nil {
		return nil, err
	}
	found = append(found, set...)
	judged, err := judgements(ctx, r.c.db)
	if err != nil {
		return nil, err
	}
	for _, o := range w.Found() {
		o.Judge(judged)
		odd := Odd{Oddity: o}
		for _, d := range o.Devices {
			odd.at(r.sites[d])
		}
		found = append(found, odd)
	}
	return found, nil
}

func (o *Odd) at(s guard.Site) {
	if s.Point != "" && !slices.Contains(o.Points, s.Point) {
		o.Points = append(o.Points, s.Point)
		slices.Sort(o.Points)
	}
}

// places says where each case was opened that the auditor may know of.
func (r *reading) places(ctx context.Context) (map[uuid.UUID]guard.Site, error) {
	const op = "central.places"
	rows, err := r.c.db.QueryContext(ctx, `SELECT id, device FROM cases`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := map[uuid.UUID]guard.Site{}
	for rows.Next() {
		var id, device string
		if err := rows.Scan(&id, &device); err != nil {
			return nil, diskFault(op, err)
		}
		k, _ := parseID(id)
		d, _ := parseID(device)
		if s, ok := r.sites[d]; ok && (r.q.Device == uuid.Nil || r.q.Device == d) {
			out[k] = s
		}
	}
	return out, diskFault(op, rows.Err())
}

// whoseCases says of which student each case is, by the mark of the number.
func whoseCases(ctx context.Context, q querier) (map[uuid.UUID]guard.Whose, error) {
	const op = "central.whoseCases"
	rows, err := q.QueryContext(ctx, `SELECT case_id, sort, mark FROM marks WHERE sort IN ('id', 'void') ORDER BY case_id, mark`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := map[uuid.UUID]guard.Whose{}
	for rows.Next() {
		var s, sort string
		var m []byte
		if err := rows.Scan(&s, &sort, &m); err != nil {
			return nil, diskFault(op, err)
		}
		if id, ok := parseID(s); ok && out[id].Student == "" {
			out[id] = guard.Whose{Case: id, Student: string(m), Void: sort == markVoid}
		}
	}
	return out, diskFault(op, rows.Err())
}

// phoneCases gives, for each phone, the cases in which it stands as the student's or a
// co-borrower's. Void cases have no such mark.
func phoneCases(ctx context.Context, q querier) ([][]uuid.UUID, error) {
	const op = "central.phoneCases"
	rows, err := q.QueryContext(ctx, `SELECT DISTINCT mark, case_id FROM marks m WHERE sort IN ('phone', 'cophone') AND
		(SELECT COUNT(*) FROM marks o WHERE o.mark = m.mark AND o.sort IN ('phone', 'cophone')) >= ? ORDER BY mark, case_id`, guard.ManyPhones)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out [][]uuid.UUID
	var last []byte
	for rows.Next() {
		var m []byte
		var s string
		if err := rows.Scan(&m, &s); err != nil {
			return nil, diskFault(op, err)
		}
		if len(out) == 0 || !bytes.Equal(last, m) {
			out = append(out, nil)
		}
		last = bytes.Clone(m)
		if id, ok := parseID(s); ok {
			out[len(out)-1] = append(out[len(out)-1], id)
		}
	}
	return out, diskFault(op, rows.Err())
}

// oddPeople are phones that stand with too many students, and portraits in too many
// cases.
func (r *reading) oddPeople(ctx context.Context, faces map[loan.Hash][]uuid.UUID, places map[uuid.UUID]guard.Site, whose func(uuid.UUID) guard.Whose) ([]Odd, error) {
	var out []Odd
	known := func(ids []uuid.UUID) []uuid.UUID {
		return slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { _, ok := places[id]; return !ok })
	}
	add := func(kind guard.OddKind, ids []uuid.UUID, count, least int) {
		if count < least {
			return
		}
		o := Odd{Oddity: guard.Oddity{Kind: kind, Count: count, Cases: ids[:min(len(ids), 20)]}}
		for _, id := range ids {
			o.at(places[id])
		}
		out = append(out, o)
	}
	phones, err := phoneCases(ctx, r.c.db)
	if err != nil {
		return nil, err
	}
	for _, ids := range phones {
		ids = known(ids)
		var of []guard.Whose
		for _, id := range ids {
			of = append(of, guard.Whose{Case: id, Student: whose(id).Student})
		}
		add(guard.OddPhone, ids, guard.Students(of), guard.ManyPhones)
	}
	for _, ids := range faces {
		ids = known(guard.WithoutAnew(ids, whose))
		add(guard.OddPortrait, ids, len(ids), guard.ManyPortraits)
	}
	slices.SortStableFunc(out, func(a, b Odd) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Count, a.Count), slices.Compare(a.Cases[0][:], b.Cases[0][:]))
	})
	return out, nil
}

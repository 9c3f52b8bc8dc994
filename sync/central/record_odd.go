package central

import (
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
// and failures are those of Record. Memory grows with people, days and portraits.
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
	faces := map[loan.Hash][]uuid.UUID{}
	for _, d := range r.chains {
		_, err := r.c.eachChange(ctx, `device = ?`, []any{d.String()}, func(ch *loan.Change) error {
			if l := r.lineOf(ch); r.q.Wants(l) {
				w.See(l.Act())
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
	found, err := r.oddPeople(ctx, faces, places)
	if err != nil {
		return nil, err
	}
	for _, o := range w.Found() {
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

// oddPeople are phones and portraits that stand in too many cases.
func (r *reading) oddPeople(ctx context.Context, faces map[loan.Hash][]uuid.UUID, places map[uuid.UUID]guard.Site) ([]Odd, error) {
	var out []Odd
	add := func(kind guard.OddKind, ids []uuid.UUID, least int) {
		ids = slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { _, ok := places[id]; return !ok })
		if len(ids) < least {
			return
		}
		o := Odd{Oddity: guard.Oddity{Kind: kind, Count: len(ids), Cases: ids[:min(len(ids), 20)]}}
		for _, id := range ids {
			o.at(places[id])
		}
		out = append(out, o)
	}
	phones, err := sharedPhones(ctx, r.c.db)
	if err != nil {
		return nil, err
	}
	for _, p := range phones {
		add(guard.OddPhone, p.Cases, guard.ManyPhones)
	}
	for _, ids := range faces {
		add(guard.OddPortrait, ids, guard.ManyPortraits)
	}
	slices.SortStableFunc(out, func(a, b Odd) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Count, a.Count), slices.Compare(a.Cases[0][:], b.Cases[0][:]))
	})
	return out, nil
}

package central

import (
	"cmp"
	"context"
	"slices"
	"time"

	"doorstep/internal/guard"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// ChainBack is a place from which a laptop went on from older data: a backup, or a copy put
// back by hand of which a person said that it is the laptop's own.
type ChainBack struct {
	Number uint64    `json:"number"`
	At     time.Time `json:"at"` // by the laptop's clock
	By     string    `json:"by"`
}

// notTaken is a parcel with another record of a laptop than the centre has of it, which was
// refused: older data was put back and worked on, or a copy was.
type notTaken struct {
	device      uuid.UUID
	first, last uint64
	at          time.Time // by the centre's clock
}

// copies are those that came of the laptops of a look, the oldest first of each.
func (r *reading) copies(ctx context.Context, q querier) ([]notTaken, error) {
	const op = "central.copies"
	rows, err := q.QueryContext(ctx, `SELECT device, first, last, at FROM refused WHERE reason = ? ORDER BY device, at`, parcel.CodeClone)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []notTaken
	for rows.Next() {
		var device string
		var first, last, at int64
		if err := rows.Scan(&device, &first, &last, &at); err != nil {
			return nil, diskFault(op, err)
		}
		if d, ok := parseID(device); ok && slices.Contains(r.chains, d) {
			out = append(out, notTaken{d, uint64(first), uint64(last), time.UnixMilli(at).UTC()})
		}
	}
	return out, diskFault(op, rows.Err())
}

// copied sums up what was not taken of one laptop; nil for nothing.
func copied(all []notTaken, device uuid.UUID) *Clone {
	var k *Clone
	for _, n := range all {
		switch {
		case n.device != device:
		case k == nil:
			k = &Clone{1, n.first, n.last, n.at, n.at}
		default:
			k.Parcels, k.First, k.Last, k.Until = k.Parcels+1, min(k.First, n.first), max(k.Last, n.last), n.at
		}
	}
	return k
}

// oddBack gives the days on which laptops went on from older data, as their lines say, and
// on which another record of one was not taken, of which nobody is known.
func (r *reading) oddBack(ctx context.Context, backs []guard.Line) ([]Odd, error) {
	var out []Odd
	add := func(kind guard.OddKind, operator string, at time.Time, d uuid.UUID) {
		day := guard.RecordDay(at)
		same := func(o Odd) bool {
			return o.Kind == kind && o.Operator == operator && o.Day == day && o.Devices[0] == d
		}
		if i := slices.IndexFunc(out, same); i >= 0 {
			out[i].Count++
			return
		}
		o := Odd{Oddity: guard.Oddity{Kind: kind, Operator: operator, Day: day, Count: 1, Devices: []uuid.UUID{d}}}
		o.at(r.sites[d])
		out = append(out, o)
	}
	for _, l := range backs {
		add(guard.OddBack, l.Operator, l.At, l.Device)
	}
	all, err := r.copies(ctx, r.c.db)
	for _, n := range all {
		if r.q.Wants(guard.Line{At: n.at, Device: n.device}) {
			add(guard.OddCopied, "", n.at, n.device)
		}
	}
	slices.SortStableFunc(out, func(a, b Odd) int {
		return cmp.Or(cmp.Compare(b.Day, a.Day), cmp.Compare(a.Kind, b.Kind))
	})
	return out, err
}

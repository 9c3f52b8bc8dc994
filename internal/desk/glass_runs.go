package desk

import (
	"context"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// RunningGlass is the emergency of the operator signed in that runs in a case, the one
// that ends last; false where none does. Its Nth is 0 where it was reviewed already.
func (d *Desk) RunningGlass(ctx context.Context, id uuid.UUID) (Broken, bool, error) {
	const op = "look for an emergency"
	mine, err := d.given(ctx)
	if err != nil {
		return Broken{}, false, fault.Wrap(op, err)
	}
	now := d.moment()
	var on Broken
	for _, g := range mine {
		runs := g.By == guard.Emergency && slices.Contains(g.Cases, id) && g.Lapsed(now) == ""
		if runs && g.Until.After(on.Until) {
			on = Broken{Grant: g.Grant}
		}
	}
	if on.ID == "" {
		return on, false, nil
	}
	wait, err := d.glasses(ctx)
	n := 0
	for _, g := range wait {
		if g.Operator == d.operator.ID {
			n++
		}
		if g.ID == on.ID {
			on.Nth = n
		}
	}
	return on, true, fault.Wrap(op, err)
}

// Sight is what was shown at once by an emergency.
type Sight struct {
	At     time.Time
	Fields []string
	Reason string // as it was given, with the case's people masked
}

// GlassSeen lists what the operator of an emergency was shown by it, the earliest first;
// of pictures and contracts it says that they were shown, and not which. Only an auditor
// or a data administrator may.
func (d *Desk) GlassSeen(ctx context.Context, id string) ([]Sight, error) {
	const op = "look what an emergency showed"
	if err := d.permit(ctx, guard.ReviewGlass, nil); err != nil {
		return nil, fault.Wrap(op, err)
	}
	var lines []Line
	_, err := d.store.EachChange(ctx, func(ch *loan.Change) {
		if ch.Kind != loan.ChangeReveal {
			return
		}
		if l := guard.LineOf(ch); l.Grant() == id && l.Saw() {
			lines = append(lines, l)
		}
	})
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
	people := d.unnaming()
	var out []Sight
	for _, l := range lines {
		reason, err := people.text(ctx, l.Reason, l.Case)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		out = append(out, Sight{l.At, l.Fields, reason})
	}
	return out, nil
}

package desk

import (
	"context"

	"doorstep/internal/guard"
)

// judged is what was said of emergencies, by their ids: true of one that was right.
type judged map[string]bool

// judgedAbove is what was said at the centre.
func (d *Desk) judgedAbove(ctx context.Context) (judged, error) {
	all, err := d.countyReviews(ctx)
	j := judged{}
	for _, r := range all {
		j[r.ID] = r.Right
	}
	return j, err
}

// see takes what a line of a chain says; where two differ, the worse stands. Nobody
// clears himself.
func (j judged) see(l guard.Line) {
	w, ok := guard.GlassOf(l.Detail)
	if !ok || !w.Reviewed || l.Operator == w.Operator {
		return
	}
	before, reviewed := j[w.ID]
	j[w.ID] = w.Right && (before || !reviewed)
}

func (j judged) found(id string) (right, reviewed bool) {
	right, reviewed = j[id]
	return right, reviewed
}

package desk

import (
	"context"
	"slices"

	"doorstep/internal/guard"
	"github.com/google/uuid"
)

// foundSetting goes on with an emergency's id: by whose word, said here, it was not right.
const foundSetting = "desk.glass.found."

// notRight says that an emergency was looked at, here or at the centre, and was not right,
// and by whose word, which is empty where an earlier program kept none.
func (d *Desk) notRight(ctx context.Context, id string) (guard.Reviewed, bool, error) {
	var r guard.Reviewed
	var here bool
	if _, err := d.setting(ctx, wrongSetting+id, &here); err != nil {
		return r, false, err
	}
	if here {
		_, err := d.setting(ctx, foundSetting+id, &r)
		return r, true, err
	}
	above, err := d.reviewedAbove(ctx)
	if i := slices.IndexFunc(above, func(r guard.Reviewed) bool { return r.ID == id && !r.Right }); i >= 0 {
		return above[i], true, err
	}
	return r, false, err
}

// keepNotRight keeps that an emergency is said here to be not right.
func (d *Desk) keepNotRight(ctx context.Context, g Glass, word string) error {
	r := guard.Reviewed{Device: d.device(), ID: g.ID, Operator: g.Operator, Case: g.Case, By: d.operator.ID, Word: word, At: d.now()}
	if d.gone(ctx, g.Case) {
		r.Word = goneReason
	}
	if err := d.store.SetSetting(ctx, foundSetting+g.ID, r); err != nil {
		return err
	}
	return d.store.SetSetting(ctx, wrongSetting+g.ID, true)
}

// forgetFound forgets what was said of emergencies in erased cases. uses is held.
func (d *Desk) forgetFound(ctx context.Context) error {
	names, err := d.store.SettingsWith(ctx, foundSetting)
	if err != nil {
		return err
	}
	for _, name := range names {
		var r guard.Reviewed
		if _, err := d.setting(ctx, name, &r); err != nil {
			return err
		}
		if r.Word == goneReason || !d.gone(ctx, r.Case) {
			continue
		}
		r.Word = goneReason
		if err := d.store.SetSetting(ctx, name, r); err != nil {
			return err
		}
	}
	return nil
}

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

func (j judged) found(_ uuid.UUID, id string) (right, reviewed bool) {
	right, reviewed = j[id]
	return right, reviewed
}

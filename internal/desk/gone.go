package desk

import (
	"context"
	"encoding/json"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// goneReason stands in the place of a reason that was given about a case which is erased;
// the record has it without the case's people.
const goneReason = "案件已删除，原因见日志"

// gone says whether a case of this laptop is erased.
func (d *Desk) gone(ctx context.Context, id uuid.UUID) bool {
	if _, ok := d.store.Summary(id); ok || id == uuid.Nil {
		return false
	}
	_, err := d.store.Case(ctx, id)
	return fault.KindOf(err) == fault.Erased
}

// allGone says whether cases are named, and each is erased.
func (d *Desk) allGone(ctx context.Context, cases []uuid.UUID) bool {
	return len(cases) > 0 && !slices.ContainsFunc(cases, func(id uuid.UUID) bool { return !d.gone(ctx, id) })
}

// forgetGone forgets what is kept here about cases that are erased, by whichever word:
// what is asked for of them, why they were to be seen, and by what their portraits are
// known again.
func (d *Desk) forgetGone(ctx context.Context) error {
	d.uses.Lock()
	defer d.uses.Unlock()
	var asks []Asked
	if _, err := d.setting(ctx, asksSetting, &asks); err != nil {
		return err
	}
	n := len(asks)
	if asks = slices.DeleteFunc(asks, func(a Asked) bool { return d.gone(ctx, a.Case) }); len(asks) < n {
		if err := d.store.SetSetting(ctx, asksSetting, asks); err != nil {
			return err
		}
	}
	if err := d.forgetReasons(ctx); err != nil {
		return err
	}
	return d.forgetShots(ctx)
}

// forgetReasons forgets why erased cases were to be seen. uses is held.
func (d *Desk) forgetReasons(ctx context.Context) error {
	names, err := d.store.SettingsWith(ctx, grantSetting)
	if err != nil {
		return err
	}
	for _, name := range names {
		var g guard.Grant
		if _, err := d.setting(ctx, name, &g); err != nil {
			return err
		}
		if g.Reason == goneReason || !d.allGone(ctx, g.Cases) {
			continue
		}
		g.Reason = goneReason
		if err := d.store.SetSetting(ctx, name, g); err != nil {
			return err
		}
	}
	if err := d.forgetFound(ctx); err != nil {
		return err
	}
	var glasses []Glass
	if _, err := d.setting(ctx, glassSetting, &glasses); err != nil {
		return err
	}
	if kept := d.withoutGone(ctx, glasses); !slices.Equal(kept, glasses) {
		return d.store.SetSetting(ctx, glassSetting, kept)
	}
	return nil
}

// withoutGone are emergencies without the reasons of those in erased cases.
func (d *Desk) withoutGone(ctx context.Context, all []Glass) []Glass {
	out := slices.Clone(all)
	for i, g := range out {
		if d.gone(ctx, g.Case) {
			out[i].Reason = goneReason
		}
	}
	return out
}

// ofGone is the line of a refusal as it may be written where its case was erased since:
// under none, and without its reason.
func (d *Desk) ofGone(ctx context.Context, e store.Entry) store.Entry {
	body, ok := e.Body.(loan.ViewBody)
	if !ok || !d.gone(ctx, e.Case) {
		return e
	}
	body.Reason = ""
	raw, err := json.Marshal(body)
	if err != nil {
		return e
	}
	note, ok := guard.NoteOf(&loan.Change{Case: e.Case, Kind: e.Kind, Operator: e.Operator, At: d.now(), Body: raw}, nil)
	if !ok {
		return e
	}
	return store.Entry{Kind: loan.ChangeView, Operator: e.Operator, Body: note}
}

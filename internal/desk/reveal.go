package desk

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// ImagesField stands for pictures and contracts in grants and reveals.
const ImagesField = guard.ImagesField

// Emergency stands for who approved what nobody could be asked for.
const Emergency = guard.Emergency

// revealed is what the operator signed in sees in full for a while.
type revealed struct {
	mu sync.Mutex
	by map[uuid.UUID]reveal
}

type reveal struct {
	fields []string
	until  time.Time
	glass  string // the emergency that it rests on
}

// revealsSetting keeps of which cases each operator revealed values by a reason
// alone on a day.
const revealsSetting = "desk.reveals"

// Reveal lets the operator see masked fields of a case in full for
// guard.RevealFor, by grants and by the reason alone as guard allows, and notes
// fields, reason and grant of each in the chain before anything is shown. A refusal is
// noted too, and says what to do.
func (d *Desk) Reveal(ctx context.Context, id uuid.UUID, fields []string, reason string) error {
	const op = "reveal"
	c, err := d.read(ctx, id)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Reveal, c); err != nil {
		return fault.Wrap(op, err)
	}
	if slices.Contains(fields, ImagesField) && !pictured(c) {
		return fault.Tell(op, fault.Missing, "本案还没有影像和合同，没有查看，也没有用掉授权。要看其他内容的，请去掉“影像和合同”再显示。", errors.New("neither pictures nor a contract"))
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	basis, kept, err := d.basis(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	now := d.now()
	parts, err := guard.MayReveal(d.acting(), c, fields, reason, basis, d.moment())
	if err != nil {
		if fault.KindOf(err) == fault.Denied {
			d.noteRefusal(ctx, loan.ChangeReveal, d.operator.ID, id, loan.ViewBody{Fields: fields, Reason: reason, Detail: "refused"})
		}
		return fault.Wrap(op, err)
	}
	glass, entries := "", []pending(nil)
	for _, p := range parts { // each leave in a line of its own, so that none is blamed for what another let be seen
		if err := d.useBasis(ctx, id, p.Grant, kept, basis); err != nil {
			return fault.Wrap(op, err)
		}
		body := loan.ViewBody{Fields: p.Fields, Reason: reason}
		if p.Grant != "" {
			body.Detail = "grant " + p.Grant
		}
		if slices.ContainsFunc(basis.Grants, func(g guard.Given) bool { return g.ID == p.Grant && g.By == guard.Emergency }) {
			glass = p.Grant
		}
		entries = append(entries, entry(loan.ChangeReveal, body))
	}
	if _, err := d.commitAs(ctx, op, d.operator, id, entries); err != nil {
		return err
	}
	d.shown.mu.Lock()
	defer d.shown.mu.Unlock()
	if d.shown.by == nil {
		d.shown.by = map[uuid.UUID]reveal{}
	}
	d.shown.by[id] = reveal{slices.Clone(fields), now.Add(guard.RevealFor), glass}
	return nil
}

// pictured says whether a case has anything that ImagesField stands for.
func pictured(c *loan.Case) bool {
	return len(c.Attachments) > 0 || c.LastSealed() != nil
}

// basis is what a reveal of the operator may rest on.
func (d *Desk) basis(ctx context.Context) (guard.Basis, daily[[]uuid.UUID], error) {
	kept, stale, err := today[[]uuid.UUID](ctx, d, revealsSetting)
	b := guard.Basis{Today: kept.By[d.operator.ID], Stale: stale}
	if err == nil {
		b.Grants, err = d.given(ctx)
	}
	return b, kept, err
}

// ByReason says of how many more cases the operator may see masked values today by a
// reason alone, and whether he may of this one, as guard has it.
func (d *Desk) ByReason(ctx context.Context, id uuid.UUID) (left int, here bool, err error) {
	d.uses.Lock()
	defer d.uses.Unlock()
	b, _, err := d.basis(ctx)
	if err != nil {
		return 0, false, fault.Wrap("count what a reason shows", err)
	}
	left, here = b.ByReason(d.acting(), id)
	return left, here, nil
}

// useBasis counts a reveal, before it is shown.
func (d *Desk) useBasis(ctx context.Context, id uuid.UUID, grant string, kept daily[[]uuid.UUID], b guard.Basis) error {
	if grant != "" {
		i := slices.IndexFunc(b.Grants, func(g guard.Given) bool { return g.ID == grant })
		return d.useGrant(ctx, b.Grants[i], id)
	}
	if slices.Contains(b.Today, id) {
		return nil
	}
	kept.By[d.operator.ID] = append(kept.By[d.operator.ID], id)
	return d.store.SetSetting(ctx, revealsSetting, kept)
}

// reveals says whether a field of a case is shown in full now because the
// operator asked for it.
func (d *Desk) reveals(id uuid.UUID, field string) bool {
	left, fields := d.Revealed(id)
	return left > 0 && slices.Contains(fields, field)
}

// Revealed says for how long yet fields of a case are shown in full that the
// operator asked for; 0 when none are, and when the emergency that it rests on was
// reviewed meanwhile and was not right.
func (d *Desk) Revealed(id uuid.UUID) (time.Duration, []string) {
	d.shown.mu.Lock()
	defer d.shown.mu.Unlock()
	r, ok := d.shown.by[id]
	if !ok {
		return 0, nil
	}
	left := r.until.Sub(d.now())
	over := left <= 0 || left > guard.RevealFor
	if !over && r.glass != "" {
		_, wrong, err := d.notRight(context.Background(), r.glass)
		over = wrong || err != nil
	}
	if over {
		delete(d.shown.by, id)
		return 0, nil
	}
	return left, r.fields
}

// Conceal ends what Reveal began.
func (d *Desk) Conceal(id uuid.UUID) {
	d.shown.mu.Lock()
	defer d.shown.mu.Unlock()
	delete(d.shown.by, id)
}

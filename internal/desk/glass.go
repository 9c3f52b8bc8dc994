package desk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Reviewed is what was said at the centre of an emergency, under this package's name.
type Reviewed = guard.Reviewed

// Glass is a case seen in full in an emergency, without a grant asked for
// before: 紧急查看. A person looks at each afterwards.
type Glass struct {
	ID       string    `json:"id"`
	Operator string    `json:"operator"`
	Case     uuid.UUID `json:"case"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
}

// glassSetting keeps what was broken and not looked at yet.
const glassSetting = "desk.glass"

// wrongSetting goes on with an emergency's id: whoever looked at it here said that it
// was not right, and its grant serves nothing more.
const wrongSetting = "desk.glass.wrong."

const glassFor = time.Hour

// MaxGlass is how many emergencies an operator may leave unreviewed behind him.
const MaxGlass = 3

// Broken is the grant of an emergency, and which one it is of those of the operator that
// wait for a review.
type Broken struct {
	guard.Grant
	Nth int
}

// BreakGlass lets the operator see everything of one case for an hour without a
// grant, as when a disaster has cut off everybody who could give one. The chain
// says so first, with the reason. Until somebody has looked at them, three are
// all there are: then fault.Denied.
func (d *Desk) BreakGlass(ctx context.Context, id uuid.UUID, reason string) (Broken, error) {
	const op = "break glass"
	c, err := d.read(ctx, id)
	if err != nil {
		return Broken{}, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.BreakGlass, c); err != nil {
		return Broken{}, fault.Wrap(op, err)
	}
	if err := guard.CheckEmergency(reason); err != nil {
		return Broken{}, fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	all, err := d.glasses(ctx)
	if err != nil {
		return Broken{}, fault.Wrap(op, err)
	}
	open := 0
	for _, g := range all {
		if g.Operator == d.operator.ID {
			open++
		}
	}
	if open >= MaxGlass {
		return Broken{}, fault.Tell(op, fault.Denied, "已有 3 次紧急查看还没有复查，不能再用。请系统数据管理员或审计员在“管理”中复查，或申请授权。", errors.New("three wait for a review"))
	}
	var n [12]byte
	_, _ = rand.Read(n[:])
	now := d.moment().UTC()
	g := guard.Grant{ID: "e-" + hex.EncodeToString(n[:]), Operator: d.operator.ID, Fields: guard.GrantFields(), Cases: []uuid.UUID{id}, Reason: reason,
		By: guard.Emergency, From: now, Until: now.Add(glassFor), Device: d.device()}
	if err := g.Validate(); err != nil {
		return Broken{g, open + 1}, fault.Wrap(op, err)
	}
	if err := d.noteOf(ctx, op, d.operator.ID, id, loan.ViewBody{Fields: g.Fields, Reason: reason, Detail: guard.GlassWord{ID: g.ID}.Detail()}); err != nil {
		return Broken{g, open + 1}, err
	}
	all = append(all, Glass{g.ID, g.Operator, id, reason, now})
	if err := d.store.SetSetting(ctx, glassSetting, all); err != nil {
		return Broken{g, open + 1}, fault.Wrap(op, err)
	}
	return Broken{g, open + 1}, fault.Wrap(op, d.store.SetSetting(ctx, grantSetting+g.ID, g))
}

// glasses lists what nobody has looked at yet, here or at the centre.
func (d *Desk) glasses(ctx context.Context) ([]Glass, error) {
	var all []Glass
	if _, err := d.setting(ctx, glassSetting, &all); err != nil {
		return nil, err
	}
	began, err := d.eraBegan(ctx)
	if err == nil && !began.IsZero() {
		all, err = d.glassesOfChain(ctx, all)
	}
	if err != nil {
		return nil, err
	}
	all = d.withoutGone(ctx, all)
	above, err := d.reviewedAbove(ctx)
	return slices.DeleteFunc(all, func(g Glass) bool {
		return slices.ContainsFunc(above, func(r guard.Reviewed) bool { return r.ID == g.ID })
	}), err
}

// countyReviews is what was said at the centre of emergencies of the county's laptops.
func (d *Desk) countyReviews(ctx context.Context) ([]Reviewed, error) {
	b, err := d.store.Bulletin(ctx, bulletin.Reviews, bulletin.ReviewsName)
	if fault.KindOf(err) == fault.Missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return guard.ParseReviewed(b)
}

// reviewedAbove is what was said at the centre of emergencies of this laptop.
func (d *Desk) reviewedAbove(ctx context.Context) ([]Reviewed, error) {
	all, err := d.countyReviews(ctx)
	own := d.device()
	return slices.DeleteFunc(all, func(r guard.Reviewed) bool { return r.Device != own }), err
}

// ReviewedAbove lists what was said at the centre of emergencies of this laptop, the
// newest first: to who reviews them, and to everybody else of his own. In what was said
// the cases' people are masked.
func (d *Desk) ReviewedAbove(ctx context.Context) ([]Reviewed, error) {
	const op = "list reviews of emergencies"
	reviews := d.MayReviewGlass()
	if !reviews {
		if err := d.permit(ctx, guard.AskGrant, nil); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	all, err := d.reviewedAbove(ctx)
	if !reviews {
		all = slices.DeleteFunc(all, func(r guard.Reviewed) bool { return r.Operator != d.operator.ID })
	}
	people := d.unnaming()
	for i := 0; err == nil && i < len(all); i++ {
		all[i].Word, err = people.text(ctx, all[i].Word, all[i].Case)
	}
	return all, fault.Wrap(op, err)
}

// glassesOfChain adds what the chain tells of to what was kept: a file that was
// set back forgot what came after its backup, and the centre gave the chain back.
func (d *Desk) glassesOfChain(ctx context.Context, kept []Glass) ([]Glass, error) {
	known := map[string]bool{}
	for _, g := range kept {
		known[g.ID] = true
	}
	var found []Glass
	reviewed := map[string]bool{}
	own := d.device()
	_, err := d.store.EachChange(ctx, func(ch *loan.Change) {
		if ch.Kind != loan.ChangeView || ch.Device != own {
			return
		}
		b, err := loan.Body[loan.ViewBody](ch)
		if err != nil {
			return
		}
		switch w, ok := guard.GlassOf(b.Detail); {
		case ok && w.Reviewed:
			reviewed[w.ID] = true
		case ok && !known[w.ID]:
			found = append(found, Glass{w.ID, ch.Operator, ch.Case, b.Reason, ch.At})
		}
	})
	if err != nil {
		return nil, err
	}
	done := func(g Glass) bool { return reviewed[g.ID] }
	return slices.DeleteFunc(append(kept, found...), done), nil
}

// Glasses lists what nobody has looked at yet. In the reasons the cases' people are
// masked. Only an auditor or a data administrator may.
func (d *Desk) Glasses(ctx context.Context) ([]Glass, error) {
	const op = "list emergencies"
	if err := d.permit(ctx, guard.ReviewGlass, nil); err != nil {
		return nil, fault.Wrap(op, err)
	}
	all, err := d.glasses(ctx)
	people := d.unnaming()
	for i := 0; err == nil && i < len(all); i++ {
		all[i].Reason, err = people.text(ctx, all[i].Reason, all[i].Case)
	}
	return all, fault.Wrap(op, err)
}

// unreviewed says that an emergency in a case waits for its review: fault.Denied.
func (d *Desk) unreviewed(ctx context.Context, op string, id uuid.UUID) error {
	all, err := d.glasses(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(g Glass) bool { return g.Case == id }) {
		return nil
	}
	return fault.Tell(op, fault.Denied, "本案有紧急查看还没有复查，复查前不能删除。请先在“管理”中复查，再删除。", errors.New("an emergency waits for its review"))
}

// ReviewGlass notes that the operator looked at one, whether it was right, and
// what is to be said of it. Nobody looks at his own, nor at one in a case in which he
// had a part. Of one that was not right the grant serves nothing more from then on.
// fault.Missing for one that was looked at already.
func (d *Desk) ReviewGlass(ctx context.Context, id string, right bool, note string) error {
	const op = "review emergency"
	if err := d.permit(ctx, guard.ReviewGlass, nil); err != nil {
		return fault.Wrap(op, err)
	}
	if err := guard.CheckReason(note); err != nil {
		return fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	all, err := d.glasses(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	i := slices.IndexFunc(all, func(g Glass) bool { return g.ID == id })
	switch {
	case i < 0:
		return fault.New(op, fault.Missing, errors.New("no such emergency, or it was reviewed"))
	case all[i].Operator == d.operator.ID:
		return fault.Tell(op, fault.Denied, "不能复查自己的紧急查看，请由另一位人员复查。", errors.New("one's own"))
	}
	if err := d.apart(ctx, d.acting(), guard.ReviewGlass, all[i].Case); err != nil {
		return fault.Wrap(op, err)
	}
	if err := d.answersFor(ctx, d.acting(), guard.ReviewGlass, all[i].Operator); err != nil {
		return fault.Wrap(op, err)
	}
	body := loan.ViewBody{Reason: note, Detail: guard.GlassWord{ID: id, Reviewed: true, Operator: all[i].Operator, Right: right}.Detail()}
	of := all[i].Case
	if _, err := d.store.Case(ctx, of); fault.KindOf(err) == fault.Erased || fault.KindOf(err) == fault.Missing {
		of = uuid.Nil // nothing is written to it any more; the emergency is known by its own id
	}
	if err := d.keepWord(ctx, d.operator.ID, guard.TagOf(all[i].Case)); err != nil {
		return fault.Wrap(op, err)
	}
	if !right { // before the word of it: a review that fails then is given again
		if err := d.keepNotRight(ctx, all[i], note); err != nil {
			return fault.Wrap(op, err)
		}
	}
	if err := d.noteOf(ctx, op, d.operator.ID, of, body); err != nil {
		return err
	}
	return fault.Wrap(op, d.store.SetSetting(ctx, glassSetting, slices.Delete(all, i, i+1)))
}

package store

import (
	"context"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Kept is a case that the centre says is erased at a person's wish and that stays
// here, until a person decides.
type Kept struct {
	Case   uuid.UUID `json:"case"`
	By     string    `json:"by"` // who wished it, as the centre names him
	Reason string    `json:"reason,omitempty"`
	Why    Why       `json:"why"` // WhySealed or WhyUnsent
	At     time.Time `json:"at"`
}

const keptSetting = "store.kept"

// EraseTold erases those of some cases that are here, because the centre says
// that it erased them at a person's wish; operator and reason are as it names
// them, knew the changes that its word had seen: the last of each chain. WhySealed is
// of a case that has a sealed contract, WhyUnsent of one with work of this laptop that
// the centre did not have when it erased, or has not acknowledged: those stay, in the
// list of KeptTold and in the chain, and are not erased by the centre's word any more.
// What another case here names is offered to the centre anew, which may have had it
// with the erased one alone. To a centre that was set back this laptop's chain then
// says so in its turn.
func (s *Store) EraseTold(ctx context.Context, ids, knew []uuid.UUID, operator, reason string) (Erased, error) {
	const op = "store.EraseTold"
	kept, err := s.stayed(ctx)
	if err != nil {
		return Erased{Rule: RuleRequest}, fault.Wrap(op, err)
	}
	stays := func(id uuid.UUID) bool {
		return slices.ContainsFunc(kept, func(k Kept) bool { return k.Case == id })
	}
	e := &erasure{s: s, rule: RuleRequest, told: true, knew: knew, operator: operator, reason: reason}
	err = e.whole(ctx, func(sum Summary) bool { return slices.Contains(ids, sum.ID) && !stays(sum.ID) }, func(*loan.Case) bool { return true })
	for _, r := range e.out.Refused {
		for _, id := range r.Cases {
			if err != nil || r.Why != WhySealed && r.Why != WhyUnsent {
				continue
			}
			err = s.keepTold(ctx, Kept{Case: id, By: operator, Reason: reason, Why: r.Why, At: s.o.now()().UTC()})
		}
	}
	return e.out, fault.Wrap(op, err)
}

// keepTold puts a case down as one that stays, and says so in the chain.
func (s *Store) keepTold(ctx context.Context, k Kept) error {
	body := loan.ViewBody{Reason: k.Reason, Detail: "erasing of case " + k.Case.String() + " as the centre says: kept, " + string(k.Why)}
	if _, err := s.Commit(ctx, []Entry{{Kind: loan.ChangeView, Operator: k.By, Body: body}}, nil); err != nil {
		return err
	}
	all, err := s.stayed(ctx)
	if err != nil {
		return err
	}
	return s.SetSetting(ctx, keptSetting, append(all, k))
}

func (s *Store) stayed(ctx context.Context) ([]Kept, error) {
	var all []Kept
	if err := s.Setting(ctx, keptSetting, &all); err != nil && fault.KindOf(err) != fault.Missing {
		return nil, err
	}
	return all, nil
}

// KeptTold lists the cases that the centre says are erased and that are still here.
func (s *Store) KeptTold(ctx context.Context) ([]Kept, error) {
	all, err := s.stayed(ctx)
	return slices.DeleteFunc(all, func(k Kept) bool {
		_, here := s.Summary(k.Case)
		return !here
	}), fault.Wrap("store.KeptTold", err)
}

// knewAll says whether the centre had all work of this laptop on a case when it erased
// the case. A word of before, which does not say what it had seen, goes by what is
// acknowledged.
func (e *erasure) knewAll(sum Summary, blobs []loan.Hash, changes []*loan.Change) bool {
	if len(e.knew) == 0 {
		return sum.Sent && !e.s.waits(blobs)
	}
	var work, knew uint64
	for _, ch := range changes {
		if ch.Device != e.s.profile.Device {
			continue
		}
		if ch.Kind.Part() {
			work = max(work, ch.Counter)
		}
		if slices.Contains(e.knew, ch.ID) {
			knew = max(knew, ch.Counter)
		}
	}
	return work <= knew
}

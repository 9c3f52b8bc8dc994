package desk

import (
	"context"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// unnaming masks what people wrote about cases for a list, whoever looks at it. Each case
// is read once.
//
// Names are masked for all, also for who handles the case: what he wrote stands in the
// open case as he wrote it.
type unnaming struct {
	d    *Desk
	read map[uuid.UUID]*loan.Case
}

func (d *Desk) unnaming() *unnaming { return &unnaming{d, map[uuid.UUID]*loan.Case{}} }

// text is what somebody wrote with the values of the cases' people masked.
func (u *unnaming) text(ctx context.Context, text string, cases ...uuid.UUID) (string, error) {
	for _, id := range cases {
		if text == "" || id == uuid.Nil {
			continue
		}
		c, err := u.of(ctx, id)
		if err != nil {
			return "", err
		}
		text = scrubbed(text, c)
	}
	return guard.MaskNumbers(text), nil
}

// of is the case. Of one that is not here, is erased or cannot be read nobody is known,
// and what was written about it is not held up.
func (u *unnaming) of(ctx context.Context, id uuid.UUID) (*loan.Case, error) {
	if c, ok := u.read[id]; ok {
		return c, nil
	}
	c, err := u.d.store.Case(ctx, id)
	switch k := fault.KindOf(err); {
	case err == nil: // what of it names anybody, and not its changes: a report may be of thousands
		c = &loan.Case{App: c.App, Cards: c.Cards, Former: c.Former, Conflicts: c.Conflicts}
	case k == fault.Missing, k == fault.Erased, k == fault.Damaged, k == fault.TooLarge, k == fault.Newer:
		c = &loan.Case{}
	default:
		return nil, err
	}
	u.read[id] = c
	return c, nil
}

// line is a line of the record, with its reason masked. under are the cases for which a
// grant was used: a grant for so many of any cases names none.
func (u *unnaming) line(ctx context.Context, l Line, under map[string][]uuid.UUID) (Line, error) {
	cases := append([]uuid.UUID{l.Case}, l.Shown...)
	if l.Case == uuid.Nil {
		cases = append(cases, under[l.Grant()]...)
	}
	if l.Kind == loan.ChangeCorrect {
		c, err := u.of(ctx, l.Case)
		if err != nil {
			return l, err
		}
		l = l.In(c)
	}
	var err error
	l.Reason, err = u.text(ctx, l.Reason, cases...)
	return l, err
}

// seenUnder adds the cases of a line to those for which its grant was used.
func seenUnder(under map[string][]uuid.UUID, grant string, l Line) {
	for _, id := range append([]uuid.UUID{l.Case}, l.Shown...) {
		if id != uuid.Nil && !slices.Contains(under[grant], id) {
			under[grant] = append(under[grant], id)
		}
	}
}

// ofTag are the cases here of which an id ends so.
func (d *Desk) ofTag(tag [4]byte) []uuid.UUID {
	if tag == ([4]byte{}) {
		return nil
	}
	found, _ := d.store.SearchWhere("", 0, func(s *store.Summary) bool { return guard.TagOf(s.ID) == tag })
	out := make([]uuid.UUID, len(found))
	for i, s := range found {
		out[i] = s.ID
	}
	return out
}

package central

import (
	"context"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// unnamed is what somebody wrote, with the names of the people of cases masked, as far as
// the cases are here.
func (c *Central) unnamed(ctx context.Context, q querier, text string, cases ...uuid.UUID) (string, error) {
	for _, id := range cases {
		if text == "" || id == uuid.Nil {
			continue
		}
		k, err := c.loadCase(ctx, q, id)
		if err != nil && fault.KindOf(err) != fault.TooLarge {
			return "", err
		}
		text = guard.MaskNames(text, guard.PeopleNames(k))
	}
	return text, nil
}

// ofCase is the case of which an act at the centre says in its words that it is about
// it; none of any other.
func ofCase(detail string) uuid.UUID {
	_, rest, _ := strings.Cut(detail, " of case ")
	id, _ := parseID(rest[:min(len(rest), 36)])
	return id
}

// tagged are the cases here that a request which was read out may be about.
func tagged(ctx context.Context, q querier, ask guard.Ask) ([]uuid.UUID, error) {
	if ask.Case == ([4]byte{}) {
		return nil, nil
	}
	return idsOf(ctx, q, `SELECT id FROM cases WHERE id LIKE ? ORDER BY id`, "%"+hexOf(ask.Case))
}

// nameless gives lines of the record with the names of their cases' people masked in
// the reasons. Of each case it keeps the names.
func (r *reading) nameless() func(context.Context, guard.Line) (guard.Line, error) {
	names := map[uuid.UUID][]string{}
	return func(ctx context.Context, l guard.Line) (guard.Line, error) {
		if l.Reason == "" || l.Case == uuid.Nil {
			return l, nil
		}
		of, ok := names[l.Case]
		if !ok {
			k, err := r.c.loadCase(ctx, r.c.db, l.Case)
			if err != nil && fault.KindOf(err) != fault.TooLarge {
				return l, err
			}
			of = guard.PeopleNames(k)
			names[l.Case] = of
		}
		l.Reason = guard.MaskNames(l.Reason, of)
		return l, nil
	}
}

// unnamedBody is unnamed for the county's word on a case.
func unnamedBody(k *loan.Case, body any) any {
	names := guard.PeopleNames(k)
	switch b := body.(type) {
	case loan.ReturnBody:
		b.Note = guard.MaskNames(b.Note, names)
		return b
	case loan.AcceptBody:
		b.Note = guard.MaskNames(b.Note, names)
		return b
	}
	return body
}

package central

import (
	"context"
	"database/sql"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// unnamed is what somebody wrote, with the names of the people of cases masked, as far as
// the cases are here, and any number like a person's.
func (c *Central) unnamed(ctx context.Context, q querier, text string, cases ...uuid.UUID) (string, error) {
	return c.naming(q).text(ctx, text, cases...)
}

// naming knows the names of the people of cases, and what their corrections voided. Each
// case is read once.
type naming struct {
	c    *Central
	q    querier
	read map[uuid.UUID]told
}

// told is what is kept of a case that was read: a report may be of thousands.
type told struct {
	names []string
	voids *loan.Case // with its former contracts alone
}

func (c *Central) naming(q querier) *naming { return &naming{c, q, map[uuid.UUID]told{}} }

// of is the case; of one that is not here, is erased or cannot be folded nothing is known.
func (n *naming) of(ctx context.Context, id uuid.UUID) (told, error) {
	if of, ok := n.read[id]; ok {
		return of, nil
	}
	k, err := n.c.loadCase(ctx, n.q, id)
	if err != nil && !unreadable(err) {
		return told{}, err
	}
	of := told{names: guard.PeopleNames(k), voids: &loan.Case{}}
	if k != nil {
		for i := range k.Former {
			if v := k.Former[i].Voided; v != nil {
				of.voids.Former = append(of.voids.Former, loan.ContractState{Voided: &loan.Voiding{Fields: v.Fields, By: v.By, At: v.At}})
			}
		}
	}
	n.read[id] = of
	return of, nil
}

// text is unnamed.
func (n *naming) text(ctx context.Context, text string, cases ...uuid.UUID) (string, error) {
	for _, id := range cases {
		if text == "" || id == uuid.Nil {
			continue
		}
		of, err := n.of(ctx, id)
		if err != nil {
			return "", err
		}
		text = guard.MaskNames(text, of.names)
	}
	return guard.MaskNumbers(text), nil
}

// unreadable says whether a case is here and cannot be folded: then nobody of it is
// known, and what was written about it is not held up.
func unreadable(err error) bool {
	k := fault.KindOf(err)
	return k == fault.TooLarge || k == fault.Damaged
}

// ofCase is the case of which an act at the centre says in its words that it is about
// it; none of any other.
func ofCase(detail string) uuid.UUID {
	_, rest, _ := strings.Cut(detail, " of case ")
	id, _ := parseID(rest[:min(len(rest), 36)])
	return id
}

// aboutOf are the cases here of which an act at the centre says in its words that it is
// about them, by their ids or the ends of them.
func aboutOf(ctx context.Context, q querier, detail string) ([]uuid.UUID, error) {
	out := []uuid.UUID{ofCase(detail)}
	for _, end := range guard.CaseEnds(detail) {
		ids, err := tagged(ctx, q, end)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	return out, nil
}

// tagged are the cases here whose ids end so, as a request which was read out says of its
// case; none where it says nothing.
func tagged(ctx context.Context, q querier, end [4]byte) ([]uuid.UUID, error) {
	if end == ([4]byte{}) {
		return nil, nil
	}
	return idsOf(ctx, q, `SELECT id FROM cases WHERE id LIKE ? ORDER BY id`, "%"+hexOf(end))
}

// nameless gives lines of the record as their cases tell them, with the names masked in
// the reasons: of the people of their case, and of those of which a line says that a row
// was shown.
func (r *reading) nameless() func(context.Context, guard.Line) (guard.Line, error) {
	names := r.c.naming(r.c.db)
	return func(ctx context.Context, l guard.Line) (_ guard.Line, err error) {
		if l.Kind == loan.ChangeCorrect {
			of, err := names.of(ctx, l.Case)
			if err != nil {
				return l, err
			}
			l = l.In(of.voids)
		}
		l.Reason, err = names.text(ctx, l.Reason, append([]uuid.UUID{l.Case}, l.Shown...)...)
		return l, err
	}
}

// unnameCopies masks the names of a case's people in what stands of it outside the
// chains, and stays when the case is gone: emergencies, what was said of them, and
// requests.
func (c *Central) unnameCopies(ctx context.Context, tx *sql.Tx, id uuid.UUID) error {
	const op = "central.unnameCopies"
	const ofCase = ` WHERE case_id = ?`
	const ofGlass = ` WHERE EXISTS (SELECT 1 FROM emergencies e WHERE e.device = emergency_reviews.device AND e.id = emergency_reviews.id AND e.case_id = ?)`
	names := c.naming(tx)
	for _, t := range [][3]string{{"emergencies", "reason", ofCase}, {"emergency_reviews", "word", ofGlass}, {"pleas", "reason", ofCase}, {"pleas", "word", ofCase}} {
		texts, err := textsOf(ctx, tx, `SELECT DISTINCT `+t[1]+` FROM `+t[0]+t[2], id.String())
		if err != nil {
			return err
		}
		for _, was := range texts {
			is, err := names.text(ctx, was, id)
			if err != nil {
				return err
			}
			if is == was {
				continue
			}
			if _, err := tx.ExecContext(ctx, `UPDATE `+t[0]+` SET `+t[1]+` = ?`+t[2]+` AND `+t[1]+` = ?`, is, id.String(), was); err != nil {
				return diskFault(op, err)
			}
		}
	}
	return nil
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

// textsOf gives the one text of each row.
func textsOf(ctx context.Context, q querier, query string, args ...any) ([]string, error) {
	const op = "central.textsOf"
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, diskFault(op, err)
		}
		out = append(out, s)
	}
	return out, diskFault(op, rows.Err())
}

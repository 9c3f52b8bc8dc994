package central

import (
	"context"
	"database/sql"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
)

// said is what a bulletin in force says, and whether there is one: nothing where it was
// withdrawn, or cannot be read here any more and another is to take its place.
func (c *Central) said(ctx context.Context, q querier, kind bulletin.Kind, name string) (content []byte, there bool, err error) {
	raw, err := bulletinBytes(ctx, q, kind, name)
	if fault.KindOf(err) == fault.Missing {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	code, _, _, err := county(ctx, q)
	if err != nil {
		return nil, false, err
	}
	b, err := bulletin.Open(raw, c.authority.Signer().Public(), code)
	if spoilt(err) {
		c.log.Error("a bulletin cannot be read here", "kind", string(kind), "name", name, "error", err.Error())
		return nil, true, nil
	}
	if err != nil {
		return nil, true, fault.Wrap("central.said", err)
	}
	return b.Content, true, nil
}

// issueAnew issues the one list of a kind that the county has; nothing of another kind.
func (c *Central) issueAnew(ctx context.Context, tx *sql.Tx, kind bulletin.Kind) error {
	code, _, _, err := county(ctx, tx)
	if err != nil {
		return err
	}
	switch kind {
	case bulletin.Devices:
		return c.issueShutOut(ctx, tx)
	case bulletin.Operators:
		return c.issueListed(ctx, tx, code)
	case bulletin.Standing:
		return c.issueStandings(ctx, tx, code)
	case bulletin.Reviews:
		return c.issueReviews(ctx, tx)
	case bulletin.Answers:
		return c.issueBack(ctx, tx)
	}
	return nil
}

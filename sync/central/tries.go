package central

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// triesMeta keeps how many tries by no account of the roster an hour has seen.
const triesMeta = "unknown-tries"

// mostTries is how many of them an hour's lines tell of one by one: whoever tries on
// fills neither the chain nor the disk.
const mostTries = 10

type strangers struct {
	Since  time.Time `json:"since"`
	Count  int       `json:"count"`
	Untold int       `json:"untold,omitempty"` // counted, and in no line yet
}

// noteTry notes a try to sign in that failed. What was typed for an account that never
// stood on the roster is kept nowhere, for it may be a password or a number; of such
// tries all above mostTries of an hour are counted, and told of with the next that is
// noted or the next signing in.
func (c *Central) noteTry(ctx context.Context, who, why string) error {
	return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		ever, err := onRosterEver(ctx, tx, who)
		if err != nil {
			return err
		}
		if ever {
			return c.note(ctx, tx, who, loan.ChangeSignIn, loan.ViewBody{Detail: why})
		}
		t, err := readTries(ctx, tx)
		if err != nil {
			return err
		}
		if now := c.now().UTC(); t.Since.IsZero() || now.Before(t.Since) || now.Sub(t.Since) >= time.Hour {
			if err := c.tellTries(ctx, tx, &t); err != nil {
				return err
			}
			t = strangers{Since: now}
		}
		if t.Count++; t.Count > mostTries {
			t.Untold++
			return t.keep(ctx, tx)
		}
		if err := t.keep(ctx, tx); err != nil {
			return err
		}
		return c.note(ctx, tx, guard.Unknown, loan.ChangeSignIn, loan.ViewBody{Detail: guard.CentreRefused})
	})
}

// noteUntold notes what noteTry counted and did not note.
func (c *Central) noteUntold(ctx context.Context, tx *sql.Tx) error {
	t, err := readTries(ctx, tx)
	if err != nil || t.Untold == 0 {
		return err
	}
	if err := c.tellTries(ctx, tx, &t); err != nil {
		return err
	}
	return t.keep(ctx, tx)
}

func (c *Central) tellTries(ctx context.Context, tx *sql.Tx, t *strangers) error {
	if t.Untold == 0 {
		return nil
	}
	detail := fmt.Sprintf("%s; %d times more", guard.CentreRefused, t.Untold)
	t.Untold = 0
	return c.note(ctx, tx, guard.Unknown, loan.ChangeSignIn, loan.ViewBody{Detail: detail})
}

func readTries(ctx context.Context, q querier) (t strangers, err error) {
	v, err := metaValue(ctx, q, triesMeta)
	if err != nil || v == "" || json.Unmarshal([]byte(v), &t) != nil {
		return strangers{}, err
	}
	return t, nil
}

func (t strangers) keep(ctx context.Context, tx *sql.Tx) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return putMeta(ctx, tx, triesMeta, string(b))
}

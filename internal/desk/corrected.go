package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// corrections are what the last correction of each field found there, and once a
// contract was sealed, what that one was made of. The chain keeps both values. Of a
// portrait that is another than the contract's it is said that it is.
func (d *Desk) corrections(ctx context.Context, c *loan.Case) (out []Difference, err error) {
	all, err := d.store.Changes(ctx, c.ID)
	if kind := fault.KindOf(err); kind == fault.Erased || kind == fault.Missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b *loan.Change) int { return bytes.Compare(a.ID[:], b.ID[:]) }) // as they were made
	aside := map[uuid.UUID]bool{}
	for _, a := range c.Aside {
		aside[a.Change] = true
	}
	w := was{before: map[string]string{}}
	for _, ch := range all {
		if !aside[ch.ID] {
			w.take(ch)
		}
	}
	for f, there := range w.before {
		if here := fieldText(&c.App, f); here != there {
			out = append(out, Difference{Field: f, Source: FromCorrected, Here: here, There: there})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return strings.Compare(a.Field, b.Field) })
	for _, p := range c.Exchanged(c.LastSealed()) {
		here := "另一张照片"
		if len(c.Slot(p.Portrait())) == 0 {
			here = ""
		}
		out = append(out, Difference{Field: string(p.Portrait()), Source: FromCorrected, Here: here, There: "合同里的照片"})
	}
	return out, nil
}

// was follows a case's fields through its changes.
type was struct {
	app    loan.Application
	before map[string]string // what stood in those that a reviewer is shown
	since  map[string]bool   // those set since a contract was sealed; nil before one is
}

func (w *was) take(ch *loan.Change) {
	switch ch.Kind {
	case loan.ChangeOpen:
		if b, err := loan.Body[loan.OpenBody](ch); err == nil {
			w.app = b.Application
		}
	case loan.ChangeSeal:
		w.since = map[string]bool{}
	case loan.ChangeEdit, loan.ChangeResolve, loan.ChangeCorrect:
		var b struct {
			Fields map[string]json.RawMessage `json:"fields"`
		}
		if json.Unmarshal(ch.Body, &b) != nil {
			return
		}
		for f, v := range b.Fields {
			if w.since != nil && !w.since[f] || w.since == nil && ch.Kind == loan.ChangeCorrect {
				w.before[f] = fieldText(&w.app, f)
			}
			if w.since != nil {
				w.since[f] = true
			}
			_ = w.app.SetField(f, v) // one that does not fit was set aside
		}
	}
}

package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// refusals bounds what refusals write into the chain: the first of each sort is
// written at once, what comes again within the hour is counted, and the count is
// written with the next refusal after it, or when the operator signs out, with all
// fields that were asked for meanwhile and the reason given last.
type refusals struct {
	mu    sync.Mutex
	sorts map[refusal]*counted
	rest  counted // what came after too many sorts
}

// refusal is one sort: who was refused what, of which case.
type refusal struct {
	operator string
	kase     uuid.UUID
	detail   string
}

type counted struct {
	since  time.Time
	kind   loan.ChangeKind
	more   int      // not written yet
	fields []string // what of these was asked for
	reason string   // why the last of these was asked
}

const (
	refusedEvery = time.Hour
	maxRefusals  = 40 // sorts in an hour
	maxTried     = 40 // fields that a count names
)

// again counts one more, with what it asked for.
func (c *counted) again(body loan.ViewBody) {
	c.more++
	for _, f := range body.Fields {
		if len(c.fields) < maxTried && !slices.Contains(c.fields, f) {
			c.fields = append(c.fields, f)
		}
	}
	if body.Reason != "" {
		c.reason = body.Reason
	}
}

// refuse notes that guard refused a person a verb; err is what it said. What the
// case's state alone does not allow is nobody's fault, and not noted; nor that a reason
// has to be given first.
func (d *Desk) refuse(ctx context.Context, who guard.Operator, c *loan.Case, err error) {
	var r *guard.Refusal
	if !errors.As(err, &r) || r.Why == guard.WhyStatus || r.Why == guard.WhyReason {
		return
	}
	id := uuid.Nil
	if c != nil {
		id = c.ID
	}
	d.noteRefusal(ctx, loan.ChangeView, who.ID, id, loan.ViewBody{Detail: "refused " + string(r.Verb) + ": " + r.Why})
}

// noteRefusal writes a refusal into the chain, or counts it. That it cannot be
// written, as on a full disk, changes nothing of the refusal.
func (d *Desk) noteRefusal(ctx context.Context, kind loan.ChangeKind, operator string, id uuid.UUID, body loan.ViewBody) {
	key, now := refusal{operator, id, body.Detail}, d.now()
	d.refused.mu.Lock()
	entries := d.refused.due(now)
	have := d.refused.sorts[key]
	switch {
	case have != nil:
		have.again(body)
	case len(d.refused.sorts) >= maxRefusals:
		d.refused.rest.again(loan.ViewBody{Fields: body.Fields})
	default:
		if d.refused.sorts == nil {
			d.refused.sorts = map[refusal]*counted{}
		}
		d.refused.sorts[key] = &counted{since: now, kind: kind}
		entries = append(entries, store.Entry{Case: id, Kind: kind, Operator: operator, Body: body})
	}
	d.refused.mu.Unlock()
	d.writeRefusals(ctx, entries)
}

// due takes out what was counted for an hour; a clock that was set back ends
// the hour too.
func (r *refusals) due(now time.Time) []store.Entry {
	return r.take(func(c *counted) bool { age := now.Sub(c.since); return age < 0 || age >= refusedEvery })
}

func (r *refusals) take(over func(*counted) bool) []store.Entry {
	var out []store.Entry
	for key, c := range r.sorts {
		if !over(c) {
			continue
		}
		if c.more > 0 {
			out = append(out, store.Entry{Case: key.kase, Kind: c.kind, Operator: key.operator, Body: loan.ViewBody{Fields: c.fields, Reason: c.reason, Detail: fmt.Sprintf("%s; %d times more", key.detail, c.more)}})
		}
		delete(r.sorts, key)
	}
	if len(r.sorts) == 0 && r.rest.more > 0 {
		out = append(out, store.Entry{Kind: loan.ChangeView, Body: loan.ViewBody{Fields: r.rest.fields, Detail: fmt.Sprintf("refused: others; %d times more", r.rest.more)}})
		r.rest = counted{}
	}
	return out
}

// flushRefusals writes what was counted and not written, as before signing out.
func (d *Desk) flushRefusals(ctx context.Context) {
	d.refused.mu.Lock()
	entries := d.refused.take(func(*counted) bool { return true })
	d.refused.mu.Unlock()
	d.writeRefusals(ctx, entries)
}

func (d *Desk) writeRefusals(ctx context.Context, entries []store.Entry) {
	if len(entries) == 0 {
		return
	}
	for i := range entries {
		if entries[i].Operator == "" {
			entries[i].Operator = d.operator.ID
		}
		entries[i] = d.ofGone(ctx, entries[i])
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = d.store.Commit(context.WithoutCancel(ctx), entries, nil)
}

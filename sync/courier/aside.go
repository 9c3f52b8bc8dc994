package courier

import (
	"context"
	"errors"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

// mostRefused is how many records in a row may be refused before the centre is
// taken to refuse them all: then nothing more is sent in this attempt.
const mostRefused = 3

// Retry sends again, at the next contact, all that was set aside.
func (c *Courier) Retry() {
	c.mu.Lock()
	c.again = true
	clear(c.aside)
	c.mu.Unlock()
	c.update(func(*State) {})
	c.Wake()
}

// refusesRecords says whether the centre will not have what was sent, so that
// sending it again would not help, while others may pass: not when it does not
// know or trust this laptop, holds another chain, or lacks what is before.
func refusesRecords(err error) bool {
	var r *refusal
	if !errors.As(err, &r) || r.status < 400 || r.status >= 500 {
		return false
	}
	switch r.Code {
	case parcel.CodeGap, parcel.CodeClone, parcel.CodeUnknown, parcel.CodeRevoked, parcel.CodeNoCert, parcel.CodeBusy:
		return false
	}
	switch fault.KindOf(err) {
	case fault.Input, fault.Damaged, fault.TooLarge, fault.Newer, fault.Unsupported, fault.Refused:
		return true
	}
	return false
}

// refusedAbove counts the refused records of the chain behind a number.
func refusedAbove(box store.Outbox, n uint64) (count int) {
	for _, r := range box.Refused {
		if r.Counter > n {
			count++
		}
	}
	return count
}

// upTo cuts changes off before the first that is known to be refused.
func upTo(changes []*loan.Change, refused []store.Refused) []*loan.Change {
	for i, ch := range changes {
		if slices.ContainsFunc(refused, func(r store.Refused) bool { return r.Counter == ch.Counter }) {
			return changes[:i]
		}
	}
	return changes
}

// sendChanges sends all changes the centre lacks, and gives the outbox then. A
// record that the centre refuses is looked for by halves and set aside; what
// stands behind it goes on, with its number declared to be lacking.
func (c *Courier) sendChanges(ctx context.Context, box store.Outbox) (store.Outbox, error) {
	again, known := c.takeAgain(), box.Refused
	if again {
		known = nil
	}
	c.passes = 0
	most := parcelChanges
	for at := c.held; at < box.Last; {
		c.update(func(s *State) { s.Phase = Sending })
		changes, err := c.store.Pending(ctx, at, most)
		if err != nil {
			return box, err
		}
		if len(changes) == 0 {
			return box, fault.New("courier.sendChanges", fault.Damaged, errors.New("the chain ends before its end"))
		}
		first := changes[0]
		if changes = upTo(trim(changes, c.parcel), known); len(changes) == 0 {
			at = first.Counter
			continue
		}
		err = c.deliver(ctx, changes, c.held)
		switch {
		case err == nil:
			c.passes, at, most = 0, c.held, parcelChanges
		case !refusesRecords(err):
			return box, err
		case len(changes) > 1:
			most = len(changes) / 2
			continue
		default:
			if err := c.setRefused(ctx, first, err); err != nil {
				return box, err
			}
			at, most = first.Counter, parcelChanges
		}
		if box, err = c.look(ctx); err != nil {
			return box, err
		}
	}
	if again {
		if err := c.resend(ctx, box.Refused); err != nil {
			return box, err
		}
		return c.look(ctx)
	}
	return box, nil
}

// deliver sends changes to a centre that holds the chain up to held.
func (c *Courier) deliver(ctx context.Context, changes []*loan.Change, held uint64) error {
	start := time.Now()
	raw, err := c.sendParcel(ctx, changes, held)
	switch took := time.Since(start); {
	case err != nil || took > slowParcel:
		c.parcel = max(c.parcel/2, leastParcel)
	case took < quickParcel:
		c.parcel = min(c.parcel*2, mostParcel)
	}
	if err != nil {
		return err
	}
	r, err := c.open(raw)
	if err != nil {
		return err
	}
	if r.Through < changes[0].Counter {
		return fault.New("courier.deliver", fault.Untrusted, errors.New("a receipt that passes over the parcel"))
	}
	if err := c.acknowledge(ctx, r, raw); err != nil {
		return err
	}
	sent := loan.Range{From: changes[0].Counter, To: changes[len(changes)-1].Counter}
	return c.store.Confirm(ctx, r.Epoch, sent, []loan.Range{sent})
}

func (c *Courier) takeAgain() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.again
	c.again = false
	return again
}

// setRefused notes that the centre does not take a record. Too many in a row
// are no records' fault.
func (c *Courier) setRefused(ctx context.Context, ch *loan.Change, why error) error {
	if c.passes++; c.passes > mostRefused {
		return why
	}
	c.log.Warn("record refused", "counter", ch.Counter, "kind", ch.Kind, "case", ch.Case.String(), "error", why.Error())
	reason := fault.KindOf(why).String()
	if code := codeOf(why); code != "" {
		reason += " " + code
	}
	return c.store.SetRefused(ctx, store.Refused{Counter: ch.Counter, Case: ch.Case, Kind: ch.Kind, Reason: reason, At: c.now().UTC()})
}

// resend hands in what was refused before and the chain has gone on without.
func (c *Courier) resend(ctx context.Context, refused []store.Refused) error {
	for _, r := range refused {
		if r.Counter > c.held {
			continue // the chain's end: it was tried, and refused again
		}
		changes, err := c.store.Pending(ctx, r.Counter-1, 1)
		if err != nil {
			return err
		}
		if len(changes) == 0 || changes[0].Counter != r.Counter {
			continue // it is not here any more
		}
		err = c.deliver(ctx, changes, r.Counter-1)
		switch {
		case err == nil:
			err = c.store.TakenAfterAll(ctx, r.Counter)
		case refusesRecords(err):
			c.passes = 0
			err = c.setRefused(ctx, changes[0], err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refusedFault is what a refused record says of itself.
func refusedFault(r store.Refused) error {
	return fault.Say("courier.refused", fault.Refused, "有记录中心没有收下，其余的照常上传。", errors.New(r.Reason))
}

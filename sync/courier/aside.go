package courier

import (
	"context"
	"errors"
	"slices"
	"sync"
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
	next := c.ready
	c.ready = nil
	for at := c.held; at < box.Last; {
		c.update(func(s *State) { s.Phase = Sending })
		p := next
		if p == nil || p.at != at || p.held != c.held {
			var err error
			if p, err = c.compose(ctx, at, c.held, most, c.parcel, known); err != nil {
				return box, err
			}
		}
		if next = nil; p.bytes == nil {
			at = p.first.Counter
			continue
		}
		var err error
		next, err = c.deliverAndCompose(ctx, p, box.Last, known)
		switch {
		case err == nil:
			c.passes, at, most = 0, c.held, parcelChanges
		case !refusesRecords(err):
			return box, err
		case len(p.changes) > 1:
			most = len(p.changes) / 2
			continue
		default:
			if err := c.setRefused(ctx, p.first, err); err != nil {
				return box, err
			}
			at, most = p.first.Counter, parcelChanges
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

// composed is a parcel before it is sent.
type composed struct {
	at, held uint64 // the change it goes on behind, and how far the centre holds the chain then
	first    *loan.Change
	changes  []*loan.Change
	bytes    []byte // nil where the first is known to be refused
}

// compose makes the parcel behind a change, of so many changes and bytes at most,
// up to the first that is known to be refused.
func (c *Courier) compose(ctx context.Context, at, held uint64, most, size int, known []store.Refused) (*composed, error) {
	const op = "courier.compose"
	changes, err := c.store.Pending(ctx, at, most)
	if err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return nil, fault.New(op, fault.Damaged, errors.New("the chain ends before its end"))
	}
	p := &composed{at: at, held: held, first: changes[0], changes: upTo(trim(changes, size), known)}
	if len(p.changes) > 0 {
		p.bytes, err = packChanges(p.changes, held, c.profile.ChainKey())
	}
	return p, fault.Wrap(op, err)
}

// deliverAndCompose delivers a parcel, and composes the next while the centre
// is at work on it: nil where there is none, or it fails, for then it is
// composed when it is its turn.
func (c *Courier) deliverAndCompose(ctx context.Context, p *composed, end uint64, known []store.Refused) (*composed, error) {
	var next *composed
	var wg sync.WaitGroup
	if last := p.changes[len(p.changes)-1].Counter; last < end {
		size := c.parcel
		wg.Go(func() {
			if n, err := c.compose(ctx, last, last, parcelChanges, size, known); err == nil {
				next = n
			}
		})
	}
	err := c.deliverComposed(ctx, p)
	wg.Wait()
	return next, err
}

// deliver sends changes to a centre that holds the chain up to held.
func (c *Courier) deliver(ctx context.Context, changes []*loan.Change, held uint64) error {
	b, err := packChanges(changes, held, c.profile.ChainKey())
	if err != nil {
		return fault.Wrap("courier.deliver", err)
	}
	return c.deliverComposed(ctx, &composed{held: held, changes: changes, bytes: b})
}

// composeFirst makes the parcel behind what the centre acknowledged; nil where
// there is none, or it fails: then it is composed when it is its turn.
func (c *Courier) composeFirst(ctx context.Context) *composed {
	box, err := c.store.Outbox(ctx)
	if err != nil || box.Last <= box.Acked || len(box.Refused) > 0 {
		return nil
	}
	p, err := c.compose(ctx, box.Acked, box.Acked, parcelChanges, c.parcel, nil)
	if err != nil {
		return nil
	}
	return p
}

// sendEarly sends the first parcel of a laptop that has just enrolled beside the
// first questions, before there is a word that the centre holds nothing of it.
// The function it gives waits for the receipt and takes it in; what fails on the
// way goes again in its turn.
func (c *Courier) sendEarly(ctx context.Context) (take func() error) {
	p := c.ready
	s := c.road.session.Load()
	if !c.fresh || p == nil || p.held != 0 || s == nil {
		c.fresh = false
		return func() error { return nil }
	}
	c.fresh, c.ready = false, nil
	queued := make(chan struct{})
	var raw []byte
	var failed error
	var wg sync.WaitGroup
	wg.Go(func() {
		q := parcelRequest(p.bytes)
		q.queued = sync.OnceFunc(func() { close(queued) })
		defer q.queued()
		_, raw, failed = c.road.ask(ctx, q)
	})
	<-queued // what is asked next goes behind it
	return func() error {
		wg.Wait()
		if failed != nil {
			return nil
		}
		return c.delivered(ctx, p, raw)
	}
}

func (c *Courier) deliverComposed(ctx context.Context, p *composed) error {
	start := time.Now()
	raw, err := c.postParcel(ctx, p.bytes)
	switch took := time.Since(start); {
	case err != nil || took > slowParcel:
		c.parcel = max(c.parcel/2, leastParcel)
	case took < quickParcel:
		c.parcel = min(c.parcel*2, mostParcel)
	}
	if err != nil {
		return err
	}
	return c.delivered(ctx, p, raw)
}

// delivered takes the receipt in that a parcel brought.
func (c *Courier) delivered(ctx context.Context, p *composed, raw []byte) error {
	changes := p.changes
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

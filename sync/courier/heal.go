package courier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

// healOwn brings home what the centre holds of this laptop's own chain and the
// laptop lost, as far as the receipt says that there is any.
func (c *Courier) healOwn(ctx context.Context, r *parcel.Receipt) error {
	want, err := c.store.Wanted(ctx)
	if err != nil {
		return err
	}
	lacking := want.Own
	if !c.asked {
		// Once a run for all gaps: what was lost may have been found since. And for
		// what others gave back: a centre that was set back may lack it.
		lacking = nearby(append(c.store.Gaps(), c.store.CameHome()...))
	}
	for _, lost := range lacking {
		ask := loan.Range{From: lost.From, To: min(lost.To, r.Through)}
		if ask.To < ask.From {
			continue
		}
		c.update(func(s *State) { s.Phase = Healing })
		if err := c.fetchOwn(ctx, ask, r); err != nil {
			return err
		}
		// What did not come the centre has not got either.
		if err := c.store.Asked(ctx, []loan.Range{ask}, nil); err != nil {
			return err
		}
	}
	c.asked = true
	return nil
}

// fetchOwn asks for a range of the own chain and keeps what comes.
func (c *Courier) fetchOwn(ctx context.Context, ask loan.Range, r *parcel.Receipt) error {
	for more := true; more; {
		n, err := c.askOwn(ctx, ask, r)
		if err != nil {
			return err
		}
		if len(n.Changes) > 0 {
			if err := c.store.Heal(ctx, n.Changes); err != nil {
				return fault.Wrap("courier.fetchOwn", err)
			}
			c.update(func(s *State) { s.Healed += len(n.Changes) })
		}
		if err := confirmOwn(ctx, c.store, n); err != nil {
			return fault.Wrap("courier.fetchOwn", err)
		}
		ask.From, more = n.Through+1, n.More
	}
	return nil
}

// confirmOwn notes which own changes an answer says that the centre holds.
func confirmOwn(ctx context.Context, s *store.Store, n *parcel.News) error {
	var there []loan.Range
	for _, ch := range n.Changes {
		there = append(there, loan.Range{From: ch.Counter, To: ch.Counter})
	}
	return s.Confirm(ctx, n.Epoch, loan.Range{From: n.After + 1, To: n.Through}, there)
}

// nearby puts ranges in order and joins those with little between them, for one
// question is dearer than a few changes that are here.
func nearby(rs []loan.Range) []loan.Range {
	const little = 256
	slices.SortFunc(rs, func(a, b loan.Range) int { return cmp.Compare(a.From, b.From) })
	var out []loan.Range
	for _, r := range rs {
		if n := len(out); n > 0 && (r.From <= out[n-1].To || r.From-out[n-1].To <= little) {
			out[n-1].To = max(out[n-1].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}

// sendHome hands in what others gave back of this laptop's chain below what the
// centre holds: it declared those numbers lost. What the centre refuses of it is
// set aside.
func (c *Courier) sendHome(ctx context.Context, box store.Outbox) (store.Outbox, error) {
	c.passes = 0
	for _, r := range box.Home {
		most := parcelChanges
		for at := r.From - 1; at < min(r.To, c.held); {
			c.update(func(s *State) { s.Phase = Sending })
			changes, err := c.store.Pending(ctx, at, min(most, int(min(r.To, c.held)-at)))
			if err != nil || len(changes) == 0 {
				return box, err
			}
			changes = trim(changes, firstParcel)
			first := changes[0]
			err = c.deliver(ctx, changes, before(first))
			switch {
			case err == nil:
				c.passes, at, most = 0, changes[len(changes)-1].Counter, parcelChanges
			case !refusesRecords(err):
				return box, err
			case len(changes) > 1:
				most = len(changes) / 2
			default:
				if err := c.setRefused(ctx, first, err); err != nil {
					return box, err
				}
				at, most = first.Counter, parcelChanges
			}
		}
	}
	return c.look(ctx)
}

// before is how far a chain is to be declared as held in front of a change that
// stands below its end: one that leads on from nothing stands behind a loss.
func before(ch *loan.Change) uint64 {
	if ch.Prev.Zero() && ch.Counter > 1 {
		return ch.Counter - 2
	}
	return ch.Counter - 1
}

func (c *Courier) askOwn(ctx context.Context, ask loan.Range, r *parcel.Receipt) (*parcel.News, error) {
	const op = "courier.askOwn"
	_, b, err := c.road.ask(ctx, request{method: "GET", path: fmt.Sprintf("/v1/own?from=%d&to=%d", ask.From, ask.To),
		want: parcel.TypeNews, limit: parcel.MaxBytes})
	if err != nil {
		return nil, err
	}
	n, err := parcel.OpenOwn(b, c.profile.Centre, c.profile.ChainKey().Suite())
	if err != nil {
		return nil, fault.New(op, fault.Untrusted, err)
	}
	if n.Device != c.profile.Device || n.Centre != r.Centre || n.Epoch != r.Epoch || n.After != ask.From-1 ||
		n.Through > ask.To || n.More && n.Through <= n.After || !n.More && n.Through != ask.To {
		return nil, fault.New(op, fault.Untrusted, errors.New("an answer to another question"))
	}
	return n, nil
}

// healBlobs brings home the blobs that are lacking here. One that the centre
// has not got, or that is not what its name says, is asked for again by the
// next courier.
func (c *Courier) healBlobs(ctx context.Context) error {
	const op = "courier.healBlobs"
	want, err := c.store.Wanted(ctx)
	if err != nil || len(want.Blobs) == len(c.absent) {
		return err
	}
	list, err := c.store.WantedBlobs(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	for _, b := range list {
		if c.absent[b.Hash] {
			continue
		}
		c.update(func(s *State) { s.Phase = Healing })
		content, err := c.fetchBlob(ctx, b)
		if err == nil {
			err = c.store.HealBlob(ctx, b, content)
		}
		var r *refusal
		switch {
		case err == nil:
			c.update(func(s *State) { s.HealedBlobs++ })
		case errors.As(err, &r) && fault.KindOf(err) == fault.Missing, fault.KindOf(err) == fault.Input:
			c.absent[b.Hash] = true
			// No copy is known: a person is told, and can take it anew.
			c.setAside(b, fault.New(op, fault.Missing, errors.New("the centre has not got it either")))
		default:
			return fault.Wrap(op, err)
		}
	}
	return nil
}

func (c *Courier) fetchBlob(ctx context.Context, b store.PendingBlob) ([]byte, error) {
	out := make([]byte, 0, b.Size)
	for int64(len(out)) < b.Size {
		_, part, err := c.road.ask(ctx, request{method: "GET", path: fmt.Sprintf("/v1/blob/%s/%d?case=%s", b.Hash, len(out), b.Case),
			want: parcel.TypeChunk, limit: parcel.PieceSize})
		if err != nil {
			return nil, err
		}
		if len(part) == 0 || int64(len(out)+len(part)) > b.Size || len(part) < parcel.PieceSize && int64(len(out)+len(part)) != b.Size {
			return nil, fault.New("courier.fetchBlob", fault.Input, errors.New("another length"))
		}
		out = append(out, part...)
	}
	return out, nil
}

// Adopt is for a person who knows that this laptop's file was set back to an
// earlier copy, and that no other laptop runs it: the next contact leads the
// chain on behind what the centre holds, brings the rest home, and the chain
// says who decided. It does so only where all that is here is the beginning of
// what the centre holds, or was declared lost and can be handed in now;
// elsewhere the attempt ends with fault.Refused or fault.Conflict, and the word
// is spent.
func (c *Courier) Adopt(operator string) {
	c.mu.Lock()
	c.adopt = operator
	c.mu.Unlock()
	c.Wake()
}

// behind is for a centre that holds more of this laptop's chain than the
// laptop, which knows of no loss. The file may have been set back to an earlier
// copy, or another laptop runs a copy of it: they look the same from here, and
// to lead on by itself would let a copy work on undetected. So a person decides.
func (c *Courier) behind(ctx context.Context, r *parcel.Receipt, last uint64) error {
	const op = "courier.behind"
	if err := c.isClone(ctx, r); err != nil {
		return err
	}
	c.mu.Lock()
	operator := c.adopt
	c.adopt = ""
	c.mu.Unlock()
	if operator == "" {
		c.update(func(s *State) { s.Behind = true })
		return fault.Say(op, fault.Conflict,
			"中心持有的本机记录比本机多：本机数据可能是旧的副本，或另有一台电脑在用同一份数据。请联系县资助中心，确认后选择“取回并继续”。",
			fmt.Errorf("the centre holds changes up to %d, here they end at %d", r.Through, last))
	}
	if err := c.handFound(ctx); err != nil {
		return fault.Wrap(op, err)
	}
	if err := c.isPrefix(ctx, r); err != nil {
		return fault.Wrap(op, err)
	}
	if err := c.store.LeadOn(ctx, operator, r.Through); err != nil {
		return fault.Wrap(op, err)
	}
	return c.healOwn(ctx, r)
}

// handFound sends what the centre has not acknowledged of a chain that another
// laptop led on: that one declared it lost, so the centre takes it where
// nothing else stands under its numbers, and refuses it as a clone's elsewhere.
func (c *Courier) handFound(ctx context.Context) error {
	box, err := c.store.Outbox(ctx)
	if err != nil {
		return err
	}
	for after := box.Acked; after < box.Last; {
		changes, err := c.store.Pending(ctx, after, parcelChanges)
		if err != nil || len(changes) == 0 {
			return err
		}
		changes = trim(changes, firstParcel)
		held := changes[0].Counter - 1
		if held > after {
			held-- // behind a gap of this chain
		}
		if _, err := c.sendParcel(ctx, changes, held); err != nil {
			return err
		}
		after = changes[len(changes)-1].Counter
	}
	return nil
}

// isPrefix is fault.Conflict unless all that is here of the own chain is the
// beginning of what the centre holds.
func (c *Courier) isPrefix(ctx context.Context, r *parcel.Receipt) error {
	last, hash := c.store.Head()
	if last == 0 {
		return nil
	}
	n, err := c.askOwn(ctx, loan.Range{From: last, To: last}, r)
	if err != nil {
		return err
	}
	if len(n.Changes) != 1 || n.Changes[0].HeaderHash(c.store.Sum) != hash {
		return fault.Say("courier.isPrefix", fault.Conflict,
			"本机有中心没有的记录，与中心的记录不能接续：另有一台电脑在用同一份数据。材料保留在本机，请联系县资助中心。",
			errors.New("what is here is not the beginning of what the centre holds"))
	}
	return nil
}

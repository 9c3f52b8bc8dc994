package neighbour

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// coming is a case on its way in.
type coming struct {
	id     uuid.UUID
	here   map[Span]bool // changes of it that are in the store, one counter each
	pieces []*parcel.Piece
	size   int
	needs  []store.PendingBlob
	blob   []byte // of needs[0], as far as it has come
	asked  bool   // for what was needed
}

// Limits of one case on its way in.
const (
	maxPieces = 2048
	maxComing = 16 << 20 // bytes of its changes, unpacked; one piece more may come
)

// takeOffer says what is lacking of a case. An offer ends the one before it.
func (s *session) takeOffer(ctx context.Context, b []byte) (any, error) {
	const op = "neighbour.takeOffer"
	s.coming = nil
	o, err := read[Offer](b)
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	for _, p := range o.Authors {
		if _, err := s.room.meetAuthor(ctx, p); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	here, err := s.room.here(ctx, o.Case)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	l := Lacks{Spans: []Span{}}
	for _, has := range o.Has {
		if !hasAll(here, has) && (has.Device != s.room.self || s.room.lost(has.Range)) {
			l.Spans = append(l.Spans, has)
		}
	}
	if len(l.Spans) == 0 && len(o.Has) > 0 {
		// For its lost images alone the case is taken once more.
		lacks, err := s.room.lacksBlobs(ctx, o.Case)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if lacks {
			l.Spans = o.Has[:1]
		}
	}
	if len(l.Spans) > 0 {
		s.coming = &coming{id: o.Case, here: here}
	}
	return l, nil
}

// here are the changes of a case that are in the store.
func (r *Room) here(ctx context.Context, id uuid.UUID) (map[Span]bool, error) {
	out := map[Span]bool{}
	all, err := r.store.Changes(ctx, id)
	if fault.KindOf(err) == fault.Missing {
		return out, nil
	}
	for _, ch := range all {
		out[key(ch)] = true
	}
	return out, err
}

func hasAll(here map[Span]bool, s Span) bool {
	for n := s.From; n <= s.To; n++ {
		if !here[Span{s.Device, loan.Range{From: n, To: n}}] {
			return false
		}
	}
	return true
}

// lost says whether this laptop lost changes of its own chain among some, by a
// repair or where a backup took the file's place: a neighbour who has them
// gives them back.
func (r *Room) lost(own loan.Range) bool {
	return slices.ContainsFunc(r.store.Gaps(), func(g loan.Range) bool { return g.From <= own.To && own.From <= g.To })
}

// lacksBlobs says whether this laptop holds a case and lost blobs of it.
func (r *Room) lacksBlobs(ctx context.Context, id uuid.UUID) (bool, error) {
	want, err := r.store.Wanted(ctx)
	if err != nil || len(want.Blobs) == 0 {
		return false, err
	}
	all, err := r.store.Changes(ctx, id)
	if err != nil {
		return false, err
	}
	k := loan.Fold(all)
	if k == nil || len(k.Holders) == 0 || !k.HeldBy(r.self) {
		return false, nil
	}
	need, err := r.lacking(ctx, k)
	return len(need) > 0, err
}

// takePiece verifies a piece of the case that was offered, and waits for the
// rest with it.
func (s *session) takePiece(ctx context.Context, b []byte) error {
	const op = "neighbour.takePiece"
	c := s.coming
	if c == nil || len(c.pieces) == maxPieces || c.size > maxComing {
		return fault.New(op, fault.Denied, errors.New("no offer, or too much of it"))
	}
	p, err := parcel.OpenPiece(b, s.room.keyOf(ctx))
	if err != nil {
		return fault.Wrap(op, err)
	}
	centre, err := s.room.centres(ctx, p.Device)
	if err != nil {
		return fault.Wrap(op, err)
	}
	for _, ch := range p.Changes {
		if at := (loan.Range{From: ch.Counter, To: ch.Counter}); ch.Device == s.room.self && !c.here[key(ch)] && !s.room.lost(at) {
			return fault.New(op, fault.Denied, errors.New("a piece of this laptop's own chain"))
		}
		if ch.Case != c.id || ch.Kind.View() {
			return fault.New(op, fault.Denied, errors.New("a change that is not of the case"))
		}
		if centre != centreKind(ch.Kind) {
			return fault.New(op, fault.Denied, errors.New("the centre's word by a laptop, or another word by the centre"))
		}
	}
	c.pieces = append(c.pieces, p)
	for _, ch := range p.Changes {
		c.size += len(ch.Body) + 256
	}
	return nil
}

// takeWhole looks at the case as it would be. When it is for this laptop, it
// asks for the blobs that are lacking, and with none keeps the case.
func (s *session) takeWhole(ctx context.Context, b []byte) (any, error) {
	const op = "neighbour.takeWhole"
	w, err := read[Whole](b)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	c := s.coming
	if c == nil || c.id != w.Case {
		return nil, fault.New(op, fault.Denied, errors.New("no such offer"))
	}
	s.room.take.Lock()
	defer s.room.take.Unlock()
	old, err := s.room.store.Changes(ctx, c.id)
	if err != nil && fault.KindOf(err) != fault.Missing {
		return nil, fault.Wrap(op, err)
	}
	fresh := c.fresh()
	whole := append(slices.Clone(old), fresh...)
	k := loan.Fold(whole)
	if k == nil {
		return nil, fault.New(op, fault.Input, errors.New("nothing opens the case"))
	}
	own := slices.ContainsFunc(whole, func(ch *loan.Change) bool { return ch.Device == s.room.self && !ch.Kind.View() })
	had := slices.Contains(k.EverHeldBy(), s.room.self)
	holds := len(k.Holders) > 0 && k.HeldBy(s.room.self)
	if !holds && !own && !had {
		return nil, fault.New(op, fault.Denied, errors.New("a case that is not for this laptop"))
	}
	if holds {
		if c.needs, err = s.room.lacking(ctx, k); err != nil {
			return nil, fault.Wrap(op, err)
		}
		if c.asked {
			c.needs = s.room.others(c.needs, whole)
		}
		c.asked = true
	}
	n := Needs{Blobs: []loan.Hash{}}
	for _, p := range c.needs {
		n.Blobs = append(n.Blobs, p.Hash)
	}
	c.blob = nil
	if len(c.needs) > 0 {
		return n, nil
	}
	// The proofs first: without them the case could not be passed on.
	if err := s.room.keepProofs(ctx, c.id, c.others(s.room.self)); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := s.room.keepChanges(ctx, fresh); err != nil {
		return nil, fault.Wrap(op, err)
	}
	s.coming = nil
	s.room.arrived(len(fresh))
	return n, nil
}

// keepChanges keeps what came: the own changes in their gaps, and then those of
// others. Cut short in between, the rest comes with the next offer.
func (r *Room) keepChanges(ctx context.Context, fresh []*loan.Change) error {
	mine := func(ch *loan.Change) bool { return ch.Device == r.self }
	if lost := slices.DeleteFunc(slices.Clone(fresh), func(ch *loan.Change) bool { return !mine(ch) }); len(lost) > 0 {
		if err := r.store.TakeHome(ctx, lost); err != nil {
			return err
		}
	}
	return r.store.Receive(ctx, slices.DeleteFunc(slices.Clone(fresh), mine))
}

// others are the pieces of others' chains; the own changes are proven anew when
// they are passed on.
func (c *coming) others(self uuid.UUID) []*parcel.Piece {
	return slices.DeleteFunc(slices.Clone(c.pieces), func(p *parcel.Piece) bool { return p.Device == self })
}

// fresh are the changes that are not in the store.
func (c *coming) fresh() []*loan.Change {
	var out []*loan.Change
	for _, p := range c.pieces {
		for _, ch := range p.Changes {
			if !c.here[key(ch)] {
				out = append(out, ch)
			}
		}
	}
	return out
}

// lacking are the blobs of a case that are not here, or cannot be read any more.
func (r *Room) lacking(ctx context.Context, k *loan.Case) ([]store.PendingBlob, error) {
	var out []store.PendingBlob
	want, err := r.store.Wanted(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[loan.Hash]bool{}
	for _, a := range k.Manifest() {
		if seen[a.Blob] || a.Blob.Zero() || a.Size < 1 || a.Size > parcel.MaxBlob {
			continue
		}
		seen[a.Blob] = true
		there, err := false, error(nil)
		if !slices.Contains(want.Blobs, a.Blob) {
			there, err = r.store.HoldsBlob(ctx, a.Blob)
		}
		if err != nil {
			return nil, err
		}
		if !there {
			contract := a.Slot == loan.ContractSlot || a.Slot == loan.InkStudent || a.Slot == loan.InkCoborrower
			out = append(out, store.PendingBlob{Hash: a.Blob, Size: a.Size, Case: k.ID, Contract: contract})
		}
	}
	return out, nil
}

// others are the blobs that no change of this laptop brought. What it brought
// itself, and the other has not got, it lost: the case is not held up for it,
// and the centre is asked.
func (r *Room) others(needs []store.PendingBlob, whole []*loan.Change) []store.PendingBlob {
	return slices.DeleteFunc(needs, func(b store.PendingBlob) bool {
		name := []byte(b.Hash.String())
		return slices.ContainsFunc(whole, func(ch *loan.Change) bool { return ch.Device == r.self && bytes.Contains(ch.Body, name) })
	})
}

func (r *Room) arrived(n int) {
	if n == 0 {
		return
	}
	r.update(func() { r.state.Arrived++ })
	if r.cfg.Fresh != nil {
		r.cfg.Fresh()
	}
	r.Wake() // others may be waiting for it
}

// takeBlob takes the next part of the blobs that were asked for, in their
// order, and keeps each as soon as it is whole.
func (s *session) takeBlob(ctx context.Context, b []byte) error {
	const op = "neighbour.takeBlob"
	p, err := readBlobPart(b)
	if err != nil {
		return err
	}
	c := s.coming
	if c == nil || len(c.needs) == 0 {
		return fault.New(op, fault.Denied, errors.New("a blob nobody asked for"))
	}
	if p.offset == 0 && len(c.blob) == 0 {
		c.needs = c.from(p.hash) // those in front of it the other has not got
	}
	want := c.needs[0]
	if p.hash != want.Hash || int64(p.size) != want.Size || int(p.offset) != len(c.blob) {
		c.blob = nil
		return fault.New(op, fault.Denied, errors.New("another blob than the next"))
	}
	if c.blob = append(c.blob, p.bytes...); len(c.blob) < int(p.size) {
		return nil
	}
	content := c.blob
	c.needs, c.blob = c.needs[1:], nil
	return fault.Wrap(op, s.room.store.TakeBlob(ctx, want, content))
}

// from are the blobs that are needed, from one of them on; all where it is none.
func (c *coming) from(h loan.Hash) []store.PendingBlob {
	if i := slices.IndexFunc(c.needs, func(b store.PendingBlob) bool { return b.Hash == h }); i > 0 {
		return c.needs[i:]
	}
	return c.needs
}

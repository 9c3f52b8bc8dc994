package neighbour

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// give sends all that the other laptop is to have and has not. What goes wrong
// with one case is shown and does not hold up the next; an error is the end of
// the connection.
func (s *session) give(ctx context.Context) error {
	if h := s.room.hello(); !reflect.DeepEqual(h, s.told) {
		if err := s.put(ctx, kindHello, h, nil); err != nil {
			return err
		}
		s.told = h
	}
	if err := s.giveReceipts(ctx); err != nil {
		return err
	}
	if err := s.giveCases(ctx); err != nil {
		return err
	}
	return s.giveCarried(ctx)
}

// ended says whether an error is the end of the connection, or of this laptop.
func ended(err error) bool {
	switch fault.KindOf(err) {
	case fault.Offline, fault.Cancelled:
		return true
	}
	return false
}

func (s *session) giveCases(ctx context.Context) error {
	const op = "neighbour.giveCases"
	cases, err := s.room.store.RoomCases(ctx, s.peer)
	if err != nil {
		return fault.Wrap(op, err)
	}
	left := slices.DeleteFunc(cases, func(c store.RoomCase) bool { v, ok := s.given[c.ID]; return ok && v == c.Version })
	s.room.left(s.peer, len(left), nil)
	for i, c := range left {
		err := s.giveCase(ctx, c.ID)
		if ended(err) {
			return err
		}
		s.urgent = s.urgent || err == nil
		// A case that is refused is tried again when it changes, or they meet anew.
		s.given[c.ID] = c.Version
		if err != nil {
			s.room.log.Warn("case not given", "case", c.ID.String(), "device", s.peer.String(), "error", err.Error())
		}
		s.room.left(s.peer, len(left)-i-1, err)
	}
	return nil
}

func (r *Room) left(device uuid.UUID, n int, err error) {
	r.mu.Lock()
	p := r.peer(device)
	same := p.Left == n && err == nil
	r.mu.Unlock()
	if same {
		return
	}
	r.update(func() {
		p := r.peer(device)
		p.Left = n
		if err != nil {
			p.Err = err
		}
	})
}

// giveCase offers a case, sends what is lacking of its changes, and then the
// blobs that the other needs before it keeps them.
func (s *session) giveCase(ctx context.Context, id uuid.UUID) error {
	const op = "neighbour.giveCase"
	g, err := s.room.gather(ctx, id, s.version.Load() >= centreVersion)
	if err != nil {
		return fault.Wrap(op, err)
	}
	var l Lacks
	if err := s.put(ctx, kindOffer, Offer{Case: id, Has: g.has, Authors: g.authors}, &l); err != nil {
		return err
	}
	if checkSpans(l.Spans) != nil {
		return fault.New(op, fault.Untrusted, errors.New("spans"))
	}
	if len(l.Spans) == 0 {
		return nil
	}
	for _, p := range g.pieces {
		if !p.lacked(l.Spans) {
			continue
		}
		b, err := p.pack(s.room)
		if err != nil {
			return fault.Wrap(op, err)
		}
		if _, err := s.ask(ctx, frame{kindPiece, b}); err != nil {
			return err
		}
	}
	var lacked error
	for range 3 {
		var n Needs
		if err := s.put(ctx, kindWhole, Whole{id}, &n); err != nil {
			return err
		}
		if len(n.Blobs) == 0 {
			return nil
		}
		if lacked, err = s.giveBlobs(ctx, g.fold, n.Blobs); err != nil {
			return err
		}
	}
	if lacked != nil {
		return lacked
	}
	return fault.New(op, fault.Untrusted, errors.New("blobs are wanted again and again"))
}

// giveBlobs sends the blobs that are needed, in their order. One that is not
// here holds up no other; the other laptop decides what the case is without it.
func (s *session) giveBlobs(ctx context.Context, c *loan.Case, needs []loan.Hash) (lacked, err error) {
	for _, h := range needs {
		err := s.giveBlob(ctx, c, h)
		switch fault.KindOf(err) {
		case fault.Missing, fault.Damaged, fault.Erased:
			lacked = err
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	return lacked, nil
}

// giveBlob sends a blob of a case that the other laptop holds.
func (s *session) giveBlob(ctx context.Context, c *loan.Case, h loan.Hash) error {
	const op = "neighbour.giveBlob"
	of := slices.ContainsFunc(c.Manifest(), func(a loan.Attachment) bool { return a.Blob == h })
	if !of || len(c.Holders) == 0 || !c.HeldBy(s.peer) {
		return fault.New(op, fault.Denied, errors.New("a blob that is not for that laptop"))
	}
	b, err := s.room.store.Blob(ctx, h)
	if err != nil {
		return fault.Wrap(op, err)
	}
	for at := 0; at < len(b); at += blobChunk {
		part := blobPart{h, uint32(len(b)), uint32(at), b[at:min(len(b), at+blobChunk)]}
		if _, err := s.ask(ctx, part.frame()); err != nil {
			return err
		}
	}
	return nil
}

// gathered is what this laptop can give of a case, and prove.
type gathered struct {
	fold    *loan.Case
	has     []Span
	pieces  []ownOrProven
	authors []parcel.Passport
}

// ownOrProven is an unbroken piece of a chain: the own one, to be signed, or
// another's, with the proof that came with it.
type ownOrProven struct {
	changes []*loan.Change
	proof   []byte
}

func (p ownOrProven) span() Span {
	first, last := p.changes[0], p.changes[len(p.changes)-1]
	return Span{first.Device, loan.Range{From: first.Counter, To: last.Counter}}
}

func (p ownOrProven) lacked(spans []Span) bool {
	own := p.span()
	return slices.ContainsFunc(spans, func(l Span) bool {
		return l.Device == own.Device && l.From <= own.To && own.From <= l.To
	})
}

func (p ownOrProven) pack(r *Room) ([]byte, error) {
	proof := p.proof
	if proof == nil {
		var err error
		if proof, err = parcel.Prove(p.changes, r.profile.ChainKey()); err != nil {
			return nil, err
		}
	}
	return parcel.Packed(proof, p.changes)
}

// pieceChanges bounds a piece of the own chain, so that it fits a frame.
const (
	pieceChanges = 128
	pieceBytes   = 1 << 20
)

// gather reads a case for giving. Looks are left out: they are this laptop's
// log, and nothing of the case. So are changes that cannot be proven here. Those
// of the centre go along with its own proof, where the other can take them.
func (r *Room) gather(ctx context.Context, id uuid.UUID, withCentre bool) (*gathered, error) {
	all, err := r.store.Changes(ctx, id)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(ch *loan.Change) bool { return ch.Kind.View() })
	g := &gathered{fold: loan.Fold(all)}
	if g.fold == nil {
		return nil, fault.New("neighbour.gather", fault.Missing, errors.New("nothing opens the case"))
	}
	here := map[uuid.UUID]map[uint64]*loan.Change{}
	for _, ch := range all {
		if here[ch.Device] == nil {
			here[ch.Device] = map[uint64]*loan.Change{}
		}
		here[ch.Device][ch.Counter] = ch
	}
	g.pieces = runs(here[r.self])
	proofs, err := r.allProofs(ctx, id)
	if err != nil {
		return nil, err
	}
	authors, centres := map[uuid.UUID]bool{}, map[Span]bool{}
	for _, raw := range proofs {
		p, err := parcel.OpenProof(raw, r.keyOf(ctx))
		if err != nil {
			continue // nothing that could be given
		}
		piece := ownOrProven{proof: raw}
		for n := p.First; n <= p.Last && here[p.Device][n] != nil; n++ {
			piece.changes = append(piece.changes, here[p.Device][n])
		}
		if uint64(len(piece.changes)) != p.Last-p.First+1 {
			continue
		}
		is, err := r.centres(ctx, p.Device)
		if err != nil {
			return nil, err
		}
		switch span := piece.span(); {
		case !is:
			authors[p.Device] = true
		case !withCentre || centres[span]:
			continue
		default:
			centres[span] = true
		}
		g.pieces = append(g.pieces, piece)
	}
	for device := range authors {
		pass, err := r.passport(ctx, device)
		if err != nil {
			return nil, err
		}
		g.authors = append(g.authors, pass)
	}
	for _, p := range g.pieces {
		g.has = append(g.has, p.span())
	}
	return g, nil
}

// runs parts changes of one chain into unbroken pieces.
func runs(by map[uint64]*loan.Change) []ownOrProven {
	var out []ownOrProven
	size := 0
	numbers := make([]uint64, 0, len(by))
	for n := range by {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		ch := by[n]
		size += len(ch.Body) + 256
		last := len(out) - 1
		if i == 0 || numbers[i-1]+1 != n || len(out[last].changes) == pieceChanges || size > pieceBytes {
			out, size = append(out, ownOrProven{}), len(ch.Body)+256
			last++
		}
		out[last].changes = append(out[last].changes, ch)
	}
	return out
}

package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

const (
	keepImages = 7 * 24 * time.Hour
	// believed is how far behind the centre's last receipt this machine's
	// clock is still believed: twice the longest time a point works offline.
	believed = 60 * 24 * time.Hour
	// casesAtOnce is how many cases lose their images in one transaction.
	casesAtOnce = 500
	// seasonAtOnce is how many cases are erased whole in one transaction.
	seasonAtOnce = 20
)

// Retain erases the images whose time is over, by destroying their keys: of
// cases that the centre has received whole, seven days after it said so, and
// never one that it has not acknowledged by name. Contracts, ink and the record
// stay. A change in the chain tells of it, in the same transaction.
//
// When a time is over is judged by the centre's clock, which dated its receipts.
// How late it is there is the later of two: the time of its last receipt, which
// is past for certain, and now by this machine's clock, less the error it was
// last found to have. A clock that is set back therefore delays nothing that
// the centre's receipts prove, and brings nothing back. One that claims to be
// further from the last receipt than believed may be set wrong, or the laptop
// lay in a cupboard: then the receipt's time alone counts, and the next receipt
// decides.
func (s *Store) Retain(ctx context.Context, now time.Time) (Erased, error) {
	const op = "store.Retain"
	ctx, done := s.occupy(ctx)
	defer done()
	e := &erasure{s: s, rule: RuleImages, batch: casesAtOnce, watch: &watch{}, out: Erased{Rule: RuleImages}}
	defer s.listen(e.watch)()
	if err := s.finishErasing(ctx); err != nil {
		return e.out, fault.Wrap(op, err)
	}
	at, doubtful, err := s.centreTime(ctx, now)
	if err != nil || at.IsZero() {
		return e.out, fault.Wrap(op, err)
	}
	e.out.Doubtful = doubtful
	if err := e.dueImages(ctx, at.Add(-keepImages)); err != nil || len(e.cases) == 0 {
		return e.out, fault.Wrap(op, err)
	}
	err = e.run(ctx)
	return e.out, fault.Wrap(op, err)
}

// centreTime is how late it is by the centre's clock, at least; zero before
// the first receipt.
func (s *Store) centreTime(ctx context.Context, now time.Time) (at time.Time, doubtful bool, err error) {
	r, err := s.LastReceipt(ctx)
	if fault.KindOf(err) == fault.Missing {
		return at, false, nil
	}
	if err != nil {
		return at, false, err
	}
	s.mu.RLock()
	now = now.Add(-max(s.clockErr, 0))
	s.mu.RUnlock()
	switch {
	case now.Before(r.At):
		return r.At, false, nil
	case now.Sub(r.At) > believed:
		return r.At, true, nil
	}
	return now, false, nil
}

// dueImages chooses the images of cases that the centre received whole before
// a time, less those that a case still needs which was not.
func (e *erasure) dueImages(ctx context.Context, before time.Time) error {
	s := e.s
	needed, err := s.named(ctx, func(sum Summary, changes []*loan.Change) bool {
		return !delivered(sum) || receivedAt(changes).After(before)
	}, func(sum Summary) bool { return delivered(sum) && !sum.Updated.After(before) })
	if err != nil {
		return err
	}
	of := map[uuid.UUID][]loan.Hash{}
	err = s.eachInfo(ctx, func(infos []named) error {
		for _, n := range infos {
			of[n.id] = append(of[n.id], n.h)
		}
		return nil
	}, func(h loan.Hash, i *blobInfo) bool {
		return i.state != blobErased && i.class == classImage && !i.acked.After(before) && needed[h] == uuid.Nil && !s.waits([]loan.Hash{h})
	})
	if err != nil {
		return err
	}
	e.blobs = map[uuid.UUID][]loan.Hash{}
	for id, blobs := range of {
		if sum, ok := s.Summary(id); !ok || !delivered(sum) {
			continue
		}
		changes, err := s.Changes(ctx, id)
		if stops(err) {
			return err
		}
		if at := receivedAt(changes); at.IsZero() || at.After(before) {
			continue
		}
		e.cases, e.blobs[id] = append(e.cases, id), blobs
	}
	slices.SortFunc(e.cases, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return nil
}

// delivered says whether the centre has a case whole, and has said so.
func delivered(sum Summary) bool {
	return sum.Sent && (sum.Status == loan.Received || sum.Status == loan.Accepted)
}

// stops says whether an error ends the work: a case that cannot be read does not.
func stops(err error) bool {
	k := fault.KindOf(err)
	return err != nil && k != fault.Damaged && k != fault.Missing && k != fault.Erased
}

// receivedAt is when the centre last said that it has the whole case, by its
// own clock; zero when it never did.
func receivedAt(changes []*loan.Change) (at time.Time) {
	for _, ch := range changes {
		if ch.Kind == loan.ChangeReceive && ch.At.After(at) {
			at = ch.At
		}
	}
	return at
}

// named lists the blobs that the changes of some cases name, each with one of
// these cases; skip says without their changes which are not meant. A case that
// cannot be read names none.
func (s *Store) named(ctx context.Context, which func(Summary, []*loan.Change) bool, skip func(Summary) bool) (map[loan.Hash]uuid.UUID, error) {
	out := map[loan.Hash]uuid.UUID{}
	for _, sum := range s.Search("", 0) {
		if skip(sum) {
			continue
		}
		changes, err := s.Changes(ctx, sum.ID)
		if stops(err) {
			return nil, err
		}
		if !which(sum, changes) {
			continue
		}
		for _, ch := range changes {
			for _, b := range brought(ch) {
				out[b.Hash] = sum.ID
			}
		}
	}
	return out, nil
}

// EraseSeason erases every case of an academic year that the centre holds
// whole: received, accepted, or void, with all changes and blobs acknowledged.
// Its blobs go by their keys, the bodies of its changes and its summary are
// emptied, and the headers stay, so that the chain verifies. What is not wholly
// at the centre is left alone and told of. Changes in the chain name the cases.
// The file must be compacted for the old bodies to leave the disk.
func (s *Store) EraseSeason(ctx context.Context, year int, operator string) (Erased, error) {
	return s.EraseSeasonBut(ctx, year, operator, nil)
}

// EraseSeasonBut is EraseSeason without the cases of which keeps says that they are not
// the operator's to erase: they are told of with WhyPart. Nil is of none.
func (s *Store) EraseSeasonBut(ctx context.Context, year int, operator string, keeps func(*loan.Case) bool) (Erased, error) {
	e := &erasure{s: s, rule: RuleSeason, operator: operator, keeps: keeps}
	err := e.whole(ctx, func(Summary) bool { return true }, func(c *loan.Case) bool { return c.App.AcademicYear == year })
	return e.out, fault.Wrap("store.EraseSeason", err)
}

// EraseCase erases one void case, as a person asked for it; the reason goes into
// the change that tells of it, by which the centre erases its copy too. What the
// centre has not acknowledged is erased as well, and goes to it without content.
// WhyUnsent is of a case that another laptop made void, while changes of this one
// wait.
func (s *Store) EraseCase(ctx context.Context, id uuid.UUID, operator, reason string) (Erased, error) {
	e := &erasure{s: s, rule: RuleRequest, operator: operator, reason: reason}
	err := e.whole(ctx, func(sum Summary) bool { return sum.ID == id }, func(*loan.Case) bool { return true })
	return e.out, fault.Wrap("store.EraseCase", err)
}

// EraseTold erases those of some cases that are here, because the centre says
// that it erased them at a person's wish; operator and reason are as it names
// them. What another case here names is offered to the centre anew, which may have
// had it with the erased one alone. To a centre that was set back this laptop's chain
// then says so in its turn.
func (s *Store) EraseTold(ctx context.Context, ids []uuid.UUID, operator, reason string) (Erased, error) {
	e := &erasure{s: s, rule: RuleRequest, told: true, operator: operator, reason: reason}
	err := e.whole(ctx, func(sum Summary) bool { return slices.Contains(ids, sum.ID) }, func(*loan.Case) bool { return true })
	return e.out, fault.Wrap("store.EraseTold", err)
}

// whole erases the cases that both name, as far as they may go.
func (e *erasure) whole(ctx context.Context, listed func(Summary) bool, meant func(*loan.Case) bool) error {
	s := e.s
	ctx, done := s.occupy(ctx)
	defer done()
	e.batch, e.bodies, e.watch, e.out = seasonAtOnce, true, &watch{}, Erased{Rule: e.rule}
	defer s.listen(e.watch)()
	err := s.finishErasing(ctx)
	if err == nil {
		err = e.choose(ctx, listed, meant)
	}
	if err != nil || len(e.cases) == 0 {
		return err
	}
	return e.run(ctx)
}

// choose chooses the cases that may go, with the blobs that no other case names.
func (e *erasure) choose(ctx context.Context, listed func(Summary) bool, meant func(*loan.Case) bool) error {
	s := e.s
	chosen, names := map[uuid.UUID]bool{}, map[uuid.UUID][]loan.Hash{}
	for _, sum := range s.Search("", 0) {
		if !listed(sum) {
			continue
		}
		changes, err := s.Changes(ctx, sum.ID)
		if stops(err) {
			return err
		}
		if err != nil {
			e.out.refuse(WhyDamaged, sum.ID)
			continue
		}
		c := loan.Fold(changes)
		if c == nil || !meant(c) {
			continue
		}
		var blobs []loan.Hash
		for _, ch := range changes {
			for _, b := range brought(ch) {
				if !slices.Contains(blobs, b.Hash) {
					blobs = append(blobs, b.Hash)
				}
			}
		}
		if why := e.mayGo(c, sum, blobs, changes); why != "" {
			e.out.refuse(why, sum.ID)
			continue
		}
		chosen[sum.ID], names[sum.ID] = true, blobs
		e.cases = append(e.cases, sum.ID)
	}
	needed, err := s.named(ctx, func(Summary, []*loan.Change) bool { return true }, func(sum Summary) bool { return chosen[sum.ID] })
	if err != nil {
		return err
	}
	return e.own(ctx, names, needed)
}

// mayGo says why a case may not be erased whole; empty when it may.
func (e *erasure) mayGo(c *loan.Case, sum Summary, blobs []loan.Hash, changes []*loan.Change) Why {
	if e.told {
		return ""
	}
	switch c.Status {
	case loan.Received, loan.Accepted, loan.Void:
	default:
		return WhyOpen
	}
	// This laptop's own word that the case is void goes up before that of the
	// erasing, in one chain.
	if e.rule == RuleRequest && c.Status == loan.Void && slices.ContainsFunc(changes, e.s.ownVoid) {
		return ""
	}
	if !sum.Sent || e.s.waits(blobs) {
		return WhyUnsent
	}
	if e.keeps != nil && e.keeps(c) {
		return WhyPart
	}
	return ""
}

func (s *Store) ownVoid(ch *loan.Change) bool {
	return ch.Kind == loan.ChangeVoid && ch.Device == s.profile.Device
}

// own lists for each case the blobs that are here and that no other case
// needs; one that two of them name counts for the first. Those that another
// case needs become that case's.
func (e *erasure) own(ctx context.Context, names map[uuid.UUID][]loan.Hash, needed map[loan.Hash]uuid.UUID) error {
	e.blobs, e.heirs = map[uuid.UUID][]loan.Hash{}, map[loan.Hash]uuid.UUID{}
	taken := map[loan.Hash]bool{}
	return e.s.view(ctx, "store.own", func(tx *bbolt.Tx) error {
		for _, id := range e.cases {
			for _, h := range names[id] {
				if taken[h] {
					continue
				}
				i, err := e.s.blobInfo(tx, h[:])
				if err != nil || i.state == blobErased {
					continue
				}
				taken[h] = true
				switch {
				case needed[h] == uuid.Nil:
				case i.id == id:
					e.heirs[h] = needed[h]
				case e.told:
					e.heirs[h] = i.id
				default:
					continue
				}
				e.blobs[id] = append(e.blobs[id], h)
			}
		}
		return nil
	})
}

// eraseBodies empties a case: of its changes the headers stay, of its summary
// the status. It gives how many bodies there were.
func (s *Store) eraseBodies(tx *bbolt.Tx, id uuid.UUID) (int, error) {
	changes, err := s.listChanges(tx, id)
	if err != nil {
		return 0, err
	}
	old, err := s.readRow(tx, id)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, ch := range changes {
		if ch.Body == nil {
			continue
		}
		n++
		ch.Body = nil
		if err := s.put(tx, bChanges, refKey(ch.Device, ch.Counter), ch.Encode()); err != nil {
			return 0, err
		}
	}
	return n, s.putBareRow(tx, id, old.Status, changes)
}

// putBareRow writes the summary of an erased case.
func (s *Store) putBareRow(tx *bbolt.Tx, id uuid.UUID, st loan.Status, changes []*loan.Change) error {
	r := s.rowOf(changes)
	r.ID, r.Status, r.erased = id, st, true
	return s.put(tx, bSummaries, id[:], r.encode())
}

// keepBare is keep, without the body where the change's case was erased: the
// rule by which it was goes for what comes late as well.
func (s *Store) keepBare(tx *bbolt.Tx, ch *loan.Change) error {
	if ch.Case != uuid.Nil && ch.Body != nil {
		r, err := s.readRow(tx, ch.Case)
		if err == nil && r.erased {
			bare := *ch
			bare.Body = nil
			ch = &bare
		}
	}
	return s.keep(tx, ch)
}

package store

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// Erased says what an erasing took away.
type Erased struct {
	Rule    string
	Cases   int
	Blobs   int
	Bytes   int64 // of the blobs
	Changes int   // bodies
	Refused []Refusal
	// Doubtful says that this machine's clock and the centre's last receipt
	// are too far apart: only what is due by the centre's clock was erased.
	Doubtful bool
	// Aside is how many data files that repairs and restores had set aside were
	// deleted, for erased bodies are in them; AsideLeft how many wait until what
	// was lost has come home from the centre.
	Aside     int
	AsideLeft int
}

// Refusal is cases that were left alone, and why.
type Refusal struct {
	Why   Why
	Cases []uuid.UUID
}

// Why is a reason to leave a case alone.
type Why string

// The reasons.
const (
	WhyOpen    Why = "open"    // the centre has not received it, and it is not void
	WhyUnsent  Why = "unsent"  // the centre has not acknowledged all of it
	WhyDamaged Why = "damaged" // it cannot be read
	WhyChanged Why = "changed" // somebody wrote to it meanwhile
	WhyPart    Why = "part"    // who erases had a part in it
	WhySealed  Why = "sealed"  // a contract of it was sealed, also if it was made void since
)

// Label is the reason on screen.
func (w Why) Label() string { return guard.KeptLabel(string(w)) }

// The rules of erasing, as EraseBody names them.
const (
	RuleImages  = loan.EraseImages
	RuleSeason  = loan.EraseSeason
	RuleRequest = loan.EraseRequest
)

// Sizes of one transaction of an erasing: a clerk's save waits for one.
const (
	moveKeys    = 256
	readInfos   = 2000
	sweepChunks = 64
	maxNamed    = 1000 // cases that one EraseBody names
)

// erasure is one erasing under way: cases with their blobs, chosen before it
// began.
type erasure struct {
	s        *Store
	rule     string
	operator string
	reason   string
	keeps    func(*loan.Case) bool // says of a case that may go that it is not this operator's to erase; nil of none
	told     bool                  // by the centre, whatever the case's status is
	knew     []uuid.UUID           // changes that the centre had when it erased, the last of each chain among them
	batch    int                   // cases of one transaction
	bodies   bool
	cases    []uuid.UUID
	blobs    map[uuid.UUID][]loan.Hash
	heirs    map[loan.Hash]uuid.UUID // of blobs that stay: the case that they are now of
	watch    *watch
	from, to uint64 // numbers of the wrapping keys
	out      Erased
	unsent   map[loan.Hash]*unsent // blobs that wait no more, or with another case
}

// run erases. What stays is first sealed under a new wrapping key, then the
// records say, with the change that tells of it, what is gone, and then the
// old key is destroyed: with it what was erased cannot be read from any copy
// of the database file. Cut short at any point, it is ended by the next
// opening or erasing.
func (e *erasure) run(ctx context.Context) error {
	st, err := e.s.beginMove(ctx)
	if err != nil {
		return err
	}
	e.from, e.to = st.now, st.next
	victims := map[loan.Hash]bool{}
	for _, hs := range e.blobs {
		for _, h := range hs {
			victims[h] = e.heirs[h] == uuid.Nil
		}
	}
	if err := e.s.moveKept(ctx, st, victims); err != nil {
		return err
	}
	e.s.o.step("moved")
	for at := 0; at < len(e.cases); at += e.batch {
		last := at+e.batch >= len(e.cases)
		if err := e.mark(ctx, e.cases[at:min(at+e.batch, len(e.cases))], last); err != nil {
			return err
		}
		e.s.o.step("marked")
	}
	if err := e.s.destroy(e.from); err != nil {
		return err
	}
	e.s.o.step("destroyed")
	if err := e.s.sweep(ctx); err != nil {
		return err
	}
	e.out.Aside, e.out.AsideLeft, err = e.s.takeAside(ctx)
	return err
}

// destroy takes a wrapping key away for ever, while nobody writes or copies the
// store.
func (s *Store) destroy(number uint64) error {
	s.write.Lock()
	defer s.write.Unlock()
	return s.wraps.destroy(number)
}

// beginMove makes the wrapping key that all that stays is moved to.
func (s *Store) beginMove(ctx context.Context) (imageState, error) {
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.needKey(ctx); err != nil {
		return imageState{}, err
	}
	st := s.imagesNow()
	st.next = st.now + 1
	if err := s.wraps.prepare(st.next, st.now); err != nil {
		return st, err
	}
	s.o.step("prepared")
	err := s.update(ctx, "store.beginMove", func(tx *bbolt.Tx) error { return s.putImageState(tx, st) })
	if err == nil {
		s.settle(st)
		s.o.step("begun")
	}
	return st, err
}

// moveKept seals the keys of all blobs but those named under the next wrapping
// key, some at a time.
func (s *Store) moveKept(ctx context.Context, st imageState, but map[loan.Hash]bool) error {
	return s.eachInfo(ctx, func(infos []named) error {
		for len(infos) > 0 {
			n := min(len(infos), moveKeys)
			if err := s.moveSome(ctx, st, infos[:n]); err != nil {
				return err
			}
			infos = infos[n:]
			s.o.step("moving")
		}
		return nil
	}, func(h loan.Hash, i *blobInfo) bool { return i.state == blobKept && i.number == st.now && !but[h] })
}

func (s *Store) moveSome(ctx context.Context, st imageState, some []named) error {
	s.write.Lock()
	defer s.write.Unlock()
	return s.update(ctx, "store.move", func(tx *bbolt.Tx) error {
		for _, n := range some {
			if err := s.rewrap(tx, n.h, st.now, st.next); err != nil {
				return err
			}
		}
		return nil
	})
}

// rewrap seals a blob's key under another wrapping key. One that is not under
// the first, or that cannot be had, stays as it is.
func (s *Store) rewrap(tx *bbolt.Tx, h loan.Hash, from, to uint64) error {
	info, err := s.blobInfo(tx, h[:])
	if err != nil || info.state != blobKept || info.number != from {
		return err
	}
	s.wraps.mu.RLock()
	defer s.wraps.mu.RUnlock()
	own, err := s.wraps.unwrap(from, h[:], info.wrapped)
	if fault.KindOf(err) == fault.Damaged {
		return nil
	}
	if err != nil {
		return err
	}
	defer own.Wipe()
	info.number = to
	if info.wrapped, err = s.wraps.wrap(to, h[:], own); err != nil {
		return err
	}
	return s.putInfo(tx, h[:], info)
}

// named is a blob with what is known of it.
type named struct {
	h loan.Hash
	*blobInfo
}

// eachInfo reads the record of every blob that wanted says, and hands them on
// in lists, outside of any transaction. A record that cannot be read is left
// out: it is VerifyLedger that tells of it.
func (s *Store) eachInfo(ctx context.Context, take func([]named) error, wanted func(loan.Hash, *blobInfo) bool) error {
	var at []byte
	for more := true; more; {
		var list []named
		err := s.view(ctx, "store.each blob", func(tx *bbolt.Tx) error {
			c := tx.Bucket([]byte(bBlobInfo)).Cursor()
			k, v := c.Seek(at)
			for n := 0; k != nil && n < readInfos; n++ {
				b, err := s.vault.open(bBlobInfo, k, v)
				if err == nil && len(k) == len(loan.Hash{}) {
					if i, err := decodeInfo(b); err == nil && wanted(loan.Hash(k), i) {
						list = append(list, named{loan.Hash(k), i})
					}
				}
				k, v = c.Next()
			}
			at, more = bytes.Clone(k), k != nil
			return nil
		})
		if err == nil && len(list) > 0 {
			err = take(list)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mark writes, in one transaction, that the cases' blobs are erased, and the
// change that tells of it. The last one puts the new wrapping key in force.
func (e *erasure) mark(ctx context.Context, cases []uuid.UUID, last bool) error {
	const op = "store.erase"
	s := e.s
	s.write.Lock()
	defer s.write.Unlock()
	st := s.imagesNow()
	body := loan.EraseBody{Rule: e.rule, Reason: e.reason}
	e.unsent = map[loan.Hash]*unsent{}
	var gone, spared []uuid.UUID
	_, err := s.perform(ctx, op, func(w *work) error {
		w.kept = nil
		changed, broken := s.heard(e.watch, bSummaries)
		for _, id := range cases {
			if broken || changed[string(id[:])] || e.rule != RuleRequest && !s.sent(id) {
				spared = append(spared, id)
				if err := e.spare(w.tx, id); err != nil {
					return err
				}
				continue
			}
			gone = append(gone, id)
			if err := e.take(w, id, &body); err != nil {
				return err
			}
		}
		if last {
			st.now, st.next = e.to, 0
		}
		st.owed |= owedSweep
		if e.bodies {
			st.owed |= owedCompact | owedAside
		}
		if err := s.putImageState(w.tx, st); err != nil || body.Count == 0 {
			return err
		}
		return w.entry(Entry{Kind: loan.ChangeErase, Operator: e.operator, Body: body})
	})
	if err != nil {
		return err
	}
	s.settle(st)
	if e.bodies {
		s.mu.Lock()
		for _, id := range gone {
			s.index.drop(id)
		}
		for h, u := range e.unsent {
			s.outbox.remove(h)
			if u != nil {
				s.outbox.add(h, *u)
			}
		}
		s.mu.Unlock()
	}
	e.out.refuse(WhyChanged, spared...)
	e.out.Cases += body.Count
	e.out.Blobs += body.Blobs
	e.out.Bytes += body.Bytes
	e.out.Changes += body.More
	return nil
}

// take erases one case's blobs, and with bodies the case.
func (e *erasure) take(w *work, id uuid.UUID, body *loan.EraseBody) error {
	s, blobs := e.s, 0
	for _, h := range e.blobs[id] {
		info, err := s.blobInfo(w.tx, h[:])
		if err != nil {
			return err
		}
		if heir := e.heirs[h]; heir != uuid.Nil {
			if err := e.inherit(w.tx, h, info, heir); err != nil {
				return err
			}
			continue
		}
		waits := w.tx.Bucket([]byte(bUnsent)).Get(h[:]) != nil
		if waits && e.rule == RuleRequest {
			if err := s.del(w.tx, bUnsent, h[:]); err != nil {
				return err
			}
			waits, e.unsent[h] = false, nil
		}
		if waits || info.state == blobErased || info.number == e.to {
			if err := s.rewrap(w.tx, h, e.from, e.to); err != nil {
				return err
			}
			continue
		}
		info.state, info.rule, info.erased = blobErased, e.rule, w.at
		if err := s.putInfo(w.tx, h[:], info); err != nil {
			return err
		}
		blobs++
		body.Blobs++
		body.Bytes += int64(info.size)
	}
	if e.bodies {
		n, notes, err := s.eraseBodies(w.tx, id)
		if err != nil {
			return err
		}
		body.More += n
		for _, b := range notes {
			if err := w.entry(Entry{Kind: loan.ChangeView, Operator: e.operator, Body: b}); err != nil {
				return err
			}
		}
	} else if blobs == 0 {
		return nil
	}
	body.Count++
	if len(body.Cases) < maxNamed {
		body.Cases = append(body.Cases, id)
	}
	return nil
}

// inherit makes a blob that stays another case's, also where it waits. After an
// erasing that the centre told of it waits in any case: with the erased case went
// what the centre had of it, unless it knew of the other.
func (e *erasure) inherit(tx *bbolt.Tx, h loan.Hash, info *blobInfo, heir uuid.UUID) error {
	info.id = heir
	if e.told {
		info.acked = time.Time{}
	}
	if err := e.s.putInfo(tx, h[:], info); err != nil || !e.told && tx.Bucket([]byte(bUnsent)).Get(h[:]) == nil {
		return err
	}
	e.unsent[h] = &info.unsent
	return e.s.put(tx, bUnsent, h[:], info.unsent.encode())
}

// spare keeps a case's blobs after all.
func (e *erasure) spare(tx *bbolt.Tx, id uuid.UUID) error {
	for _, h := range e.blobs[id] {
		if err := e.s.rewrap(tx, h, e.from, e.to); err != nil && fault.KindOf(err) != fault.Missing {
			return err
		}
	}
	return nil
}

func (e *Erased) refuse(why Why, cases ...uuid.UUID) {
	if len(cases) == 0 {
		return
	}
	for i := range e.Refused {
		if e.Refused[i].Why == why {
			e.Refused[i].Cases = append(e.Refused[i].Cases, cases...)
			return
		}
	}
	e.Refused = append(e.Refused, Refusal{why, cases})
}

// sent says whether the centre has acknowledged all of a case.
func (s *Store) sent(id uuid.UUID) bool {
	r, ok := s.Summary(id)
	return ok && r.Sent
}

// heard tells which keys of a bucket were written since the watch began;
// broken when that is not known.
func (s *Store) heard(w *watch, bucket string) (keys map[string]bool, broken bool) {
	s.watches.mu.Lock()
	defer s.watches.mu.Unlock()
	keys = map[string]bool{}
	for _, d := range w.log {
		if d.bucket == bucket {
			keys[d.key] = true
		}
	}
	return keys, w.broken
}

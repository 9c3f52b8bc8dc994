package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Heal keeps changes of this device that it lacks, as the centre gave them
// back, their signature verified by the caller, in one transaction; what is
// here already is left alone. Their counters are no gap afterwards, their cases
// are folded anew, and blobs that they name and that are not here are wanted.
// A change of another device or under a counter that is in no gap is
// fault.Input; one that does not fit the chain or its own body is
// fault.Conflict or fault.Damaged, and nothing is kept.
func (s *Store) Heal(ctx context.Context, changes []*loan.Change) error {
	return s.heal(ctx, "store.Heal", changes, false)
}

// TakeHome is Heal for changes that another than the centre gave back: they are
// in the outbox until the centre has them.
func (s *Store) TakeHome(ctx context.Context, changes []*loan.Change) error {
	return s.heal(ctx, "store.TakeHome", changes, true)
}

func (s *Store) heal(ctx context.Context, op string, changes []*loan.Change, open bool) error {
	if err := s.checkBodies(changes); err != nil {
		return fault.Wrap(op, err)
	}
	s.write.Lock()
	defer s.write.Unlock()
	var gaps []loan.Range
	var home homecome
	rows := map[uuid.UUID]*row{}
	err := s.update(ctx, op, func(tx *bbolt.Tx) (err error) {
		if gaps, err = s.readGaps(tx); err != nil {
			return err
		}
		want, err := s.readWanted(tx)
		if err != nil {
			return err
		}
		if home, err = s.readHomecome(tx); err != nil {
			return err
		}
		var cases []uuid.UUID
		for _, ch := range changes {
			if err := s.fill(tx, ch, gaps, &want); err != nil {
				return err
			}
			at := loan.Range{From: ch.Counter, To: ch.Counter}
			if _, lost := gapAt(gaps, ch.Counter); lost && open {
				home.All, home.Open = addRange(home.All, at), addRange(home.Open, at)
			}
			gaps, want.Own = cutRange(gaps, at), cutRange(want.Own, at)
			cases = append(cases, ch.Case)
		}
		if rows, err = s.refresh(tx, cases); err != nil {
			return err
		}
		if err := s.putGaps(tx, gaps); err != nil {
			return err
		}
		if open {
			if err := s.putHomecome(tx, home); err != nil {
				return err
			}
		}
		return s.putWanted(tx, want)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gaps, s.home = gaps, home
	for _, r := range rows {
		s.index.put(r)
	}
	return nil
}

// fill keeps one change of this device in its gap.
func (s *Store) fill(tx *bbolt.Tx, ch *loan.Change, gaps []loan.Range, want *Wanted) error {
	const op = "store.fill"
	if ch.Device != s.profile.Device {
		return fault.New(op, fault.Input, errors.New("a change of another device"))
	}
	if _, lost := gapAt(gaps, ch.Counter); !lost {
		have, err := s.change(tx, refKey(ch.Device, ch.Counter))
		if err != nil {
			return fault.New(op, fault.Input, errors.New("a change under a counter that is in no gap"))
		}
		if have.HeaderHash(s.Sum) != ch.HeaderHash(s.Sum) {
			return fault.New(op, fault.Conflict, errors.New("another change under this number"))
		}
		return nil
	}
	if err := s.fits(tx, ch); err != nil {
		return err
	}
	for _, b := range brought(ch) {
		if tx.Bucket([]byte(bBlobInfo)).Get(b.Hash[:]) == nil && !slices.Contains(want.Blobs, b.Hash) {
			want.Blobs = append(want.Blobs, b.Hash)
		}
	}
	return s.keepBare(tx, ch)
}

// refresh writes the summaries of some cases anew.
func (s *Store) refresh(tx *bbolt.Tx, cases []uuid.UUID) (map[uuid.UUID]*row, error) {
	rows := map[uuid.UUID]*row{}
	slices.SortFunc(cases, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range slices.Compact(cases) {
		if id == uuid.Nil {
			continue
		}
		r, err := s.resummarize(tx, id)
		if err != nil {
			return nil, err
		}
		if r != nil {
			rows[id] = r
		}
	}
	return rows, nil
}

// brought lists the blobs that a change brought.
func brought(ch *loan.Change) []PendingBlob {
	var body struct {
		Blob loan.Hash `json:"blob"`
		Ink  loan.Hash `json:"ink"`
		Size int64     `json:"size"`
	}
	switch ch.Kind {
	case loan.ChangeAttach, loan.ChangeReplace, loan.ChangeContract, loan.ChangeSign, loan.ChangeSeal:
	default:
		return nil
	}
	if json.Unmarshal(ch.Body, &body) != nil {
		return nil
	}
	h := body.Blob
	if ch.Kind == loan.ChangeSign {
		h = body.Ink
	}
	if h.Zero() || body.Size < 1 || body.Size > MaxBlob {
		return nil
	}
	return []PendingBlob{{Hash: h, Size: body.Size, Case: ch.Case, Contract: ch.Kind != loan.ChangeAttach && ch.Kind != loan.ChangeReplace}}
}

// WantedBlobs tells of the wanted blobs what the changes here say of them; a
// blob that no change here names is left out.
func (s *Store) WantedBlobs(ctx context.Context) ([]PendingBlob, error) {
	const op = "store.WantedBlobs"
	want, err := s.Wanted(ctx)
	if err != nil || len(want.Blobs) == 0 {
		return nil, fault.Wrap(op, err)
	}
	lacking := map[loan.Hash]bool{}
	for _, h := range want.Blobs {
		lacking[h] = true
	}
	var out []PendingBlob
	var from []byte
	for more := true; more && len(lacking) > 0; {
		// A batch at a time: a long reading transaction holds up the writer.
		err := s.view(ctx, op, func(tx *bbolt.Tx) error {
			c := tx.Bucket([]byte(bChanges)).Cursor()
			k, _ := c.Seek(from)
			for n := 0; k != nil && n < 1000; n++ {
				ch, err := s.change(tx, k)
				if err != nil {
					return err
				}
				for _, b := range brought(ch) {
					if lacking[b.Hash] {
						delete(lacking, b.Hash)
						out = append(out, b)
					}
				}
				k, _ = c.Next()
			}
			from, more = bytes.Clone(k), k != nil
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// HealBlob keeps the content of a wanted blob, as the centre gave it back; it
// is wanted no longer. Content that has another name is fault.Input.
func (s *Store) HealBlob(ctx context.Context, b PendingBlob, content []byte) error {
	return s.putBack(ctx, "store.HealBlob", b, content, func(w *work) error {
		delete(w.sends, b.Hash)
		return s.arrived(w.tx, b.Hash, w.at)
	})
}

// putBack keeps the content of a blob that cannot be read here, in place of
// what is left of it, in one transaction with then.
func (s *Store) putBack(ctx context.Context, op string, b PendingBlob, content []byte, then func(*work) error) error {
	blob := Blob{Hash: b.Hash, Content: content}
	sealed, err := s.ready([]Blob{blob})
	if err != nil {
		return fault.Wrap(op, err)
	}
	defer sealed.done()
	if err := sealed.named(); err != nil {
		return fault.Wrap(op, err)
	}
	if _, err := s.Blob(ctx, b.Hash); err == nil || fault.KindOf(err) == fault.Erased {
		return s.unwant(ctx, op, b.Hash, nil)
	}
	kind := loan.ChangeAttach
	if b.Contract {
		kind = loan.ChangeContract
	}
	return s.unwant(ctx, op, b.Hash, func(w *work) error {
		return sealed.within(w, func() error {
			w.boxes = sealed.boxes()
			// What is left of it cannot be read.
			if info, err := s.blobInfo(w.tx, b.Hash[:]); err == nil {
				if err := s.dropChunks(w.tx, b.Hash, info); err != nil {
					return err
				}
			}
			if err := s.del(w.tx, bBlobInfo, b.Hash[:]); err != nil {
				return err
			}
			if err := w.blob(blob, []Entry{{Case: b.Case, Kind: kind}}); err != nil {
				return err
			}
			return then(w)
		})
	})
}

// unwant takes a blob out of what is wanted, in one transaction with do.
func (s *Store) unwant(ctx context.Context, op string, h loan.Hash, do func(*work) error) error {
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.needKey(ctx); err != nil {
		return fault.Wrap(op, err)
	}
	_, err := s.perform(ctx, op, func(w *work) error {
		if do != nil {
			if err := do(w); err != nil {
				return err
			}
		}
		return s.dropWanted(w.tx, h)
	})
	return err
}

// Asked takes own counters and cases out of what is wanted: the centre was
// asked for them, and what it has came home. Counters stay gaps.
func (s *Store) Asked(ctx context.Context, own []loan.Range, cases []uuid.UUID) error {
	const op = "store.Asked"
	s.write.Lock()
	defer s.write.Unlock()
	return s.update(ctx, op, func(tx *bbolt.Tx) error {
		want, err := s.readWanted(tx)
		if err != nil {
			return err
		}
		for _, r := range own {
			want.Own = cutRange(want.Own, r)
		}
		want.Cases = slices.DeleteFunc(want.Cases, func(id uuid.UUID) bool { return slices.Contains(cases, id) })
		return s.putWanted(tx, want)
	})
}

// ReceiptAbove is a receipt of an epoch for more of this device's chain than
// through; fault.Missing when none is among the newest thousand.
func (s *Store) ReceiptAbove(ctx context.Context, epoch uuid.UUID, through uint64) (Receipt, error) {
	const op = "store.ReceiptAbove"
	var r Receipt
	err := s.view(ctx, op, func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte(bReceipts)).Cursor()
		k, v := c.Last()
		for n := 0; k != nil && n < 1000; n++ {
			b, err := s.vault.open(bReceipts, k, v)
			if err != nil {
				return err
			}
			if r = (Receipt{}); strictJSON(b, &r) != nil {
				return structural("receipt")
			}
			if r.Epoch == epoch && r.Through > through {
				return nil
			}
			k, v = c.Prev()
		}
		return fault.New(op, fault.Missing, nil)
	})
	return r, err
}

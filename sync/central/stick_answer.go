package central

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"doorstep/sync/stick"
)

// Bounds of one answer: what is left out comes with the next stick.
const (
	answerNews  = 16 << 20
	answerBlobs = 96 << 20
)

// answer writes what this centre says to the laptop onto the stick, and takes
// former answers away: the new one says all that they did.
func (t *taking) answer(ctx context.Context, fill func(context.Context, *stick.Writer) error) error {
	const op = "central.answer"
	_, former, err := t.f.Batches(stick.Home, t.d.county, t.c.authority.Signer().Public())
	if err != nil {
		return err
	}
	if err := t.f.Tidy(stick.Home, former); err != nil {
		return err
	}
	old, _, err := t.f.Batches(stick.Home, t.d.county, t.c.authority.Signer().Public())
	if err != nil {
		return err
	}
	w, err := t.f.Begin(stick.Home, t.d.county, t.d.key, t.c.authority.Signer().Suite())
	if err != nil {
		return err
	}
	done, err := (*stick.Batch)(nil), fill(ctx, w)
	if err == nil {
		done, err = w.End(t.c.authority.Signer(), nil)
	}
	if err != nil {
		w.Drop()
		return fault.Wrap(op, err)
	}
	t.Answer = true
	for _, b := range old {
		if b.Number != done.Number {
			if err := t.f.Remove(stick.Home, b.Number); err != nil {
				return fault.Wrap(op, err)
			}
		}
	}
	return nil
}

// fill adds the items of an answer. Own changes come before the receipts,
// which a laptop that lacks them could not compare with its chain.
func (t *taking) fill(ctx context.Context, w *stick.Writer, taken []*stick.Batch, broken []stick.Broken) error {
	var ids []byte
	for _, b := range taken {
		ids = append(ids, b.Batch[:]...)
	}
	if err := w.Add(stick.Answers, ids); err != nil {
		return err
	}
	var numbers []byte
	for _, b := range broken {
		numbers = binary.BigEndian.AppendUint32(numbers, b.Number)
	}
	if err := w.Add(stick.Refusals, numbers); err != nil {
		return err
	}
	for _, add := range []func(context.Context, *stick.Writer) error{t.addOwn, t.addReceipts, t.addNews, t.addBlobs, t.addProblems, t.addLists, t.addGrants} {
		if err := add(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// addOwn answers for the ranges asked, no further than the chain is held.
func (t *taking) addOwn(ctx context.Context, w *stick.Writer) error {
	through, _, err := chainOf(ctx, t.c.db, t.d.id)
	if err != nil {
		return err
	}
	for _, r := range t.ask.Own {
		for from, to := r.From, min(r.To, through); from <= to; {
			b, err := t.c.own(ctx, t.d, from, to)
			if err != nil {
				return err
			}
			n, err := parcel.OpenOwn(b, t.c.authority.Signer().Public(), t.d.key.Suite())
			if err != nil {
				return err
			}
			if err := w.Add(stick.Own, b); err != nil {
				return err
			}
			from = n.Through + 1
		}
	}
	return nil
}

func (t *taking) addReceipts(ctx context.Context, w *stick.Writer) error {
	for first, left := true, t.blobs; first || len(left) > 0; first = false {
		n := min(len(left), parcel.MaxAsk)
		b, err := t.c.receipt(ctx, t.d, left[:n])
		if err != nil {
			return err
		}
		if err := w.Add(stick.Receipt, b); err != nil {
			return err
		}
		left = left[n:]
	}
	return nil
}

func (t *taking) addNews(ctx context.Context, w *stick.Writer) error {
	after := t.ask.After
	is, err := t.c.know(ctx, t.c.db)
	if err != nil {
		return err
	}
	if t.ask.Epoch != is.epoch {
		after = 0
	}
	for begin := w.Bytes(); w.Bytes()-begin < answerNews; {
		b, err := t.c.news(ctx, t.d, after)
		if err != nil {
			return err
		}
		n, err := parcel.OpenNews(b, t.c.authority.Signer().Public())
		if err != nil {
			return err
		}
		if n.After < after {
			after = 0 // the laptop had news of a number never given out
			continue
		}
		if err := t.addProofs(ctx, w, n); err != nil {
			return err
		}
		if err := w.Add(stick.News, b); err != nil {
			return err
		}
		if after = n.Through; !n.More {
			break
		}
	}
	return nil
}

// addProofs adds what proves the centre's own changes among news.
func (t *taking) addProofs(ctx context.Context, w *stick.Writer, n *parcel.News) error {
	for _, id := range n.OfCentre() {
		proofs, err := t.c.proofs(ctx, t.d, id)
		if fault.KindOf(err) == fault.Missing {
			continue
		}
		if err != nil {
			return err
		}
		b, err := json.Marshal(proofs)
		if err != nil {
			return fault.New("central.addProofs", fault.Other, err)
		}
		if err := w.Add(stick.Proofs, append(id[:], b...)); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) addBlobs(ctx context.Context, w *stick.Writer) error {
	key, err := t.c.countyKey(t.d.county)
	if err != nil {
		return err
	}
	begin := w.Bytes()
	for _, a := range t.ask.Blobs {
		content, err := t.lost(ctx, a)
		if err != nil {
			return err
		}
		if content == nil || loan.Hash(key.Name(content)) != a.Hash || w.Bytes()-begin+int64(len(content)) > answerBlobs {
			continue
		}
		if err := stick.AddBlob(w, a.Hash, content); err != nil {
			return err
		}
	}
	return nil
}

// lost reads a blob that a laptop lacks; nil where it may not have it or it is
// not here.
func (t *taking) lost(ctx context.Context, a stick.AskBlob) ([]byte, error) {
	key, err := t.c.countyKey(t.d.county)
	if err == nil {
		err = t.c.mayHave(ctx, t.d, a.Case, a.Hash)
	}
	if err == nil {
		var b []byte
		if b, err = t.c.wholeBlob(ctx, t.d.county, a.Hash, key); err == nil {
			return b, nil
		}
	}
	if k := fault.KindOf(err); k == fault.Missing || k == fault.Damaged {
		return nil, nil
	}
	return nil, err
}

func (t *taking) addProblems(_ context.Context, w *stick.Writer) error {
	for _, p := range t.gone[:min(len(t.gone), 16)] {
		b, err := json.Marshal(p)
		if err != nil {
			return fault.New("central.addProblems", fault.Other, errors.New("problem"))
		}
		if err := w.Add(stick.Problem, b); err != nil {
			return err
		}
	}
	return nil
}

package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// history is a random life of a store, and what must be true of its blobs.
type history struct {
	*intake
	n        int
	epoch    byte
	open     []family // not finished
	finished []family
	received []family
	blobs    map[loan.Hash]bool // true: erased
}

// TestNothingIsErasedThatTheCentreLacks lives random lives, with clocks that
// jump, centres that are restored and cases that are written to again.
func TestNothingIsErasedThatTheCentreLacks(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		h := &history{intake: newIntake(t), epoch: 1, blobs: map[loan.Hash]bool{}}
		defer func() { h.s.Close() }()
		ctx := context.Background()
		r.Repeat(map[string]func(*rapid.T){
			"open":     h.begin,
			"finish":   h.finishOne,
			"carry":    h.carrySome,
			"receive":  h.receiveOne,
			"look":     h.look,
			"restored": h.restored,
			"wait": func(r *rapid.T) {
				h.now = h.now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 3, 8, 30, -5, -400, 900}).Draw(r, "days")) * days)
			},
			"retain": func(*rapid.T) { h.judge(must(h.s.Retain(ctx, h.now))) },
			"season": func(r *rapid.T) {
				h.judge(must(h.s.EraseSeason(ctx, rapid.IntRange(2025, 2026).Draw(r, "year"), "a1")))
			},
			"compact": func(*rapid.T) { noErr(t, h.s.Compact(ctx, nil)) },
			"reopen":  func(*rapid.T) { h.reopen() },
			"":        h.check,
		})
		noErr(t, h.s.VerifyLedger(ctx))
		noErr(t, h.s.VerifyChain(ctx))
	})
}

func (h *history) begin(r *rapid.T) {
	h.n++
	f := h.intake.open(h.n, rapid.IntRange(2025, 2026).Draw(r, "year"))
	if len(h.open) > 0 && rapid.Bool().Draw(r, "shares a paper") {
		other := h.open[0].images[0]
		h.attach(&f, loan.DocSlot(loan.AdmissionLetter), Blob{other, must(h.s.Blob(context.Background(), other))})
	}
	for _, b := range f.images {
		h.blobs[b] = false
	}
	h.open = append(h.open, f)
}

func take(r *rapid.T, from *[]family) family {
	if len(*from) == 0 {
		r.Skip("none")
	}
	i := rapid.IntRange(0, len(*from)-1).Draw(r, "case")
	f := (*from)[i]
	*from = slices.Delete(slices.Clone(*from), i, i+1)
	return f
}

func (h *history) finishOne(r *rapid.T) {
	f := take(r, &h.open)
	h.n++
	h.finishIt(&f, 1000+h.n)
	for _, b := range f.papers {
		h.blobs[b] = false
	}
	h.finished = append(h.finished, f)
}

func (h *history) carrySome(r *rapid.T) {
	last := must(h.s.Outbox(context.Background())).Last
	if last == 0 {
		r.Skip("nothing yet")
	}
	var some []loan.Hash
	for _, b := range must(h.s.Outbox(context.Background())).Blobs {
		if rapid.Float64().Draw(r, "share") < 0.8 {
			some = append(some, b.Hash)
		}
	}
	h.acknowledge(rapid.SampledFrom([]uint64{last, last, max(1, last-1)}).Draw(r, "through"), some)
}

func (h *history) acknowledge(through uint64, blobs []loan.Hash) {
	rec := receipt(h.t, h.s, through, blobs...)
	rec.Epoch, rec.At = uuid.UUID{h.epoch}, h.now
	noErr(h.t, h.s.Acknowledge(context.Background(), rec))
	for _, b := range blobs {
		h.held[b] = true
	}
}

// receiveOne lets the centre say that it has a case whole, true or not: the
// store must not take its word for a blob it did not name.
func (h *history) receiveOne(r *rapid.T) {
	f := take(r, &h.finished)
	h.intake.received(f, h.now)
	h.received = append(h.received, f)
}

func (h *history) look(r *rapid.T) {
	f := take(r, &h.received)
	h.received = append(h.received, f)
	_, err := h.s.Commit(context.Background(), []Entry{{Case: f.id, Kind: loan.ChangeView, Operator: "c1", Body: loan.ViewBody{}}}, nil)
	if err != nil && fault.KindOf(err) != fault.Erased {
		r.Fatal(err)
	}
}

// restored is a centre that comes back from a backup and holds nothing.
func (h *history) restored(r *rapid.T) {
	if h.epoch > 3 || must(h.s.Outbox(context.Background())).Acked == 0 {
		r.Skip("not now")
	}
	h.epoch++
	clear(h.held)
	h.acknowledge(1, nil)
}

// judge looks at what an erasing took.
func (h *history) judge(out Erased) {
	h.t.Helper()
	blobs := 0
	for b, was := range h.blobs {
		_, err := h.s.Blob(context.Background(), b)
		erased := fault.KindOf(err) == fault.Erased
		if erased && !was {
			blobs++
			if !h.held[b] {
				h.t.Fatal("a blob was erased that the centre has not acknowledged")
			}
		}
		h.blobs[b] = erased
	}
	if blobs != out.Blobs {
		h.t.Fatalf("told of %d blobs, erased %d", out.Blobs, blobs)
	}
}

func (h *history) check(r *rapid.T) {
	for b, erased := range h.blobs {
		content, err := h.s.Blob(context.Background(), b)
		switch {
		case erased && fault.KindOf(err) != fault.Erased:
			r.Fatalf("an erased blob is back: %v", err)
		case !erased && (err != nil || h.s.BlobName(content) != b):
			r.Fatalf("a blob is gone: %v", err)
		}
	}
}

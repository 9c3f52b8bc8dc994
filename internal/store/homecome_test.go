package store

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"doorstep/internal/loan"
)

// What a neighbour gave back waits for the centre below what the centre has
// acknowledged, until the centre says that it holds it.
func TestWhatComesHomeFromOthersWaits(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id := newCase(t, s, 1)
	noErr(t, s.Close())
	dir := copyOf(t, s.o.Dir)
	s = unlocked(t, s.o)
	for _, phone := range []string{"15400000007", "15400000008", "15400000009"} {
		must(s.Commit(ctx, []Entry{editEntry(id, "student.phone", phone)}, nil))
	}
	lost := must(s.Pending(ctx, 1, 100))
	noErr(t, s.Close())
	r := unlocked(t, options(dir))
	marked(t, r)
	r = reopened(t, r)
	n, h := r.Head()
	epoch, later := uuid.UUID{1}, uuid.UUID{2}
	acknowledge := func(epoch uuid.UUID) {
		t.Helper()
		noErr(t, r.Acknowledge(ctx, Receipt{Device: r.profile.Device, Through: n, Chain: h, Epoch: epoch}))
	}
	acknowledge(epoch)
	first := loan.Range{From: lost[0].Counter, To: lost[0].Counter}
	both := loan.Range{From: first.From, To: first.From + 1}
	waits := func(what string, want ...loan.Range) {
		t.Helper()
		changes := 0
		for _, r := range want {
			changes += int(r.To - r.From + 1)
		}
		for range 2 {
			if box := must(r.Outbox(ctx)); !slices.Equal(box.Home, want) || box.Changes != changes {
				t.Fatalf("%s: %v waits, %d changes; want %v", what, box.Home, box.Changes, want)
			}
			if c := r.Count().Changes; c != uint64(changes) {
				t.Fatalf("%s: %d are counted, want %d", what, c, changes)
			}
			r = reopened(t, r)
		}
	}
	waits("nothing came")
	noErr(t, r.TakeHome(ctx, lost[:2]))
	noErr(t, r.TakeHome(ctx, lost[:2])) // twice is once
	if g := r.Gaps(); g[0].From != both.To+1 {
		t.Errorf("gaps %v", g)
	}
	waits("a neighbour gave two", both)
	noErr(t, r.Heal(ctx, lost[2:]))
	waits("the centre gave one", both)
	noErr(t, r.Confirm(ctx, later, both, []loan.Range{both}))
	waits("the word of another epoch", both)
	noErr(t, r.Confirm(ctx, epoch, first, []loan.Range{first}))
	waits("the centre has one", loan.Range{From: both.To, To: both.To})
	noErr(t, r.Confirm(ctx, epoch, both, []loan.Range{both}))
	waits("the centre has both")
	acknowledge(later)
	waits("a centre that was set back", both)
	noErr(t, r.Confirm(ctx, later, both, []loan.Range{both}))
	waits("it has them again")
	noErr(t, r.Confirm(ctx, later, loan.Range{From: 1, To: both.To}, []loan.Range{{From: 1, To: first.To}}))
	waits("it says that it lacks one", loan.Range{From: both.To, To: both.To})
	noErr(t, r.SetRefused(ctx, Refused{Counter: both.To}))
	noErr(t, r.Confirm(ctx, later, both, nil))
	waits("what it refused waits for a person", first)
	noErr(t, r.VerifyLedger(ctx))
	noErr(t, r.VerifyChain(ctx))
}

func TestWhatTheCentreSaysOfWhatCameHome(t *testing.T) {
	// Against sets of numbers.
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (rs []loan.Range) {
			for range rapid.IntRange(0, 4).Draw(t, name) {
				from := rapid.Uint64Range(1, 40).Draw(t, "from")
				rs = addRange(rs, loan.Range{From: from, To: from + rapid.Uint64Range(0, 5).Draw(t, "more")})
			}
			return rs
		}
		has := func(rs []loan.Range, n uint64) bool { _, ok := gapAt(rs, n); return ok }
		h := homecome{All: draw("all"), Doubt: draw("doubt")}
		for _, r := range draw("open") {
			for _, in := range onlyIn(h.All, r) {
				h.Open = addRange(h.Open, in)
			}
		}
		asked := loan.Range{From: rapid.Uint64Range(1, 40).Draw(t, "asked")}
		asked.To = asked.From + rapid.Uint64Range(0, 20).Draw(t, "long")
		there := onlyIn(draw("there"), asked)
		got := h.confirmed(asked, there)
		for n := uint64(1); n < 70; n++ {
			in := asked.From <= n && n <= asked.To
			lacked := in && !has(there, n)
			all := has(h.All, n) || has(h.Doubt, n) && lacked
			open := all && lacked || has(h.Open, n) && !in
			if has(got.All, n) != all || has(got.Open, n) != open || has(got.Doubt, n) != (has(h.Doubt, n) && !in) {
				t.Fatalf("%d: %+v asked %v there %v gives %+v", n, h, asked, there, got)
			}
		}
	})
}

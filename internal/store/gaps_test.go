package store

import (
	"bytes"
	"context"
	"os"
	"slices"
	"testing"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// marked makes a store's file one that came out of a backup.
func marked(t testing.TB, s *Store) {
	t.Helper()
	noErr(t, s.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(bPlain)).Put([]byte(restoredKey), []byte{0, 0, 1, 0x8a, 0, 0, 0, 0})
	}))
}

func TestAChainLeadsOnAfterARestore(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id := newCase(t, s, 1)
	must(s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000002")}, nil))
	last, hash := s.Head()
	marked(t, s)
	if _, err := s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000003")}, nil); fault.KindOf(err) != fault.Damaged {
		t.Fatalf("written before the chain was led on: %v", err)
	}
	s = reopened(t, s)
	at, _ := s.Head()
	if at>>loan.EraShift == 0 || at == last+1 {
		t.Fatalf("the chain goes on at %d", at)
	}
	want := []loan.Range{{From: last + 1, To: at - 1}}
	if got := s.Gaps(); !slices.Equal(got, want) {
		t.Errorf("gaps %v, want %v", got, want)
	}
	if got := must(s.Wanted(ctx)).Own; !slices.Equal(got, want) {
		t.Errorf("wanted %v, want %v", got, want)
	}

	t.Run("the first change after the gap is the restore and names the last one before it", func(t *testing.T) {
		ch := must(s.Pending(ctx, last, 10))
		if len(ch) != 1 || ch[0].Kind != loan.ChangeRestore || ch[0].Prev != hash || ch[0].Counter != at || ch[0].Operator != "c1" {
			t.Errorf("got %+v", ch)
		}
	})
	t.Run("a piece ends at the gap and the next begins behind it", func(t *testing.T) {
		if got := must(s.Pending(ctx, 0, 10)); len(got) != int(last) {
			t.Errorf("%d changes, want %d", len(got), last)
		}
		if box := must(s.Outbox(ctx)); box.Changes != int(last)+1 || box.Last != at {
			t.Errorf("%d changes wait, want %d", box.Changes, last+1)
		}
		if n := s.Count().Changes; n != last+1 {
			t.Errorf("%d changes are counted, want %d", n, last+1)
		}
	})
	must(s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000003")}, nil))
	s = reopened(t, s)
	t.Run("work goes on, the chain verifies, and a second start makes no second gap", func(t *testing.T) {
		noErr(t, s.VerifyChain(ctx))
		if n, _ := s.Head(); n != at+1 || len(s.Gaps()) != 1 {
			t.Errorf("head %d, gaps %v", n, s.Gaps())
		}
	})
	t.Run("the whole chain is acknowledged across the gap", func(t *testing.T) {
		n, h := s.Head()
		noErr(t, s.Acknowledge(ctx, Receipt{Device: s.profile.Device, Through: n, Chain: h, Epoch: s.profile.Device}))
		if box := must(s.Outbox(ctx)); box.Changes != 0 || box.Acked != n {
			t.Errorf("%+v", box)
		}
	})
}

func TestHeal(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id := newCase(t, s, 1)
	noErr(t, s.Close())
	dir := copyOf(t, s.o.Dir)
	s = unlocked(t, s.o)
	other := newCase(t, s, 2)
	h := attachment(t, s, other, loan.DocSlot(loan.HukouBook), "scan")
	must(s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000009")}, nil))
	lost := must(s.Pending(ctx, 1, 100))
	noErr(t, s.Close())

	r := unlocked(t, options(dir))
	marked(t, r)
	r = reopened(t, r)
	t.Run("a change that does not fit is refused, and nothing is kept", func(t *testing.T) {
		bad := *lost[0]
		bad.Prev[0] ^= 1
		wantKind(t, r.Heal(ctx, []*loan.Change{&bad}), fault.Conflict)
		bad = *lost[1]
		bad.Body = []byte("{}")
		wantKind(t, r.Heal(ctx, []*loan.Change{lost[0], &bad}), fault.Damaged)
		bad = *lost[0]
		bad.Device[0] ^= 1
		wantKind(t, r.Heal(ctx, []*loan.Change{&bad}), fault.Input)
		if len(r.Gaps()) != 1 || r.Gaps()[0].From != 2 {
			t.Errorf("gaps %v", r.Gaps())
		}
	})
	noErr(t, r.Heal(ctx, lost))
	noErr(t, r.Heal(ctx, lost)) // twice is once
	if g := r.Gaps(); len(g) != 1 || g[0].From != uint64(len(lost))+2 {
		t.Errorf("gaps %v after %d changes came", g, len(lost))
	}
	if c := must(r.Case(ctx, id)); c.App.Student.Phone != "15400000009" {
		t.Error("the case is not folded anew")
	}
	if got := r.Search("", 0); len(got) != 2 {
		t.Errorf("%d cases, want 2", len(got))
	}
	noErr(t, r.VerifyChain(ctx))

	t.Run("what a healed change names and is not here is wanted, and comes", func(t *testing.T) {
		list := must(r.WantedBlobs(ctx))
		if len(list) != 1 || list[0].Hash != h || list[0].Case != other || list[0].Size != 4 {
			t.Fatalf("wanted %+v", list)
		}
		wantKind(t, r.HealBlob(ctx, list[0], []byte("another")), fault.Input)
		noErr(t, r.HealBlob(ctx, list[0], []byte("scan")))
		if got := must(r.Blob(ctx, h)); !bytes.Equal(got, []byte("scan")) {
			t.Errorf("got %q", got)
		}
		if box := must(r.Outbox(ctx)); len(box.Blobs) != 0 {
			t.Error("what came from the centre waits for it")
		}
		if len(must(r.Wanted(ctx)).Blobs) != 0 {
			t.Error("still wanted")
		}
	})
	t.Run("what the centre was asked for is wanted no longer, and stays a gap", func(t *testing.T) {
		noErr(t, r.Asked(ctx, r.Gaps(), nil))
		if !must(r.Wanted(ctx)).Empty() || len(r.Gaps()) != 1 {
			t.Error("wanted or gaps")
		}
	})
	noErr(t, reopened(t, r).VerifyChain(ctx))
}

func TestRanges(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var rs []loan.Range
		want := map[uint64]bool{}
		for range rapid.IntRange(0, 12).Draw(r, "steps") {
			from := rapid.Uint64Range(1, 40).Draw(r, "from")
			x := loan.Range{From: from, To: from + rapid.Uint64Range(0, 6).Draw(r, "length")}
			add := rapid.Bool().Draw(r, "add")
			if add {
				rs = addRange(rs, x)
			} else {
				rs = cutRange(rs, x)
			}
			for n := x.From; n <= x.To; n++ {
				want[n] = add
			}
			n := 0
			for c := uint64(1); c < 60; c++ {
				if _, ok := gapAt(rs, c); ok != want[c] {
					r.Fatalf("%d in %v: %v", c, rs, ok)
				}
				if !want[c] && c > 5 && c <= 50 {
					n++
				}
			}
			if got := held(rs, 5, 50); got != n {
				r.Fatalf("%d held of %v, want %d", got, rs, n)
			}
			back, err := decodeRanges(encodeRanges(rs))
			if err != nil || !slices.Equal(back, rs) {
				r.Fatalf("%v came back as %v, %v", rs, back, err)
			}
		}
	})
}

func FuzzDecodeRanges(f *testing.F) {
	f.Add(encodeRanges([]loan.Range{{From: 2, To: 9}, {From: 11, To: 11}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		rs, err := decodeRanges(b)
		if err == nil && !bytes.Equal(encodeRanges(rs), b) {
			t.Error("read as something else")
		}
	})
}

// copyOf copies a data folder.
func copyOf(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	noErr(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

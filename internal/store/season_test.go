package store

import (
	"bytes"
	"context"
	"os"
	"slices"
	"testing"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestASeasonIsErasedWhole(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	f, g := i.delivered(1, 2025), i.delivered(2, 2025)
	i.hear(g.id, loan.ChangeAccept, loan.AcceptBody{}, i.now)
	gone := i.open(3, 2025)
	i.commit(gone.id, loan.ChangeVoid, "c1", loan.ReasonBody{Reason: "withdrawn"})
	i.carry(i.now, gone.all()...)
	draft := i.open(4, 2025)
	i.carry(i.now, draft.all()...)
	other := i.delivered(5, 2026)
	i.carry(i.now)
	unsent := i.delivered(6, 2025)
	i.commit(unsent.id, loan.ChangeReveal, "c1", loan.ViewBody{Reason: "a reason"})

	out, err := i.s.EraseSeason(ctx, 2025, "a1")
	noErr(t, err)
	if out.Cases != 3 || out.Blobs != 12 || out.Changes == 0 {
		t.Fatalf("got %+v, want three cases with twelve blobs", out)
	}
	want := []Refusal{{WhyOpen, []uuid.UUID{draft.id}}, {WhyUnsent, []uuid.UUID{unsent.id}}}
	for _, w := range want {
		if !slices.ContainsFunc(out.Refused, func(r Refusal) bool { return r.Why == w.Why && slices.Equal(r.Cases, w.Cases) }) {
			t.Fatalf("refused %+v, want %+v", out.Refused, want)
		}
	}
	check := func() {
		t.Helper()
		for _, e := range []family{f, g, gone} {
			i.gone(e.all()...)
			_, err := i.s.Case(ctx, e.id)
			wantKind(t, err, fault.Erased)
			_, err = i.s.Changes(ctx, e.id)
			wantKind(t, err, fault.Erased)
			if _, ok := i.s.Summary(e.id); ok {
				t.Fatal("an erased case is in the list")
			}
			_, err = i.s.Commit(ctx, []Entry{editEntry(e.id, "student.phone", "1")}, nil)
			wantKind(t, err, fault.Erased)
		}
		for _, e := range []family{draft, other, unsent} {
			i.here(e.all()...)
			must(i.s.Case(ctx, e.id))
		}
		if got := i.s.Search("", 0); len(got) != 3 || i.s.Count().Cases != 3 {
			t.Fatalf("the list has %d cases, counted %d, want 3", len(got), i.s.Count().Cases)
		}
		if got := i.s.Search(personOf(1).name, 0); len(got) != 0 {
			t.Fatal("found by name")
		}
		noErr(t, i.s.VerifyChain(ctx))
		noErr(t, i.s.VerifyLedger(ctx))
		for _, ch := range must(i.s.Pending(ctx, 0, 1<<20)) {
			if ch.Case == f.id && ch.Body != nil {
				t.Fatal("a body of an erased case is left")
			}
		}
	}
	check()
	i.reopen()
	check()
	told := i.erasures()
	if len(told) != 1 || told[0].Rule != RuleSeason || told[0].Count != 3 || told[0].More != out.Changes {
		t.Fatalf("the chain tells %+v", told)
	}
	t.Run("what comes late to an erased case is kept without its body", func(t *testing.T) {
		i.hear(f.id, loan.ChangeReturn, loan.ReturnBody{Note: "late"}, i.now)
		check()
		i.reopen()
		check()
	})
	t.Run("what has arrived since goes the next time", func(t *testing.T) {
		i.carry(i.now)
		out, err := i.s.EraseSeason(ctx, 2025, "a1")
		noErr(t, err)
		if out.Cases != 1 || len(out.Refused) != 1 {
			t.Fatalf("got %+v, want the one case that waited", out)
		}
		i.gone(unsent.all()...)
		noErr(t, i.s.VerifyChain(ctx))
	})
}

func TestABlobOfTwoSeasonsStays(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	f := i.delivered(1, 2025)
	g := i.open(2, 2026)
	shared := f.images[1]
	i.attach(&g, loan.DocSlot(loan.HukouBook), Blob{shared, must(i.s.Blob(ctx, shared))})
	i.finishIt(&g, 2)
	i.carry(i.now, g.all()...)
	must(i.s.EraseSeason(ctx, 2025, "a1"))
	i.gone(f.images[0])
	i.here(shared)
	i.received(g, i.now)
	i.now = i.now.Add(8 * days)
	i.retain()
	i.gone(shared) // it is the other case's now
	noErr(t, i.s.VerifyLedger(ctx))
}

func TestErasingASeasonCutShort(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	var all []family
	for n := range seasonAtOnce + 3 {
		all = append(all, i.delivered(n, 2025))
	}
	stays := i.finished(100, 2026)
	names, folders := i.crashes(func() { must(i.s.EraseSeason(ctx, 2025, "a1")) })
	marked := 0
	for n, dir := range folders {
		if names[n] == "marked" {
			marked++
		}
		t.Run("after step "+names[n], func(t *testing.T) {
			o := i.s.o
			o.Dir = dir
			j := *i
			j.t, j.s = t, unlocked(t, o)
			noErr(t, j.s.VerifyLedger(ctx))
			noErr(t, j.s.VerifyChain(ctx))
			j.here(stays.all()...)
			must(j.s.EraseSeason(ctx, 2025, "a1"))
			for _, f := range all {
				j.gone(f.all()...)
			}
			j.here(stays.all()...)
			cases := 0
			for _, e := range j.erasures() {
				cases += e.Count
			}
			if cases != len(all) {
				t.Fatalf("the chain tells of %d cases, want %d", cases, len(all))
			}
			noErr(t, j.s.VerifyLedger(ctx))
			noErr(t, j.s.VerifyChain(ctx))
		})
	}
	if marked != 2 {
		t.Fatalf("erased in %d transactions, want 2", marked)
	}
}

// TestOneCaseIsErased erases one void case of two of one season, and looks for
// the sealed bytes of what was erased in the file that is left.
func TestOneCaseIsErased(t *testing.T) {
	t.Run("that the centre has", func(t *testing.T) { oneErased(t, true) })
	t.Run("that the centre never received", func(t *testing.T) { oneErased(t, false) })
}

func oneErased(t *testing.T, sent bool) {
	ctx := context.Background()
	i := newIntake(t)
	other := i.open(1, 2025)
	i.commit(other.id, loan.ChangeVoid, "c1", loan.ReasonBody{Reason: "withdrawn"})
	gone := i.open(2, 2025)
	i.commit(gone.id, loan.ChangeVoid, "c1", loan.ReasonBody{Reason: "withdrawn"})
	shared := Blob{gone.images[0], must(i.s.Blob(ctx, gone.images[0]))}
	third := i.open(3, 2026)
	i.attach(&third, loan.DocSlot(loan.HukouBook), shared)
	if sent {
		i.carry(i.now, slices.Concat(other.all(), gone.all(), third.all())...)
	}
	var sealed [][]byte
	noErr(t, i.s.view(ctx, "test", func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte(bChanges)).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			b, err := i.s.vault.open(bChanges, k, v)
			if err != nil {
				return err
			}
			ch, err := loan.DecodeChange(b)
			if err != nil {
				return err
			}
			if ch.Case == gone.id {
				sealed = append(sealed, bytes.Clone(v[len(v)-40:])) // long values lie over several pages
			}
		}
		return nil
	}))
	found := func() (n int) {
		file := must(os.ReadFile(i.s.dataPath()))
		for _, v := range sealed {
			if bytes.Contains(file, v) {
				n++
			}
		}
		return n
	}
	if len(sealed) == 0 || found() == 0 {
		t.Fatalf("%d sealed changes, %d of them in the file: the test looks for nothing", len(sealed), found())
	}
	out := must(i.s.EraseCase(ctx, gone.id, "a1", "asked in person"))
	if out.Cases != 1 || out.Rule != RuleRequest || out.Blobs == 0 {
		t.Fatalf("%+v", out)
	}
	noErr(t, i.s.Compact(ctx, nil))
	if n := found(); n > 0 {
		t.Errorf("%d of %d sealed changes are still in the file", n, len(sealed))
	}
	alone := slices.DeleteFunc(gone.all(), func(h loan.Hash) bool { return h == shared.Hash })
	i.gone(alone...)
	i.here(slices.Concat(other.all(), third.all())...)
	check := func() {
		t.Helper()
		for _, b := range must(i.s.Outbox(ctx)).Blobs {
			if sent || slices.Contains(alone, b.Hash) || b.Hash == shared.Hash && b.Case != third.id {
				t.Errorf("blob %s of case %s waits", b.Hash, b.Case)
			}
		}
		for _, ch := range must(i.s.Pending(ctx, 0, 1<<20)) {
			if ch.Case == gone.id && ch.Body != nil {
				t.Errorf("change %d of the case would go to the centre with its body", ch.Counter)
			}
		}
	}
	check()
	i.reopen()
	check()
	_, err := i.s.Case(ctx, gone.id)
	wantKind(t, err, fault.Erased)
	must(i.s.Case(ctx, other.id))
	noErr(t, i.s.VerifyChain(ctx))
	noErr(t, i.s.VerifyLedger(ctx))
	if told := i.erasures(); len(told) != 1 || told[0].Rule != RuleRequest || !slices.Equal(told[0].Cases, []uuid.UUID{gone.id}) || told[0].Reason != "asked in person" {
		t.Errorf("the chain tells %+v", told)
	}
	out = must(i.s.EraseTold(ctx, []uuid.UUID{gone.id, third.id, {7}}, nil, "a1", "told"))
	if !sent { // it stays, for a person to decide
		if out.Cases != 0 || len(out.Refused) != 1 || out.Refused[0].Why != WhyUnsent {
			t.Errorf("what the centre says is erased, of which it does not have all: %+v", out)
		}
		i.here(third.all()...)
		return
	}
	if out.Cases != 1 || len(out.Refused) > 0 {
		t.Errorf("what the centre says is erased: %+v", out)
	}
	i.gone(third.all()...)
	i.here(other.all()...)
	if told := i.erasures(); len(told) != 2 || !slices.Equal(told[1].Cases, []uuid.UUID{third.id}) {
		t.Errorf("the chain tells %+v", told)
	}
	noErr(t, i.s.VerifyLedger(ctx))
}

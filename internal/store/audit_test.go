package store

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
)

// tampered is an intake with one delivered case of ten changes and a sign-in
// behind them, and what somebody who has the data key does to its changes.
func tampered(t *testing.T, do func(s *Store, b *bbolt.Bucket, ref func(uint64) []byte) error) (AuditReport, *intake) {
	t.Helper()
	i := newIntake(t)
	i.delivered(1, 2026)
	i.commit(uuid.Nil, loan.ChangeSignIn, "c1", loan.ViewBody{})
	if do != nil {
		i.s.write.Lock()
		err := i.s.update(context.Background(), "tamper", func(tx *bbolt.Tx) error {
			return do(i.s, tx.Bucket([]byte(bChanges)), func(n uint64) []byte { return refKey(i.s.profile.Device, n) })
		})
		i.s.write.Unlock()
		noErr(t, err)
	}
	r, err := i.s.Audit(context.Background())
	noErr(t, err)
	return r, i
}

// resealed puts a change back, altered, as only who has the data key can.
func resealed(s *Store, b *bbolt.Bucket, ref []byte, alter func(*loan.Change)) error {
	ch := must(s.change(b.Tx(), ref))
	alter(ch)
	return s.put(b.Tx(), bChanges, ref, ch.Encode())
}

func TestAuditOfAnHonestStore(t *testing.T) {
	ctx := context.Background()
	r, i := tampered(t, nil)
	if !r.Sound() || len(r.Chains) != 2 {
		t.Fatalf("got %+v, want two sound chains", r)
	}
	own, centre := r.Chains[0], r.Chains[1]
	if n, _ := i.s.Head(); !own.Own || own.Device != i.s.profile.Device || own.First != 1 || own.Last != n || own.Changes != int(n) {
		t.Fatalf("own chain: got %+v", own)
	}
	if own.Centre || !centre.Centre || centre.Device != i.centre || centre.Changes != 1 || !slices.Equal(centre.Absent, []loan.Range{{From: 1, To: 1}}) {
		t.Fatalf("the centre's chain: got %+v", centre)
	}
	t.Run("what was erased is told with its rule", func(t *testing.T) {
		f := i.delivered(2, 2025)
		i.carry(i.now)
		i.now = i.now.Add(8 * days)
		i.retain()
		out := must(i.s.EraseSeason(ctx, 2025, "a1"))
		r := must(i.s.Audit(ctx))
		if !r.Sound() {
			t.Fatalf("got %+v, want it sound", r)
		}
		bodies := 0
		for _, c := range r.Chains {
			for _, e := range c.Erased {
				if e.Rule != RuleSeason {
					t.Fatalf("got rule %q", e.Rule)
				}
				bodies += e.Bodies
			}
		}
		if bodies != out.Changes {
			t.Fatalf("bodies: got %d want %d", bodies, out.Changes)
		}
		for _, b := range r.Blobs {
			want := map[string]int{RuleImages: 4, RuleSeason: 3}[b.Rule]
			if b.Blobs != want || b.Bytes == 0 || !b.First.Equal(i.now) || b.Unexplained != 0 {
				t.Fatalf("got %+v, want %d blobs", b, want)
			}
		}
		i.gone(f.all()...)
	})
	t.Run("a gap that was declared is no fault", func(t *testing.T) {
		noErr(t, i.s.newEra(ctx, "test", Entry{Kind: loan.ChangeRepair, Operator: "c1", Body: loan.RepairBody{}},
			func(*bbolt.Tx) error { return nil }))
		r := must(i.s.Audit(ctx))
		if !r.Sound() || len(r.Chains[0].Gaps) != 1 {
			t.Fatalf("got %+v, want one gap and nothing wrong", r.Chains[0])
		}
	})
}

func TestAuditNamesThePlace(t *testing.T) {
	raw := func(ref []byte, b *bbolt.Bucket, change func([]byte) []byte) error {
		v := bytes.Clone(b.Get(ref))
		return b.Put(ref, change(v))
	}
	for _, c := range []struct {
		name string
		do   func(s *Store, b *bbolt.Bucket, ref func(uint64) []byte) error
		want []Wrong
	}{
		{"changes taken out", func(_ *Store, b *bbolt.Bucket, ref func(uint64) []byte) error {
			if err := b.Delete(ref(5)); err != nil {
				return err
			}
			return b.Delete(ref(4))
		}, []Wrong{{4, 5, TamperGone}}},
		{"the first change taken out", func(_ *Store, b *bbolt.Bucket, ref func(uint64) []byte) error {
			return b.Delete(ref(1))
		}, []Wrong{{1, 1, TamperGone}}},
		{"the last change taken out", func(_ *Store, b *bbolt.Bucket, ref func(uint64) []byte) error {
			return b.Delete(ref(11))
		}, []Wrong{{11, 11, TamperGone}}},
		{"a bit turned", func(_ *Store, b *bbolt.Bucket, ref func(uint64) []byte) error {
			return raw(ref(6), b, func(v []byte) []byte { v[30] ^= 1; return v })
		}, []Wrong{{6, 6, TamperAltered}}},
		{"two values exchanged", func(_ *Store, b *bbolt.Bucket, ref func(uint64) []byte) error {
			x, y := bytes.Clone(b.Get(ref(3))), bytes.Clone(b.Get(ref(7)))
			if err := b.Put(ref(3), y); err != nil {
				return err
			}
			return b.Put(ref(7), x)
		}, []Wrong{{3, 3, TamperMoved}, {7, 7, TamperMoved}}},
		{"a body exchanged under its header", func(s *Store, b *bbolt.Bucket, ref func(uint64) []byte) error {
			return resealed(s, b, ref(2), func(ch *loan.Change) { ch.Body = []byte(`{}`) })
		}, []Wrong{{2, 2, TamperBody}}},
		{"a body taken away without a word", func(s *Store, b *bbolt.Bucket, ref func(uint64) []byte) error {
			return resealed(s, b, ref(2), func(ch *loan.Change) { ch.Body = nil })
		}, []Wrong{{2, 2, TamperErased}}},
		{"a change written anew", func(s *Store, b *bbolt.Bucket, ref func(uint64) []byte) error {
			return resealed(s, b, ref(4), func(ch *loan.Change) { ch.Operator = "somebody else" })
		}, []Wrong{{5, 5, TamperOrder}}},
		{"the last change written anew", func(s *Store, b *bbolt.Bucket, ref func(uint64) []byte) error {
			return resealed(s, b, ref(11), func(ch *loan.Change) { ch.Operator = "somebody else" })
		}, []Wrong{{11, 11, TamperEnd}}},
		{"several things at once", func(s *Store, b *bbolt.Bucket, ref func(uint64) []byte) error {
			if err := b.Delete(ref(9)); err != nil {
				return err
			}
			return raw(ref(3), b, func(v []byte) []byte { v[60] ^= 8; return v })
		}, []Wrong{{3, 3, TamperAltered}, {9, 9, TamperGone}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, i := tampered(t, c.do)
			own := r.Chains[0]
			if !slices.Equal(own.Wrong, c.want) {
				t.Fatalf("got %+v want %+v", own.Wrong, c.want)
			}
			if r.Sound() || len(r.Chains) != 2 || len(r.Chains[1].Wrong) != 0 {
				t.Fatalf("got %+v, want the other chain read and sound", r.Chains)
			}
			if i.s.VerifyChain(context.Background()) == nil {
				t.Fatal("VerifyChain finds nothing")
			}
		})
	}
	t.Run("a blob that was erased without a word", func(t *testing.T) {
		i := newIntake(t)
		f := i.delivered(1, 2026)
		i.s.write.Lock()
		err := i.s.update(context.Background(), "tamper", func(tx *bbolt.Tx) error {
			info := must(i.s.blobInfo(tx, f.images[0][:]))
			info.state, info.rule, info.erased = blobErased, RuleImages, i.now
			return i.s.putInfo(tx, f.images[0][:], info)
		})
		i.s.write.Unlock()
		noErr(t, err)
		r := must(i.s.Audit(context.Background()))
		if len(r.Blobs) != 1 || r.Blobs[0].Unexplained != 1 || r.Sound() {
			t.Fatalf("got %+v, want one unexplained", r.Blobs)
		}
	})
}

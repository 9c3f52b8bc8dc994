package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// wasteful is an intake with much free in its file: n delivered cases of last
// year, erased, and one that stays.
func wasteful(t testing.TB, n int) (*intake, family) {
	t.Helper()
	i := newIntake(t)
	for k := range n {
		i.delivered(k, 2025)
	}
	stays := i.finished(n, 2026)
	out, err := i.s.EraseSeason(context.Background(), 2025, "a1")
	noErr(t, err)
	if out.Cases != n {
		t.Fatalf("erased %+v, want %d cases", out, n)
	}
	return i, stays
}

func (i *intake) fileSize() int64 {
	i.t.Helper()
	return must(os.Stat(i.s.dataPath())).Size()
}

func TestCompact(t *testing.T) {
	ctx := context.Background()
	t.Run("gives back what is free and keeps everything", func(t *testing.T) {
		i, stays := wasteful(t, 30)
		before := i.fileSize()
		due, err := i.s.CompactDue(ctx)
		noErr(t, err)
		if !due {
			t.Fatal("not due after a season was erased")
		}
		n, head := i.s.Head()
		i.s.o.steps = func(name string) {
			if name != "renamed" {
				return
			}
			if m := must(newestMetaOf(must(os.ReadFile(i.s.dataPath())))); m.free == noFreelist {
				t.Error("to open the new file, every page must be looked at")
			}
		}
		var last, total int64
		noErr(t, i.s.Compact(ctx, func(done, of int64) {
			if done < last || done > of {
				t.Fatalf("progress went from %d to %d of %d", last, done, of)
			}
			last, total = done, of
		}))
		if total == 0 || last == 0 {
			t.Fatal("no progress was told")
		}
		free, size := int64(0), int64(0)
		check := func() {
			t.Helper()
			i.here(stays.all()...)
			noErr(t, i.s.VerifyLedger(ctx))
			noErr(t, i.s.VerifyChain(ctx))
			if m, h := i.s.Head(); m != n || h != head {
				t.Fatal("the chain's end is another")
			}
			var err error
			free, size, err = i.s.Wasted(ctx)
			noErr(t, err)
			if file := i.fileSize(); file > (size-free)*3/2+1<<20 || file >= before {
				t.Fatalf("the file has %d bytes with %d in use, before it had %d", file, size-free, before)
			}
		}
		check()
		if due, _ := i.s.CompactDue(ctx); due {
			t.Fatal("due again at once")
		}
		i.reopen()
		check()
		i.carry(i.now, stays.all()...)
		newCase(t, i.s, 99)
		noErr(t, i.s.VerifyLedger(ctx))
	})
	t.Run("the sealed bodies of an erased season are nowhere in the file", func(t *testing.T) {
		i := newIntake(t)
		for n := range 3 {
			i.delivered(n, 2025)
		}
		var old [][]byte
		noErr(t, i.s.db.View(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(bChanges)).ForEach(func(_, v []byte) error {
				old = append(old, bytes.Clone(v[len(v)-40:]))
				return nil
			})
		}))
		found := func() (n int) {
			file := must(os.ReadFile(i.s.dataPath()))
			for _, v := range old {
				if bytes.Contains(file, v) {
					n++
				}
			}
			return n
		}
		must(i.s.EraseSeason(ctx, 2025, "a1"))
		if found() == 0 {
			t.Fatal("the search itself finds nothing")
		}
		noErr(t, i.s.Compact(ctx, nil))
		bare := 0 // changes that never had a body are as they were
		for _, ch := range must(i.s.Pending(ctx, 0, 1<<20)) {
			if ch.BodyHash == loan.BodyHashOf(i.s.Sum, ch.Salt, nil) {
				bare++
			}
		}
		if got := found(); got != bare {
			t.Fatalf("%d values of before are in the file, want the %d that had no body", got, bare)
		}
	})
	t.Run("takes along what is written at every step of it", func(t *testing.T) {
		i, stays := wasteful(t, 8)
		made := []family{stays}
		n := 100
		i.s.o.steps = func(name string) {
			if name == "closed" || name == "renamed" { // the writer's lock is held
				return
			}
			n++
			made = append(made, i.open(n, 2026))
			i.carry(i.now, made[0].images...)
		}
		said := 0
		noErr(t, i.s.Compact(ctx, func(int64, int64) {
			said++
			noErr(t, i.s.SetSetting(ctx, fmt.Sprint("said ", said), said))
		}))
		i.s.o.steps = nil
		check := func() {
			t.Helper()
			for _, f := range made {
				i.here(f.images...)
			}
			for k := 1; k <= said; k++ {
				var v int
				if noErr(t, i.s.Setting(ctx, fmt.Sprint("said ", k), &v)); v != k {
					t.Fatalf("setting %d is %d", k, v)
				}
			}
			noErr(t, i.s.VerifyLedger(ctx))
			noErr(t, i.s.VerifyChain(ctx))
		}
		check()
		i.reopen()
		check()
	})
	t.Run("begins anew where a save failed meanwhile, and gives up when all do", func(t *testing.T) {
		i, stays := wasteful(t, 3)
		fails := 2
		i.s.o.steps = func(name string) {
			if name != "synced" || fails == 0 {
				return
			}
			fails--
			i.s.commitTx = func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), syscall.EIO) }
			wantKind(t, i.s.SetSetting(ctx, "x", fails), fault.Disk)
			i.s.commitTx = (*bbolt.Tx).Commit
		}
		noErr(t, i.s.Compact(ctx, nil))
		if fails != 0 {
			t.Fatal("no save failed")
		}
		i.here(stays.all()...)
		noErr(t, i.s.VerifyLedger(ctx))
		fails = 1000
		wantKind(t, i.s.Compact(ctx, nil), fault.Busy)
		wantNoLeftover(t, i.s.o.Dir)
		i.here(stays.all()...)
		noErr(t, i.s.VerifyLedger(ctx))
	})
	t.Run("stopped, it leaves everything as it was", func(t *testing.T) {
		i, stays := wasteful(t, 3)
		ctx, stop := context.WithCancel(ctx)
		err := i.s.Compact(ctx, func(int64, int64) { stop() })
		wantKind(t, err, fault.Cancelled)
		i.here(stays.all()...)
		if _, err := os.Stat(i.s.dataPath() + newSuffix); !os.IsNotExist(err) {
			t.Fatal("a half file is left")
		}
		noErr(t, i.s.VerifyLedger(context.Background()))
	})
}

func TestCompactionCutShort(t *testing.T) {
	ctx := context.Background()
	i, stays := wasteful(t, 4)
	n, head := i.s.Head()
	names, folders := i.crashes(func() { noErr(t, i.s.Compact(ctx, nil)) })
	seen := map[string]bool{}
	for k, dir := range folders {
		seen[names[k]] = true
		t.Run("after step "+names[k], func(t *testing.T) {
			o := i.s.o
			o.Dir = dir
			j := *i
			j.t, j.s = t, unlocked(t, o)
			j.here(stays.all()...)
			noErr(t, j.s.VerifyLedger(ctx))
			noErr(t, j.s.VerifyChain(ctx))
			if m, h := j.s.Head(); m != n || h != head {
				t.Fatal("the chain's end is another")
			}
			if _, err := os.Stat(j.s.dataPath() + newSuffix); !os.IsNotExist(err) {
				t.Fatal("a half file is left")
			}
			newCase(t, j.s, 9)
			noErr(t, j.s.Compact(ctx, nil))
			noErr(t, j.s.VerifyLedger(ctx))
		})
	}
	for _, want := range []string{"pass", "synced", "closed", "renamed"} {
		if !seen[want] {
			t.Errorf("no crash at %q", want)
		}
	}
}

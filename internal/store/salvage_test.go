package store

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// FuzzSalvagePage reads any bytes as a page, and as a small bucket: no entry
// leaves the bytes it was read from.
func FuzzSalvagePage(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed")
	db := must(openDB(path))
	noErr(f, db.Update(func(tx *bbolt.Tx) error {
		small := must(tx.CreateBucket([]byte("small")))
		if err := small.Put([]byte("key"), []byte("value")); err != nil {
			return err
		}
		b := must(tx.CreateBucket([]byte("long")))
		for i := range 60 {
			if err := b.Put([]byte{byte(i)}, bytes.Repeat([]byte{2}, 20+i*40)); err != nil {
				return err
			}
		}
		return nil
	}))
	noErr(f, db.Close())
	file := must(os.ReadFile(path))
	for at := 2 * pageSize; at+pageSize <= len(file); at += pageSize {
		f.Add(file[at:at+pageSize], uint32(pageSize), uint16(20), byte(0))
		f.Add(file[at:min(at+3*pageSize, len(file))], uint32(3*pageSize), uint16(24), byte(128))
	}
	f.Fuzz(func(t *testing.T, b []byte, run uint32, at uint16, v byte) {
		b = bytes.Clone(b)
		if len(b) > 0 {
			b[int(at)%len(b)] ^= v
		}
		limit := min(int(run), len(b))
		more := func(from, to uint64) []byte {
			if to > uint64(len(b)) || from >= to {
				t.Fatalf("asked for bytes %d to %d of %d", from, to, len(b))
			}
			return b[from:to]
		}
		for _, e := range entries(b[:min(len(b), pageSize)], limit, more) {
			if e.off < 0 || e.size < 0 || e.off+e.size > limit || len(e.key) == 0 || len(e.key) > maxKey {
				t.Fatalf("an entry at %d of %d bytes in a run of %d", e.off, e.size, limit)
			}
		}
		if root, inside := small(b); root == 0 {
			for _, e := range inside {
				if 16+e.off+e.size > len(b) {
					t.Fatal("an entry of a small bucket leaves it")
				}
			}
		}
	})
}

// FuzzSalvageFile salvages any bytes as a whole file: it ends, and believes
// nothing.
func FuzzSalvageFile(f *testing.F) {
	good := must(os.ReadFile(filepath.Join("testdata", "format1", dataFile)))
	f.Add(good[:16*pageSize], uint32(pageHead+16), byte(1))
	f.Add(good[:9*pageSize], uint32(4*pageSize+12), byte(255))
	f.Fuzz(func(t *testing.T, b []byte, at uint32, v byte) {
		if len(b) > 40*pageSize {
			return
		}
		b = bytes.Clone(b)
		if len(b) > 0 {
			b[int(at)%len(b)] ^= v
		}
		path := filepath.Join(t.TempDir(), "f")
		noErr(t, os.WriteFile(path, b, 0o600))
		file := must(os.Open(path))
		defer file.Close()
		s := must(newSalvage(context.Background(), file, newVault([16]byte{1}, seal.NewKey()), func(int) {}))
		noErr(t, s.climb())
		noErr(t, s.scan())
		for _, bucket := range sealedBuckets() {
			if n := len(s.chosen(bucket)); n != 0 {
				t.Fatalf("%d values of %s believed", n, bucket)
			}
		}
		must(findKeys(context.Background(), file))
	})
}

func FuzzLedger(f *testing.F) {
	l := newLedger()
	l.generation = 7
	l.sums[bMeta] = sum{3, [32]byte{1}}
	f.Add(l.encode())
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := decodeLedger(b)
		if err != nil {
			return
		}
		again, err := decodeLedger(l.encode())
		if err != nil || again.generation != l.generation {
			t.Fatalf("does not come back: %v", err)
		}
	})
}

// repaired damages a closed store's file by harm, mends it and opens it.
func repaired(t *testing.T, o Options, harm func([]byte)) (*Store, RepairReport) {
	t.Helper()
	path := filepath.Join(o.Dir, dataFile)
	b := must(os.ReadFile(path))
	harm(b)
	noErr(t, os.WriteFile(path, b, 0o600))
	r, err := Repair(context.Background(), o, "c1", []byte(password))
	noErr(t, err)
	return unlocked(t, o), r
}

// forget wipes every value of a key that lies anywhere in a file.
func forgetKey(b, key []byte, valueAt func(at int)) {
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], key)
		if i < 0 {
			return
		}
		at += i
		valueAt(at + len(key))
	}
}

func TestWhatARepairCouldNotSave(t *testing.T) {
	ctx := context.Background()
	t.Run("a case says that it is not complete, until what it lacks has come home", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 1)
		made := must(s.Commit(ctx, []Entry{editEntry(id, "student.phone", "15400000009")}, nil))
		must(s.Commit(ctx, []Entry{editEntry(id, "student.address", "new")}, nil))
		other := newCase(t, s, 2)
		noErr(t, s.Close())
		ref := refKey(made[0].Device, made[0].Counter)
		s, r := repaired(t, s.o, func(b []byte) {
			forgetKey(b, ref, func(at int) { b[min(at+40, len(b)-1)] ^= 1 })
		})
		if len(r.Incomplete) != 1 || r.Incomplete[0] != id || r.Cases != 1 || len(r.Own) != 1 || r.Own[0] != (loan.Range{From: 2, To: 2}) {
			t.Fatalf("got %+v", r)
		}
		c := must(s.Case(ctx, id))
		if c.App.Student.Address != "new" || len(c.Aside) != 1 {
			t.Fatalf("address %q, %d aside", c.App.Student.Address, len(c.Aside))
		}
		if len(must(s.Case(ctx, other)).Aside) != 0 {
			t.Fatal("a whole case says it too")
		}
		c = must(s.CommitCase(ctx, []Entry{editEntry(id, "student.address", "newer")}, nil))
		if row, _ := s.Summary(id); len(c.Aside) != 1 || row.Problems == 0 {
			t.Fatal("the next change made it complete")
		}
		s = reopened(t, s)
		if row, _ := s.Summary(id); row.Problems == 0 {
			t.Fatal("to open it again made it complete")
		}
		noErr(t, s.Heal(ctx, made))
		c = must(s.Case(ctx, id))
		if row, _ := s.Summary(id); len(c.Aside) != 0 || row.Problems != 0 || c.App.Student.Phone != "15400000009" {
			t.Fatalf("%d aside, %d problems", len(c.Aside), row.Problems)
		}
		noErr(t, s.VerifyChain(ctx))
	})
	t.Run("an attachment that lost a piece is asked for, and can be put back", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 1)
		content := bytes.Repeat([]byte("portrait"), 20_000)
		h := attachment(t, s, id, loan.PortraitStudent, string(content))
		key := must(chunkIn(s, h, 1))
		noErr(t, s.Close())
		s, r := repaired(t, s.o, func(b []byte) { forgetKey(b, key, func(at int) { b[at+500] ^= 1 }) })
		if len(r.Blobs) != 1 || r.Blobs[0] != h || r.Cases != 1 {
			t.Fatalf("got %+v", r)
		}
		if _, err := s.Blob(ctx, h); err == nil {
			t.Fatal("it is there")
		}
		if box := must(s.Outbox(ctx)); len(box.Blobs) != 0 {
			t.Fatal("it waits to be sent")
		}
		want := must(s.WantedBlobs(ctx))
		if len(want) != 1 || want[0].Hash != h {
			t.Fatalf("wanted %v", want)
		}
		noErr(t, s.HealBlob(ctx, want[0], content))
		if got := must(s.Blob(ctx, h)); !bytes.Equal(got, content) || len(must(s.Wanted(ctx)).Blobs) != 0 {
			t.Fatal("it did not come back")
		}
		noErr(t, s.VerifyLedger(ctx))
	})
	t.Run("a change of another laptop is counted and its case asked for", func(t *testing.T) {
		s, o := newTestStore(t), newTestStore(t)
		id := newCase(t, o, 1)
		made := must(o.Commit(ctx, []Entry{editEntry(id, "student.address", "there")}, nil))
		all := must(o.Changes(ctx, id))
		noErr(t, s.Receive(ctx, all))
		noErr(t, s.Close())
		s, r := repaired(t, s.o, func(b []byte) {
			forgetKey(b, refKey(made[0].Device, made[0].Counter), func(at int) { b[min(at+40, len(b)-1)] ^= 1 })
		})
		if want := must(s.Wanted(ctx)); r.Others != 1 || len(r.Own) != 0 || len(want.Cases) != 1 || want.Cases[0] != id {
			t.Fatalf("got %+v, wanted %+v", r, want)
		}
		noErr(t, s.Receive(ctx, all))
		if c := must(s.Case(ctx, id)); len(c.Aside) != 0 || c.App.Student.Address != "there" {
			t.Fatal("not complete")
		}
	})
}

func repairOnce(dir string) error {
	_, _ = os.Stdout.WriteString("ready\n")
	_, err := Repair(context.Background(), options(dir), "c1", []byte(password))
	return err
}

// TestKillRepair kills a process that mends a store, at random moments: it can
// be mended then, with the same outcome.
func TestKillRepair(t *testing.T) {
	m := newPatient(t, 12)
	harmed := bytes.Clone(m.good)
	clear(harmed[:pageSize])
	left := map[string]int{}
	rounds := 24
	if testing.Short() {
		rounds = 5
	}
	for range rounds {
		m.harm(t, harmed)
		killOne(t, "repair", m.o.Dir, time.Duration(rand.IntN(160000))*time.Microsecond)
		r, err := Repair(context.Background(), m.o, "c1", []byte(password))
		noErr(t, err)
		if r.Whole {
			left["mended before the kill"]++
		} else {
			left["mended after it"]++
		}
		kept := must(filepath.Glob(m.path + ".damaged-*"))
		if len(kept) != 1 || !bytes.Equal(must(os.ReadFile(kept[0])), harmed) {
			t.Fatalf("%d damaged files kept", len(kept))
		}
		s := unlocked(t, m.o)
		for id, address := range m.cases {
			if c := must(s.Case(context.Background(), id)); c.App.Student.Address != address {
				t.Fatal("another case")
			}
		}
		noErr(t, s.VerifyLedger(context.Background()))
		noErr(t, s.Close())
	}
	t.Log(left)
}

// TestRepairAfterErasing mends a store of which a season and images were
// erased: nothing of it comes back, though the pages are full of it.
func TestRepairAfterErasing(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	f, kept := i.delivered(1, 2025), i.delivered(2, 2026)
	i.carry(i.now)
	out, err := i.s.EraseSeason(ctx, 2025, "a1")
	noErr(t, err)
	if out.Cases != 1 {
		t.Fatalf("erased %+v", out)
	}
	o := i.s.o
	noErr(t, i.s.Close())
	for name, harm := range map[string]func([]byte){
		"without a tree": func(b []byte) { clear(b[:2*pageSize]) },
		"without a meta": func(b []byte) { clear(b[:pageSize]) },
	} {
		t.Run(name, func(t *testing.T) {
			o := o
			o.Dir = copyFolder(t, o.Dir)
			s, r := repaired(t, o, harm)
			_, err := s.Case(ctx, f.id)
			wantKind(t, err, fault.Erased)
			for _, h := range f.all() {
				_, err := s.Blob(ctx, h)
				wantKind(t, err, fault.Erased)
			}
			for _, h := range kept.all() {
				must(s.Blob(ctx, h))
			}
			must(s.Case(ctx, kept.id))
			if len(r.Own)+len(r.Blobs)+len(r.Incomplete)+len(r.Unopened) != 0 {
				t.Fatalf("got %+v", r)
			}
			noErr(t, s.VerifyLedger(ctx))
			noErr(t, s.VerifyChain(ctx))
		})
	}
}

// repairFull mends on a disk that is full at several places, and then on one
// that has room.
func repairFull(t *testing.T, limit func(uint64), relieve func()) {
	t.Helper()
	ctx := context.Background()
	m := newPatient(t, 12)
	harmed := bytes.Clone(m.good)
	clear(harmed[pageSize : 2*pageSize])
	m.harm(t, harmed)
	for _, size := range []uint64{4 << 10, 60 << 10, 200 << 10} {
		limit(size)
		_, err := Repair(ctx, m.o, "c1", []byte(password))
		relieve()
		wantKind(t, err, fault.Full)
		if left := must(filepath.Glob(m.path + "*")); len(left) != 1 || !bytes.Equal(harmed, must(os.ReadFile(m.path))) {
			t.Fatalf("left %v", left)
		}
	}
	r, err := Repair(ctx, m.o, "c1", []byte(password))
	noErr(t, err)
	m.examine(t, r)
}

func TestRepairWithoutTheWrappingKeys(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id := newCase(t, s, 1)
	h := attachment(t, s, id, loan.PortraitStudent, "portrait")
	o := s.o
	noErr(t, s.Close())
	noErr(t, os.Remove(filepath.Join(o.Dir, imagesFile)))
	r, err := Repair(ctx, o, "c1", []byte(password))
	noErr(t, err)
	if r.Whole || len(r.Blobs) != 1 || r.Blobs[0] != h || r.Cases != 1 || len(r.Own) != 0 {
		t.Fatalf("got %+v", r)
	}
	s = unlocked(t, o)
	if box := must(s.Outbox(ctx)); len(box.Blobs) != 0 {
		t.Fatal("what cannot be read waits to be sent")
	}
	want := must(s.WantedBlobs(ctx))
	if len(want) != 1 {
		t.Fatalf("wanted %v", want)
	}
	noErr(t, s.Close())
	if r, err := Repair(ctx, o, "c1", []byte(password)); err != nil || !r.Whole {
		t.Fatalf("again: %+v, %v", r, err)
	}
	s = unlocked(t, o)
	noErr(t, s.HealBlob(ctx, want[0], []byte("portrait")))
	if got := must(s.Blob(ctx, h)); string(got) != "portrait" {
		t.Fatal("it did not come back")
	}
	noErr(t, s.VerifyLedger(ctx))
}

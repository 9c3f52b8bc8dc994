package store

import (
	"bytes"
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// sample is a closed store of some cases and blobs, its file's bytes, and
// what must come out of it.
type sample struct {
	o     Options
	path  string
	good  []byte
	names map[uuid.UUID]string
	blobs map[loan.Hash][]byte
}

func newSample(t testing.TB) *sample {
	s := newTestStore(t)
	m := &sample{o: s.o, path: s.dataPath(), names: map[uuid.UUID]string{}, blobs: map[loan.Hash][]byte{}}
	for n := range 12 {
		id := newCase(t, s, n)
		m.names[id] = personOf(n).name
		content := bytes.Repeat([]byte{byte(n + 1)}, 1000+9000*n)
		m.blobs[attachment(t, s, id, loan.PortraitStudent, string(content))] = content
	}
	noErr(t, s.Close())
	m.good = must(os.ReadFile(m.path))
	return m
}

// outcome opens the file and reads everything. Whatever the file's bytes: no
// panic, and never content other than what was written.
func (m *sample) outcome(t testing.TB) (opened bool) {
	t.Helper()
	ctx := context.Background()
	allowed := func(err error) bool {
		k := fault.KindOf(err)
		return k == fault.Damaged || k == fault.Newer || k == fault.Missing
	}
	l, err := Open(ctx, m.o)
	if err != nil {
		if !allowed(err) {
			t.Fatalf("open: %v", err)
		}
		return false
	}
	defer l.Close()
	s, _, err := l.Unlock(ctx, "c1", []byte(password))
	if err != nil {
		if k := fault.KindOf(err); !allowed(err) && k != fault.Denied {
			t.Fatalf("unlock: %v", err)
		}
		return false
	}
	defer s.Close()
	for id, name := range m.names {
		c, err := s.Case(ctx, id)
		if err != nil && !allowed(err) {
			t.Fatalf("case: %v", err)
		}
		if err == nil && (c.App.Student.Name != name || len(c.Attachments) != 1) {
			t.Fatal("other content without an error")
		}
	}
	for h, want := range m.blobs {
		got, err := s.Blob(ctx, h)
		if err != nil && !allowed(err) {
			t.Fatalf("blob: %v", err)
		}
		if err == nil && !bytes.Equal(got, want) {
			t.Fatal("another blob without an error")
		}
	}
	for _, r := range s.Search("", 0) {
		if m.names[r.ID] != r.Name {
			t.Fatal("another name in the list")
		}
	}
	return true
}

func (m *sample) write(t testing.TB, b []byte) {
	t.Helper()
	_ = os.Remove(filepath.Join(m.o.Dir, attemptsFile))
	noErr(t, os.WriteFile(m.path, b, 0o600))
}

func TestDamage(t *testing.T) {
	m := newSample(t)
	t.Run("the sample itself is whole", func(t *testing.T) {
		if !m.outcome(t) {
			t.Fatal("not opened")
		}
	})
	rounds := 120
	if testing.Short() {
		rounds = 40
	}
	t.Run("single bits flipped anywhere are an error or without effect", func(t *testing.T) {
		opened := 0
		for range rounds {
			b := bytes.Clone(m.good)
			b[rand.IntN(len(b))] ^= 1 << rand.IntN(8)
			m.write(t, b)
			if m.outcome(t) {
				opened++
			}
		}
		t.Logf("%d of %d files opened, all content true", opened, rounds)
	})
	t.Run("single bits flipped in page heads and element tables", func(t *testing.T) {
		for range rounds {
			b := bytes.Clone(m.good)
			page := rand.IntN(len(b)/pageSize) * pageSize
			b[page+rand.IntN(160)] ^= 1 << rand.IntN(8)
			m.write(t, b)
			m.outcome(t)
		}
	})
	t.Run("pages zeroed, and exchanged", func(t *testing.T) {
		pages := len(m.good) / pageSize
		for range rounds / 2 {
			b := bytes.Clone(m.good)
			p, q := rand.IntN(pages)*pageSize, rand.IntN(pages)*pageSize
			clear(b[p : p+pageSize])
			m.write(t, b)
			m.outcome(t)
			b = bytes.Clone(m.good)
			copy(b[p:p+pageSize], m.good[q:q+pageSize])
			copy(b[q:q+pageSize], m.good[p:p+pageSize])
			m.write(t, b)
			m.outcome(t)
		}
	})
	t.Run("cut off anywhere", func(t *testing.T) {
		for range rounds / 3 {
			m.write(t, m.good[:rand.IntN(len(m.good))])
			m.outcome(t)
		}
		for _, n := range []int{0, 1, pageSize, 2 * pageSize, 2*pageSize + 1} {
			m.write(t, m.good[:n])
			if m.outcome(t) {
				t.Fatalf("opened %d bytes", n)
			}
		}
	})
	t.Run("a key of a branch page that is not its child's first is found, whatever bucket's", func(t *testing.T) {
		m := newPatient(t, 30)
		n := 0
		for _, at := range branchKeys(t, m.path) {
			for _, turn := range []byte{255, 1} { // still behind all that the child before holds, or no longer
				b := bytes.Clone(m.good)
				b[at] += turn
				m.harm(t, b)
				wantKind(t, precheck(m.path), fault.Damaged)
				wantKind(t, healthy(t.Context(), m.o, "c1", []byte(password)), fault.Damaged)
				n++
			}
		}
		if n < 20 {
			t.Fatalf("%d keys only", n)
		}
	})
	t.Run("values moved to another place do not open", func(t *testing.T) {
		m.write(t, m.good)
		l := must(Open(context.Background(), m.o))
		noErr(t, l.db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte(bSummaries))
			k1, v1 := b.Cursor().First()
			k2, v2 := b.Cursor().Last()
			v1, v2 = bytes.Clone(v1), bytes.Clone(v2)
			return errors.Join(b.Put(bytes.Clone(k1), v2), b.Put(bytes.Clone(k2), v1))
		}))
		_, _, err := l.Unlock(context.Background(), "c1", []byte(password))
		wantKind(t, err, fault.Damaged)
		noErr(t, l.Close())
	})
	t.Run("a change taken out of a case's list is noticed", func(t *testing.T) {
		m.write(t, m.good)
		l := must(Open(context.Background(), m.o))
		var id uuid.UUID
		noErr(t, l.db.Update(func(tx *bbolt.Tx) error {
			k, _ := tx.Bucket([]byte(bCases)).Cursor().First()
			copy(id[:], k)
			return tx.Bucket([]byte(bCases)).Delete(bytes.Clone(k))
		}))
		s, _, err := l.Unlock(context.Background(), "c1", []byte(password))
		noErr(t, err)
		defer s.Close()
		_, err = s.Case(context.Background(), id)
		wantKind(t, err, fault.Damaged)
		_, err = s.Commit(context.Background(), []Entry{editEntry(id, "student.phone", "1")}, nil)
		wantKind(t, err, fault.Damaged)
	})
	t.Run("the end of the chain cut off is noticed", func(t *testing.T) {
		m.write(t, m.good)
		l := must(Open(context.Background(), m.o))
		noErr(t, l.db.Update(func(tx *bbolt.Tx) error {
			k, _ := tx.Bucket([]byte(bChanges)).Cursor().Last()
			return tx.Bucket([]byte(bChanges)).Delete(bytes.Clone(k))
		}))
		_, _, err := l.Unlock(context.Background(), "c1", []byte(password))
		wantKind(t, err, fault.Damaged)
		noErr(t, l.Close())
	})
	t.Run("a store of a later version is left alone", func(t *testing.T) {
		m.write(t, m.good)
		l := must(Open(context.Background(), m.o))
		noErr(t, l.db.Update(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(bPlain)).Put([]byte("format"), []byte{formatVersion + 1})
		}))
		noErr(t, l.Close())
		_, err := Open(context.Background(), m.o)
		wantKind(t, err, fault.Newer)
	})
}

// branchKeys gives where in a file the last byte of each key of a branch page in
// use lies.
func branchKeys(t testing.TB, path string) []int64 {
	db := must(openDB(path))
	defer db.Close()
	b := must(os.ReadFile(path))
	var all []int64
	noErr(t, db.View(func(tx *bbolt.Tx) error {
		for id := 2; ; id++ {
			p, err := tx.Page(id)
			if err != nil || p == nil {
				return err
			}
			page := b[id*pageSize:]
			for i := 0; p.Type == "branch" && i < p.Count; i++ {
				all = append(all, int64(id*pageSize)+int64(elementAt(page, uint64(i), flagBranch).value)-1)
			}
		}
	}))
	return all
}

// FuzzPrecheck demands that bbolt walks every file that passes, and that it
// still passes once bbolt has written to it.
func FuzzPrecheck(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "seed")
	db := must(openDB(path))
	noErr(f, db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"a", "b"} {
			b := must(tx.CreateBucket([]byte(name)))
			for i := range 80 {
				if err := b.Put([]byte{byte(i)}, bytes.Repeat([]byte{1}, i*3)); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	noErr(f, db.Close())
	seed := must(os.ReadFile(path))
	seed = seed[:min(len(seed), 16*pageSize)]
	f.Add(seed, uint32(pageSize*3+8), byte(2))
	f.Add(seed, uint32(pageSize*4+20), byte(255))
	for _, at := range []uint32{16, 24, 32, 40, 48, 56, 64} {
		f.Add(seed, pageHead+at, byte(1))
		f.Add(seed, pageSize+pageHead+at, byte(64))
	}
	f.Fuzz(func(t *testing.T, b []byte, at uint32, v byte) {
		if len(b) > 64*pageSize {
			return
		}
		b = bytes.Clone(b)
		if len(b) > 0 {
			b[int(at)%len(b)] ^= v
		}
		if len(b) >= 2*pageSize && at%2 == 0 { // let wrong metas past their checksum
			for i := range 2 {
				m := b[i*pageSize+pageHead:]
				h := fnv.New64a()
				h.Write(m[:56])
				le.PutUint64(m[56:], h.Sum64())
			}
		}
		p := filepath.Join(t.TempDir(), "f")
		noErr(t, os.WriteFile(p, b, 0o600))
		if err := precheck(p); err != nil {
			if k := fault.KindOf(err); k != fault.Damaged {
				t.Fatalf("got %v", err)
			}
			return
		}
		db, err := openDB(p)
		if err != nil {
			t.Fatalf("passed, and bbolt does not open it: %v", err)
		}
		defer db.Close()
		err = shield("walk", func() error { return db.View(walkAll) })
		if err != nil {
			t.Fatalf("passed, and bbolt cannot walk it: %v", err)
		}
		err = shield("write", func() error { return db.Update(writeAll) })
		noErr(t, db.Close())
		if err != nil {
			return // found by bbolt, and nothing was written
		}
		if err := precheck(p); err != nil {
			t.Fatalf("passed, and a write spoils it: %v", err)
		}
	})
}

// writeAll changes every value, so that every leaf page is written anew.
func writeAll(tx *bbolt.Tx) error {
	return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
		var keys [][]byte
		if err := b.ForEach(func(k, _ []byte) error { keys = append(keys, bytes.Clone(k)); return nil }); err != nil {
			return err
		}
		for _, k := range keys {
			if len(k) == 0 {
				return errors.New("a key of nothing")
			}
			if err := b.Put(k, []byte("new")); err != nil {
				return err
			}
		}
		return nil
	})
}

func walkAll(tx *bbolt.Tx) error {
	return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
		return b.ForEach(func(_, _ []byte) error { return nil })
	})
}

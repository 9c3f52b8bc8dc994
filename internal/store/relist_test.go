package store

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// left is the file of a store that was not closed, with what is free in it.
func left(t testing.TB) (o Options, file []byte) {
	t.Helper()
	i, _ := wasteful(t, 6)
	newCase(t, i.s, 77)
	file = must(os.ReadFile(i.s.dataPath()))
	noErr(t, i.s.Close())
	return i.s.o, file
}

// wantExact demands that every page of a file is in use or free, and none both,
// as bbolt sees it, and gives how many are free.
func wantExact(t testing.TB, path string) int {
	t.Helper()
	noErr(t, precheck(path))
	db := must(openDB(path))
	defer db.Close()
	n := db.Stats().FreePageN
	noErr(t, db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Error(err)
		}
		return nil
	}))
	return n
}

// listed lists the free pages of a file, as Open does.
func listed(t testing.TB, path string) meta {
	t.Helper()
	in, m, whole, err := examine(path, true)
	noErr(t, err)
	if !whole || m.free != noFreelist {
		t.Fatal("the file was closed in peace")
	}
	noErr(t, in.listFree(path, m))
	return m
}

func TestTheFreeListIsWrittenAfterAKill(t *testing.T) {
	o, file := left(t)
	path := filepath.Join(o.Dir, dataFile)
	put := func() { noErr(t, os.WriteFile(path, file, 0o600)) }
	put()
	want := wantExact(t, path) // bbolt's own look at every page
	if want < 20 || len(file) < listFrom*pageSize {
		t.Fatalf("%d free pages of %d are too few to test with", want, len(file)/pageSize)
	}
	t.Run("it is bbolt's, and vouched for", func(t *testing.T) {
		put()
		before := listed(t, path)
		if got := wantExact(t, path); got != want {
			t.Fatalf("%d free pages, want %d", got, want)
		}
		put()
		listed(t, path)
		_, m, whole, err := examine(path, true)
		noErr(t, err)
		if whole || m.tx != before.tx+1 || m.root != before.root {
			t.Fatalf("meta %+v after %+v", m, before)
		}
	})
	t.Run("the store opens, works on, and is killed and closed again", func(t *testing.T) {
		put()
		l := must(Open(context.Background(), o))
		if m := must(newestMetaOf(must(os.ReadFile(path)))); m.free == noFreelist {
			t.Fatal("it opened without a list")
		}
		noErr(t, l.Close())
		s := unlocked(t, o)
		if got := s.db.Stats().FreePageN; got > want {
			t.Fatalf("%d free pages, want %d at most", got, want)
		}
		noErr(t, s.VerifyLedger(context.Background()))
		for n := range 5 {
			newCase(t, s, n)
		}
		again := must(os.ReadFile(path))
		noErr(t, s.Close())
		wantExact(t, path)
		noErr(t, os.WriteFile(path, again, 0o600))
		s = unlocked(t, o)
		newCase(t, s, 9)
		noErr(t, s.VerifyLedger(context.Background()))
		noErr(t, s.VerifyChain(context.Background()))
		noErr(t, s.Close())
		wantExact(t, path)
	})
	t.Run("cut at any moment it leaves a file that opens", func(t *testing.T) {
		put()
		m := listed(t, path)
		done := must(os.ReadFile(path))
		behind, other := int(m.pages)*pageSize, int((m.tx+1)%2)*pageSize
		for _, n := range []int{0, 1, 512, 513, pageSize - 1, pageSize} { // of the list, and then of the meta page, have come to the disk
			for _, meta := range []int{0, pageHead + 64, 512, pageSize} {
				if meta > 0 && n < pageSize {
					continue // it is written when the list is safe
				}
				torn := bytes.Clone(file)
				if len(torn) < len(done) {
					torn = append(torn, make([]byte, len(done)-len(torn))...)
				}
				copy(torn[behind:behind+n], done[behind:])
				if n == pageSize {
					copy(torn[behind:], done[behind:])
				}
				copy(torn[other:other+meta], done[other:])
				noErr(t, os.WriteFile(path, torn, 0o600))
				if got := wantExact(t, path); got != want {
					t.Fatalf("%d bytes of the list, %d of the meta page: %d free pages, want %d", n, meta, got, want)
				}
			}
		}
	})
	t.Run("a list of very many pages", func(t *testing.T) {
		for _, more := range []uint64{0xFFFE, 0xFFFF, 0x10000, 70_000} {
			put()
			more -= uint64(want)
			// As if so many pages behind the last had been in use once.
			head := bytes.Clone(file[:2*pageSize])
			m, _ := newestMeta(head)
			at := head[int(m.tx%2)*pageSize+pageHead:]
			le.PutUint64(at[40:], m.pages+more)
			h := fnv.New64a()
			h.Write(at[:56])
			le.PutUint64(at[56:], h.Sum64())
			f := must(os.OpenFile(path, os.O_RDWR, 0))
			must(f.WriteAt(head, 0))
			noErr(t, f.Truncate(int64(m.pages+more)*pageSize))
			noErr(t, f.Close())
			listed(t, path)
			if got := wantExact(t, path); got != want+int(more) {
				t.Errorf("%s: %d free pages, want %d", fmt.Sprint(more), got, want+int(more))
			}
		}
	})
}

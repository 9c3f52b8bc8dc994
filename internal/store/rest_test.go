package store

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// blobLeaves is a store with blobs enough for some leaf pages, and the places
// of these pages in its closed file.
func blobLeaves(t *testing.T) (o Options, path string, names []loan.Hash, pages []int64) {
	t.Helper()
	s := newTestStore(t)
	id := newCase(t, s, 1)
	for n := range 40 {
		names = append(names, attachment(t, s, id, loan.PortraitStudent, string(bytes.Repeat([]byte{byte(n)}, 9000))))
	}
	noErr(t, s.Close())
	path = s.dataPath()
	db := must(openDB(path))
	f := must(os.Open(path))
	defer f.Close()
	noErr(t, db.View(func(tx *bbolt.Tx) error {
		in := &inspector{f: f, pages: uint64(tx.Size() / pageSize)}
		n, err := in.node(uint64(tx.Bucket([]byte(bBlobs)).Root()), nil)
		noErr(t, err)
		children, _, err := in.branch(n, tree{})
		for _, id := range children {
			pages = append(pages, int64(id)*pageSize)
		}
		return err
	}))
	noErr(t, db.Close())
	if len(pages) < 4 {
		t.Fatalf("%d leaf pages are too few to test with", len(pages))
	}
	return s.o, path, names, pages
}

// flip turns one bit of a file.
func flip(t *testing.T, path string, at int64, bit int) {
	t.Helper()
	f := must(os.OpenFile(path, os.O_RDWR, 0))
	defer f.Close()
	b := make([]byte, 1)
	must(f.ReadAt(b, at))
	b[0] ^= 1 << bit
	must(f.WriteAt(b, at))
}

func TestAFileClosedInPeace(t *testing.T) {
	o, path, names, pages := blobLeaves(t)
	good := must(os.ReadFile(path))
	put := func(t *testing.T) { t.Helper(); noErr(t, os.WriteFile(path, good, 0o600)) }
	t.Run("is opened without a look at the blobs, and is whole", func(t *testing.T) {
		whole, err := inspect(path, true)
		noErr(t, err)
		if whole {
			t.Fatal("every page was read")
		}
		noErr(t, precheck(path))
	})
	t.Run("is looked at afterwards, while it is written to", func(t *testing.T) {
		s := unlocked(t, o)
		id := newCase(t, s, 7)
		for n := range 30 {
			h := attachment(t, s, id, loan.PortraitStudent, string(bytes.Repeat([]byte{byte(n), 1}, 5000)))
			must(s.Blob(context.Background(), h))
		}
		<-s.rest.done
		noErr(t, s.rest.fault())
		noErr(t, s.Close())
		noErr(t, precheck(path))
	})
	t.Run("is looked at as a whole when it was not closed", func(t *testing.T) {
		put(t)
		s := unlocked(t, o)
		newCase(t, s, 8)
		open := must(os.ReadFile(path))
		noErr(t, s.Close())
		noErr(t, os.WriteFile(path, open, 0o600))
		whole, err := inspect(path, true)
		noErr(t, err)
		if !whole {
			t.Fatal("a file in use was trusted")
		}
		noErr(t, unlocked(t, o).Close())
	})
	t.Run("tells every bit turned in the heads of the leaf pages, and takes no more writes", func(t *testing.T) {
		for range 25 {
			put(t)
			page := pages[rand.IntN(len(pages))]
			at, bit := page+rand.Int64N(pageHead+elemSize), rand.IntN(8)
			flip(t, path, at, bit)
			l, err := Open(context.Background(), o)
			if err != nil { // seen already
				wantKind(t, err, fault.Damaged)
				continue
			}
			s, _, err := l.Unlock(context.Background(), "c1", []byte(password))
			noErr(t, err)
			<-s.rest.done
			if s.rest.fault() == nil {
				t.Fatalf("bit %d of byte %d of a page was not seen", bit, at-page)
			}
			_, err = s.Commit(context.Background(), []Entry{{Kind: loan.ChangeSearch, Operator: "c1"}}, nil)
			wantKind(t, err, fault.Damaged)
			for _, h := range names {
				if _, err := s.Blob(context.Background(), h); err != nil {
					wantKind(t, err, fault.Damaged)
				}
			}
			noErr(t, s.Close())
			_, err = Open(context.Background(), o)
			wantKind(t, err, fault.Damaged)
		}
	})
	t.Run("is not written to beside a damaged page that nobody has seen yet", func(t *testing.T) {
		put(t)
		s := unlocked(t, o)
		s.rest.end() // whatever it saw by now
		s.rest = rest{db: s.db}
		for _, page := range pages {
			flip(t, path, page+12, 3) // its length
		}
		for n := range 5 {
			content := []byte("another " + strconv.Itoa(n))
			_, err := s.Commit(context.Background(), []Entry{{Kind: loan.ChangeSearch, Operator: "c1"}},
				[]Blob{{Hash: s.BlobName(content), Content: content}})
			wantKind(t, err, fault.Damaged)
		}
	})
	t.Run("has the pages at its end looked at once, and the others when their turn comes", func(t *testing.T) {
		put(t)
		s := unlocked(t, o)
		s.rest.end()
		s.rest = rest{db: s.db}
		end := chunkKey(1<<60, names[0][:], 0)
		vet := func(key []byte) error {
			return s.view(context.Background(), "test", func(tx *bbolt.Tx) error { return s.rest.vet(tx, bBlobs, key) })
		}
		noErr(t, vet(end))
		for _, page := range pages {
			flip(t, path, page+12, 3)
		}
		noErr(t, vet(end))
		noErr(t, vet(chunkKey(1<<60, names[1][:], 7)))
		wantKind(t, vet(chunkKey(1, names[0][:], 0)), fault.Damaged)
	})
	t.Run("tells every bit turned in its free list", func(t *testing.T) {
		head := must(newestMetaOf(good))
		begin := int64(head.free) * pageSize
		count := int64(le.Uint16(good[begin+10:]))
		if count == 0 {
			t.Fatal("no free page to test with")
		}
		for range 200 {
			put(t)
			flip(t, path, begin+pageHead+rand.Int64N(8*count), rand.IntN(8))
			if whole, err := inspect(path, true); err == nil && !whole {
				t.Fatal("trusted with another free list")
			}
		}
	})
}

func newestMetaOf(file []byte) (meta, error) {
	m, ok := newestMeta(file[:2*pageSize])
	if !ok {
		return m, structural("meta")
	}
	return m, nil
}

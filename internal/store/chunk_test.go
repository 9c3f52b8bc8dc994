package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"testing"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// chunksOf lists the keys of all chunks of a blob, whatever its record says.
func chunksOf(tx *bbolt.Tx, h loan.Hash) (keys []string) {
	_ = tx.Bucket([]byte(bBlobs)).ForEach(func(k, _ []byte) error {
		if of, ok := chunkOf(string(k)); ok && of == h {
			keys = append(keys, string(k))
		}
		return nil
	})
	return keys
}

// chunkIn is where a chunk of a blob stands in a store.
func chunkIn(s *Store, h loan.Hash, i int) (key []byte, err error) {
	err = s.view(context.Background(), "test", func(tx *bbolt.Tx) error {
		key = []byte(chunksOf(tx, h)[i])
		return nil
	})
	return key, err
}

// wantOnePlace demands that a blob has the chunks that its record says, and no
// others.
func wantOnePlace(t testing.TB, s *Store, h loan.Hash) *blobInfo {
	t.Helper()
	var info *blobInfo
	noErr(t, s.view(context.Background(), "test", func(tx *bbolt.Tx) (err error) {
		info, err = s.blobInfo(tx, h[:])
		noErr(t, err)
		keys := chunksOf(tx, h)
		if len(keys) != int(info.pieces()) {
			t.Fatalf("%d chunks, want %d", len(keys), info.pieces())
		}
		for i, k := range keys {
			if k != string(chunkKey(info.place, h[:], uint32(i))) {
				t.Fatalf("chunk %d stands in another place", i)
			}
		}
		return nil
	}))
	return info
}

func TestChunks(t *testing.T) {
	var r rooms
	for _, size := range []int{1, chunkHead - 1, chunkHead, chunkHead + 1, 40_000, chunkHead + chunkSize, chunkHead + chunkSize + 1, 3 * chunkSize} {
		content := make([]byte, size)
		_, _ = rand.Read(content)
		h := loan.Hash{1}
		b := sealBlob(seal.International, h, content, r.get)
		if n := (&blobInfo{unsent: unsent{size: uint64(size)}, place: 1}).pieces(); int(n) != len(b.chunks) {
			t.Errorf("%d bytes: %d chunks, and %d by the record", size, len(b.chunks), n)
		}
		var got []byte
		for i, c := range b.chunks {
			before := len(got)
			got = must(b.own.Open(got, c[boxRoom:], chunkData(h[:], uint32(i))))
			if n := len(got) - before; cap(c) > 2*n+leastRoom+roomOver {
				t.Errorf("%d bytes in a room of %d", n, cap(c))
			}
			if cap(c)-len(c) < tagSize {
				t.Error("no room for a tag")
			}
			r.put(c)
		}
		if !bytes.Equal(got, content) {
			t.Errorf("%d bytes: another content", size)
		}
	}
	if n := (&blobInfo{unsent: unsent{size: chunkForm2 + 1}}).pieces(); n != 2 {
		t.Errorf("form 2: %d chunks", n)
	}
	for _, place := range []uint64{0, 1, 1 << 50} {
		want := loan.Hash{3, 4, 5}
		if h, ok := chunkOf(string(chunkKey(place, want[:], 9))); !ok || h != want {
			t.Errorf("place %d: the key is of another blob", place)
		}
	}
	if _, ok := chunkOf("short"); ok {
		t.Error("any key is a chunk's")
	}
}

// TestAnImageHasAPageOfItsOwn writes images as a counter does: each goes behind
// all others, and almost every leaf page holds one, with its keys in the head.
func TestAnImageHasAPageOfItsOwn(t *testing.T) {
	s := newTestStore(t)
	var names []loan.Hash
	for range 12 {
		entries, blobs := wholeCase(s)
		must(s.Commit(context.Background(), entries, blobs))
		for _, b := range blobs {
			names = append(names, b.Hash)
		}
	}
	last := uint64(0)
	for n, h := range names {
		info := wantOnePlace(t, s, h)
		if info.place < last {
			t.Fatalf("image %d stands before an earlier one", n)
		}
		last = info.place
	}
	noErr(t, s.Close())
	f := must(os.Open(s.dataPath()))
	defer f.Close()
	db := must(openDB(s.dataPath()))
	defer db.Close()
	noErr(t, db.View(func(tx *bbolt.Tx) error {
		st := tx.Bucket([]byte(bBlobs)).Stats()
		if st.LeafPageN < len(names)*9/10 {
			t.Errorf("%d images on %d leaf pages", len(names), st.LeafPageN)
		}
		return nil
	}))
}

// TestAnImageWrittenAgainLeavesNothing erases, attaches again, loses keys and
// heals: of the former writing no chunk stays.
func TestAnImageWrittenAgainLeavesNothing(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	f := i.delivered(1, 2026)
	h := f.images[0]
	content := must(i.s.Blob(ctx, h))
	first := wantOnePlace(t, i.s, h).place

	i.now = i.now.Add(8 * days)
	i.s.o.steps = func(name string) {
		if name == "destroyed" { // before its content is taken out
			i.s.o.steps = nil
			again := i.open(2, 2026)
			i.attach(&again, loan.DocSlot(loan.StudentIDCard), Blob{h, content})
		}
	}
	i.retain()
	i.here(h)
	second := wantOnePlace(t, i.s, h).place
	if second <= first {
		t.Fatalf("place %d after %d", second, first)
	}
	noErr(t, i.s.VerifyLedger(ctx))

	noErr(t, i.s.Close())
	noErr(t, os.Remove(keysPath(i.s)))
	i.s = unlocked(t, i.s.o)
	again := i.open(3, 2026)
	i.attach(&again, loan.DocSlot(loan.StudentIDCard), Blob{h, content})
	i.here(h)
	third := wantOnePlace(t, i.s, h).place
	i.carry(i.now, h)

	noErr(t, i.s.Close())
	noErr(t, os.Remove(keysPath(i.s)))
	i.s = unlocked(t, i.s.o)
	must(i.s.WantUnreadable(ctx))
	noErr(t, i.s.HealBlob(ctx, PendingBlob{Hash: h, Case: again.id}, content))
	i.here(h)
	if fourth := wantOnePlace(t, i.s, h).place; fourth <= third || third <= second {
		t.Fatalf("places %d, %d, %d", second, third, fourth)
	}
	noErr(t, i.s.VerifyLedger(ctx))
}

// TestABackupFollowsAnImageToItsNewPlace backs up before and after an image was
// written again: the second has it once, and restores it.
func TestABackupFollowsAnImageToItsNewPlace(t *testing.T) {
	ctx := context.Background()
	s, stick := newTestStore(t), t.TempDir()
	id := newCase(t, s, 1)
	content := bytes.Repeat([]byte("portrait"), 20_000)
	h := attachment(t, s, id, loan.PortraitStudent, string(content))
	backedUp(t, s, stick)
	noErr(t, s.Close())
	noErr(t, os.Remove(keysPath(s)))
	s = unlocked(t, s.o)
	attachment(t, s, newCase(t, s, 2), loan.PortraitStudent, string(content))
	backedUp(t, s, stick)
	r := restored(t, stick)
	if got := must(r.Blob(ctx, h)); !bytes.Equal(got, content) {
		t.Fatal("another image")
	}
	wantOnePlace(t, r, h)
	wantInBackup(t, stick, h, 2)
}

func wantInBackup(t testing.TB, stick string, h loan.Hash, want int) {
	t.Helper()
	noErr(t, openedBackup(t, stick).View(func(tx *bbolt.Tx) error {
		if n := len(chunksOf(tx, h)); n != want {
			t.Errorf("%d chunks in the backup, want %d", n, want)
		}
		return nil
	}))
}

// TestAnImageMovesBetweenTwoRunsOfABackup writes an image again after a run that
// had copied it was cut short: the next leaves nothing of the first copy.
func TestAnImageMovesBetweenTwoRunsOfABackup(t *testing.T) {
	s, stick := newTestStore(t), t.TempDir()
	content := bytes.Repeat([]byte("portrait"), 20_000)
	h := attachment(t, s, newCase(t, s, 1), loan.PortraitStudent, string(content))
	ctx, stop := context.WithCancel(context.Background())
	_, err := s.Backup(ctx, stick, func(done, _ int64) {
		if done > int64(len(content)) {
			stop()
		}
	})
	wantKind(t, err, fault.Cancelled)
	noErr(t, s.Close())
	noErr(t, os.Remove(keysPath(s)))
	s = unlocked(t, s.o)
	attachment(t, s, newCase(t, s, 2), loan.PortraitStudent, string(content))
	backedUp(t, s, stick)
	wantInBackup(t, stick, h, 2)
}

// TestBlobsReadIntoTheSameMemory reads images of several lengths, one after the
// other, into what held the one before.
func TestBlobsReadIntoTheSameMemory(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id := newCase(t, s, 1)
	var names []loan.Hash
	var contents [][]byte
	for n, size := range []int{700, 900_000, 30_000, 899_999, 1} {
		content := bytes.Repeat([]byte{byte('a' + n)}, size)
		contents = append(contents, content)
		names = append(names, attachment(t, s, id, loan.DocSlot(loan.StudentIDCard), string(content)))
	}
	room := make([]byte, 0, 900_000)
	first := &room[:1][0]
	for n, h := range names {
		got, err := s.BlobInto(ctx, h, room)
		noErr(t, err)
		if !bytes.Equal(got, contents[n]) {
			t.Fatalf("image %d reads as %d bytes, want its own %d", n, len(got), len(contents[n]))
		}
		if &got[0] != first {
			t.Errorf("image %d went to memory of its own", n)
		}
		room = got
	}
	t.Run("what is too small is left alone", func(t *testing.T) {
		small := []byte("keep")
		if got := must(s.BlobInto(ctx, names[2], small[:0])); !bytes.Equal(got, contents[2]) || string(small) != "keep" {
			t.Errorf("%d bytes, and %q", len(got), small)
		}
	})
	t.Run("one that is not here fails, and the next reads", func(t *testing.T) {
		if _, err := s.BlobInto(ctx, loan.Hash{1}, room); fault.KindOf(err) != fault.Missing {
			t.Errorf("error %v", err)
		}
		if got := must(s.BlobInto(ctx, names[0], room)); !bytes.Equal(got, contents[0]) {
			t.Error("another content")
		}
	})
}

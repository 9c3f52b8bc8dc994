package store

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

func keysPath(s *Store) string { return filepath.Join(s.o.Dir, imagesFile) }

func TestWrappingKeys(t *testing.T) {
	ctx := context.Background()
	// with gives a folder with one blob, its file of keys changed while closed.
	with := func(t *testing.T, change func(path string, b []byte)) (*intake, family) {
		i := newIntake(t)
		f := i.open(1, 2026)
		noErr(t, i.s.Close())
		b := must(os.ReadFile(keysPath(i.s)))
		if len(b) != imagesSize {
			t.Fatalf("got %d bytes, want %d", len(b), imagesSize)
		}
		change(keysPath(i.s), b)
		i.s = unlocked(t, i.s.o)
		return i, f
	}
	spoil := func(copies ...int) func(string, []byte) {
		return func(path string, b []byte) {
			for _, c := range copies {
				b[blockAt(0, c)+int64(slotHead)+20] ^= 4
			}
			noErr(t, os.WriteFile(path, b, 0o600))
		}
	}
	for c := range slotCopies {
		t.Run("one damaged copy is healed from the other", func(t *testing.T) {
			i, f := with(t, spoil(c))
			i.here(f.images...)
			b := must(os.ReadFile(keysPath(i.s)))
			if !bytes.Equal(b[blockAt(0, 0):][:slotBlock], b[blockAt(0, 1):][:slotBlock]) {
				t.Fatal("the copies differ, want them mended")
			}
		})
	}
	lost := map[string]func(string, []byte){
		"both copies damaged": spoil(0, 1),
		"the file gone":       func(path string, _ []byte) { noErr(t, os.Remove(path)) },
		"the file cut short":  func(path string, b []byte) { noErr(t, os.WriteFile(path, b[:50], 0o600)) },
		"the file emptied":    func(path string, b []byte) { noErr(t, os.WriteFile(path, nil, 0o600)) },
	}
	for name, change := range lost {
		t.Run(name+": the images are said to be lost, and work goes on", func(t *testing.T) {
			i, f := with(t, change)
			_, err := i.s.Blob(ctx, f.images[0])
			wantKind(t, err, fault.Damaged)
			if got := fault.Sentence(err); got == fault.Damaged.Sentence() {
				t.Fatal("got the kind's sentence, want words of its own")
			}
			must(i.s.Case(ctx, f.id))
			g := i.finished(2, 2026)
			i.here(g.all()...)
			_, err = i.s.Blob(ctx, f.images[0])
			wantKind(t, err, fault.Damaged)
			i.carry(i.now, g.all()...)
			i.received(g, i.now)
			i.now = i.now.Add(8 * days)
			i.retain()
			i.reopen()
			i.gone(g.images...)
			i.here(g.papers...)
			// The same content again mends it.
			noErr(t, i.s.VerifyLedger(ctx))
			i.attach(&f, loan.DocSlot(loan.StudentIDCard), i.blob("image 1"+string(loan.PortraitStudent)))
			i.here(f.images[0])
		})
	}
	t.Run("a key that is not in force does not outlive the next opening", func(t *testing.T) {
		i, f := with(t, func(path string, b []byte) {
			copy(b[blockAt(1, 0):], "DSIK rubbish")
			copy(b[blockAt(1, 1):], b[blockAt(0, 1):][:slotBlock])
			noErr(t, os.WriteFile(path, b, 0o600))
		})
		i.here(f.images...)
		b := must(os.ReadFile(keysPath(i.s)))
		for c := range slotCopies {
			if len(bytes.Trim(b[blockAt(1, c):][:slotBlock], "\x00")) != 0 {
				t.Fatal("the other slot holds something, want zeros")
			}
		}
	})
	t.Run("the key of before an erasing is nowhere in the file after it", func(t *testing.T) {
		i := newIntake(t)
		f := i.delivered(1, 2026)
		before := must(os.ReadFile(keysPath(i.s)))
		old := before[slotHead : slotHead+wrappedSize]
		i.now = i.now.Add(8 * days)
		i.retain()
		i.gone(f.images...)
		if bytes.Contains(must(os.ReadFile(keysPath(i.s))), old) {
			t.Fatal("the old key is still there")
		}
		noErr(t, i.s.Close())
		// Its return does not help who has it: the file as it was before.
		noErr(t, os.WriteFile(keysPath(i.s), before, 0o600))
		i.s = unlocked(t, i.s.o)
		i.gone(f.images...)
	})
}

func TestContentOfErasedImagesCannotBeReadFromTheOldFile(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	f := i.delivered(1, 2026)
	noErr(t, i.s.Close())
	old := must(os.ReadFile(i.s.dataPath()))
	i.s = unlocked(t, i.s.o)
	i.now = i.now.Add(8 * days)
	i.retain()
	noErr(t, i.s.Close())
	// A copy of the database from before, with the password, beside the keys
	// that there are now.
	noErr(t, os.WriteFile(i.s.dataPath(), old, 0o600))
	i.s = unlocked(t, i.s.o)
	for _, h := range f.images {
		_, err := i.s.Blob(ctx, h)
		wantKind(t, err, fault.Damaged)
	}
}

func FuzzParseSlot(f *testing.F) {
	k := newImageKeys(Options{}, [16]byte{1}, seal.NewKey())
	f.Add(0, k.block(0, 7, seal.NewKey()))
	f.Add(1, make([]byte, slotBlock))
	f.Fuzz(func(t *testing.T, slot int, b []byte) {
		number, box, ok := parseSlot(slot, b)
		if ok && number != 0 && (len(box) != wrappedSize || string(b[:4]) != slotMagic) {
			t.Fatalf("took %d bytes for a slot", len(b))
		}
		if ok && number == 0 && len(bytes.Trim(b, "\x00")) != 0 {
			t.Fatal("took something for an empty slot")
		}
	})
}

func FuzzBlobInfo(f *testing.F) {
	u := unsent{class: classImage, size: 5, order: 3}
	f.Add((&blobInfo{unsent: u, state: blobKept, number: 1, wrapped: make([]byte, wrappedSize)}).encode())
	f.Add((&blobInfo{unsent: u, state: blobErased, rule: RuleImages, erased: timeOf(5), acked: timeOf(3)}).encode())
	f.Add(u.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := decodeInfo(b)
		if err != nil {
			wantKind(t, err, fault.Damaged)
			return
		}
		if got := i.encode(); !bytes.Equal(got, b) {
			t.Fatalf("got %x want %x", got, b)
		}
	})
}

func TestADatabaseOlderThanItsWrappingKeysLosesNone(t *testing.T) {
	// A repair may find but an earlier state of which key is in force.
	ctx := context.Background()
	i := newIntake(t)
	f := i.delivered(1, 2026)
	stays := i.finished(2, 2026)
	i.now = i.now.Add(8 * days)
	i.retain()
	i.s.write.Lock()
	err := i.s.update(ctx, "test", func(tx *bbolt.Tx) error { return i.s.putImageState(tx, imageState{now: 1}) })
	i.s.write.Unlock()
	noErr(t, err)
	i.reopen()
	i.here(append(stays.all(), f.papers...)...)
	g := i.delivered(3, 2026)
	i.now = i.now.Add(8 * days)
	i.retain()
	i.gone(append(f.images, g.images...)...)
	i.reopen()
	i.here(append(stays.all(), f.papers...)...)
	i.onlyOneKey()
}

func TestLostImagesAreWantedBack(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	f, waits := i.delivered(1, 2026), i.open(2, 2026)
	content := must(i.s.Blob(ctx, f.images[0]))
	noErr(t, i.s.Close())
	noErr(t, os.Remove(keysPath(i.s)))
	i.s = unlocked(t, i.s.o)
	for range 2 {
		if lost := must(i.s.WantUnreadable(ctx)); lost != len(f.all())+len(waits.images) {
			t.Fatalf("got %d lost, want all seven", lost)
		}
		if got := must(i.s.Wanted(ctx)).Blobs; len(got) != len(f.all()) {
			t.Fatalf("got %d wanted, want the five that the centre has", len(got))
		}
	}
	noErr(t, i.s.HealBlob(ctx, PendingBlob{Hash: f.images[0], Case: f.id, Size: int64(len(content))}, content))
	i.here(f.images[0])
	if got := must(i.s.Wanted(ctx)).Blobs; len(got) != len(f.all())-1 {
		t.Fatalf("got %d wanted, want one less", len(got))
	}
	// What came back has its time: the receipt is the case's.
	i.now = i.now.Add(8 * days)
	i.retain()
	i.gone(f.images[0])
}

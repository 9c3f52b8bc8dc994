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
)

// openedBackup is the database of the one backup on a stick.
func openedBackup(t testing.TB, stick string) *bbolt.DB {
	t.Helper()
	db := must(bbolt.Open(must(filepath.Glob(filepath.Join(stick, "*", backupFile)))[0], 0o600, nil))
	t.Cleanup(func() { db.Close() })
	return db
}

func formatOf(t testing.TB, s *Store) (format byte) {
	t.Helper()
	noErr(t, s.view(context.Background(), "test", func(tx *bbolt.Tx) error {
		format = tx.Bucket([]byte(bPlain)).Get([]byte("format"))[0]
		return nil
	}))
	return format
}

// sampleBlobs are the portraits of the sample, by their names.
func sampleBlobs(s *Store) map[loan.Hash][]byte {
	out := map[loan.Hash][]byte{}
	for n := range 5 {
		b := bytes.Repeat([]byte{byte(n + 1)}, 1000+20000*n)
		out[s.BlobName(b)] = b
	}
	return out
}

// wantBoth demands the sample's portraits in their old places, and a new image
// in its own.
func wantBoth(t testing.TB, s *Store, image loan.Hash, content []byte) {
	t.Helper()
	for h, want := range sampleBlobs(s) {
		if got := must(s.Blob(context.Background(), h)); !bytes.Equal(got, want) {
			t.Fatalf("a portrait of %d bytes, want %d", len(got), len(want))
		}
		if info := wantOnePlace(t, s, h); info.place != 0 {
			t.Fatalf("a portrait of before has place %d", info.place)
		}
	}
	if got := must(s.Blob(context.Background(), image)); !bytes.Equal(got, content) {
		t.Fatal("the new image is another")
	}
	if info := wantOnePlace(t, s, image); info.place == 0 {
		t.Fatal("the new image has no place")
	}
	noErr(t, s.VerifyLedger(context.Background()))
	noErr(t, s.VerifyChain(context.Background()))
}

// TestFormat2 works on with a file of the format before places: images of both
// sorts lie side by side in all that is done with them.
func TestFormat2(t *testing.T) {
	ctx := context.Background()
	o := sampleOf(t, "format2")
	stick := copyOf(t, filepath.Join("testdata", "format2", "stick"))
	content := bytes.Repeat([]byte("a new image "), 60_000)
	s := unlocked(t, o)
	wantSample(t, s)
	newCase(t, s, 50)
	if f := formatOf(t, s); f != 2 {
		t.Fatalf("format %d before the first image", f)
	}
	id := newCase(t, s, 51)
	image := attachment(t, s, id, loan.PortraitStudent, string(content))
	if f := formatOf(t, s); f != formatVersion {
		t.Fatalf("format %d after the first image: an earlier version would call it damaged", f)
	}
	wantBoth(t, s, image, content)
	s = reopened(t, s)
	wantBoth(t, s, image, content)
	t.Run("is backed up beside the former version's backup, and restored", func(t *testing.T) {
		r := restored(t, copyOf(t, stick))
		wantSampleBlobs(t, r)
		if info := backedUp(t, s, stick); info.Blobs != 6 || info.Written > int64(len(content))+100_000 {
			t.Fatalf("%+v", info)
		}
		wantBoth(t, restored(t, stick), image, content)
		noErr(t, openedBackup(t, stick).View(func(tx *bbolt.Tx) error {
			m, err := readManifest(tx)
			if m.Format != 2 {
				t.Errorf("format %d: an earlier version would leave chunks behind", m.Format)
			}
			return err
		}))
	})
	t.Run("is compacted", func(t *testing.T) {
		noErr(t, s.Compact(ctx, nil))
		wantBoth(t, s, image, content)
	})
	t.Run("is repaired", func(t *testing.T) {
		noErr(t, s.Close())
		o.Dir = copyFolder(t, s.o.Dir)
		r, report := repaired(t, o, func(b []byte) { clear(b[:2*pageSize]) })
		if len(report.Blobs)+len(report.Own) != 0 {
			t.Fatalf("lost %+v", report)
		}
		wantBoth(t, r, image, content)
	})
	s = unlocked(t, s.o)
	t.Run("is erased", func(t *testing.T) {
		var victims []named
		noErr(t, s.eachInfo(ctx, func(infos []named) error { victims = append(victims, infos...); return nil },
			func(loan.Hash, *blobInfo) bool { return true }))
		s.write.Lock()
		noErr(t, s.update(ctx, "test", func(tx *bbolt.Tx) error {
			for _, n := range victims {
				n.state, n.rule = blobErased, RuleImages
				noErr(t, s.putInfo(tx, n.h[:], n.blobInfo))
			}
			st := s.images
			st.owed |= owedSweep
			s.settle(st)
			return s.putImageState(tx, st)
		}))
		s.write.Unlock()
		noErr(t, s.sweep(ctx))
		for _, n := range victims {
			_, err := s.Blob(ctx, n.h)
			wantKind(t, err, fault.Erased)
		}
		noErr(t, s.view(ctx, "test", func(tx *bbolt.Tx) error {
			if k, _ := tx.Bucket([]byte(bBlobs)).Cursor().First(); k != nil {
				t.Error("content is left")
			}
			return nil
		}))
		noErr(t, s.VerifyLedger(ctx))
		backedUp(t, s, stick)
		noErr(t, openedBackup(t, stick).View(func(tx *bbolt.Tx) error {
			if k, _ := tx.Bucket([]byte(bBlobs)).Cursor().First(); k != nil {
				t.Error("content is left in the backup")
			}
			return nil
		}))
		h := s.BlobName(bytes.Repeat([]byte{5}, 81000)) // one of before, come back
		attachment(t, s, id, loan.DocSlot(loan.HukouBook), string(bytes.Repeat([]byte{5}, 81000)))
		if info := wantOnePlace(t, s, h); info.place == 0 {
			t.Error("written again it has no place")
		}
	})
	if _, err := os.Stat(filepath.Join(s.o.Dir, dataFile+newSuffix)); err == nil {
		t.Error("a half file is left")
	}
}

func wantSampleBlobs(t testing.TB, s *Store) {
	t.Helper()
	for h, want := range sampleBlobs(s) {
		if got := must(s.Blob(context.Background(), h)); !bytes.Equal(got, want) {
			t.Fatalf("a portrait of %d bytes, want %d", len(got), len(want))
		}
	}
}

func TestRecordsOfBlobs(t *testing.T) {
	for _, want := range []blobInfo{
		{state: blobKept, number: 3, wrapped: make([]byte, wrappedSize)},
		{state: blobKept, number: 3, wrapped: make([]byte, wrappedSize), place: 7},
		{state: blobErased, rule: RuleImages, place: 1 << 40},
		{state: blobErased, rule: RuleImages},
	} {
		want.class = classImage
		b := want.encode()
		got := must(decodeInfo(b))
		if !bytes.Equal(got.encode(), b) || got.place != want.place || got.rule != want.rule || got.number != want.number {
			t.Errorf("got %+v", got)
		}
		if (b[0] == infoForm2) != (want.place == 0) {
			t.Errorf("form %d with place %d", b[0], want.place)
		}
		for n := range b {
			if _, err := decodeInfo(b[:n]); err == nil && want.state == blobKept {
				t.Errorf("%d of %d bytes were taken", n, len(b))
			}
		}
		b[0] = infoForm + 1
		_, err := decodeInfo(b)
		wantKind(t, err, fault.Newer)
	}
}

package store

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// TestErasedImagesLeaveTheBackup erases between two backups, and pulls the
// stick at every moment of the second.
func TestErasedImagesLeaveTheBackup(t *testing.T) {
	ctx := context.Background()
	i, stick := newIntake(t), t.TempDir()
	f := i.delivered(1, 2026)
	backedUp(t, i.s, stick)
	old := must(os.ReadFile(filepath.Join(i.s.o.Dir, imagesFile)))
	files := must(filepath.Glob(filepath.Join(stick, "*", imagesPrefix+"*"+imagesSuffix)))
	if len(files) != 1 || !bytes.Equal(must(os.ReadFile(files[0])), old) {
		t.Fatalf("%v is not the file of the wrapping keys", files)
	}
	i.now = i.now.Add(8 * days)
	if out := i.retain(); out.Blobs != 2 {
		t.Fatalf("erased %+v", out)
	}
	i.delivered(2, 2026)
	before := copyOf(t, stick)
	var pulled []string
	_, err := i.s.Backup(ctx, stick, func(int64, int64) { pulled = append(pulled, copyOf(t, stick)) })
	noErr(t, err)

	t.Run("the former backup still holds them", func(t *testing.T) {
		r := restored(t, before)
		for _, h := range f.all() {
			must(r.Blob(ctx, h))
		}
	})
	t.Run("what was kept can be read at every moment", func(t *testing.T) {
		for _, dir := range append(pulled, copyOf(t, stick)) {
			r := restored(t, dir)
			for _, h := range f.papers {
				must(r.Blob(ctx, h))
			}
			noErr(t, r.VerifyChain(ctx))
			noErr(t, r.VerifyLedger(ctx))
			noErr(t, r.Close())
		}
	})
	t.Run("the new one has neither their pieces nor the key that opened them", func(t *testing.T) {
		for _, h := range f.images {
			if _, err := restored(t, stick).Blob(ctx, h); fault.KindOf(err) != fault.Erased {
				t.Errorf("got %v, want erased", err)
			}
		}
		db := must(bbolt.Open(must(filepath.Glob(filepath.Join(stick, "*", backupFile)))[0], 0o600, nil))
		defer db.Close()
		noErr(t, db.View(func(tx *bbolt.Tx) error {
			for _, h := range f.images {
				if len(chunksOf(tx, h)) > 0 {
					t.Error("pieces are left")
				}
			}
			return nil
		}))
		n := 0
		noErr(t, filepath.WalkDir(stick, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && filepath.Ext(path) == imagesSuffix {
				n++
				for slot := range slotCount {
					at := blockAt(slot, 0)
					block := old[at : at+int64(slotHead+wrappedSize)]
					if len(bytes.Trim(block, "\x00")) > 0 && bytes.Contains(must(os.ReadFile(path)), block) {
						t.Error("the former wrapping key is there")
					}
				}
			}
			return err
		}))
		if n != 1 {
			t.Errorf("%d files of wrapping keys", n)
		}
	})
}

// TestABlobThatCameAgain erases an image, and attaches the same one again
// between two backups: its sealing is another then.
func TestABlobThatCameAgain(t *testing.T) {
	ctx := context.Background()
	i, stick := newIntake(t), t.TempDir()
	i.delivered(1, 2026)
	backedUp(t, i.s, stick)
	i.now = i.now.Add(8 * days)
	i.retain()
	g := i.open(2, 2026)
	b := i.blob("image 1portrait/student")
	i.attach(&g, loan.PortraitStudent, b)
	before := copyOf(t, stick)
	backedUp(t, i.s, stick)
	for _, dir := range []string{before, stick} {
		r := restored(t, dir)
		must(r.Blob(ctx, b.Hash))
		noErr(t, r.VerifyLedger(ctx))
	}
}

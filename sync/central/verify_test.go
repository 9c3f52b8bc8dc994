package central

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// fileOf is where a whole blob lies on the disk.
func fileOf(t testing.TB, c *Central, h loan.Hash) string {
	t.Helper()
	if b, ok := c.shelf.(*bucket); ok {
		return filepath.Join(theShared(t).BucketFolder(b.name), objectName(practiceCounty, h))
	}
	return c.blobs.wholePath(h)
}

func TestVerifyFindsWhatTheStoreLost(t *testing.T) {
	ctx := context.Background()
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	id, blobs := l.finished(content("a", 100_000), content("b", 70_000))
	l.send(l.changes)
	for _, b := range blobs {
		l.blob(b)
	}
	receipt := l.held(c, id).ReceiptNo
	if n, bad, err := c.Verify(ctx, true); n != len(blobs) || len(bad) != 0 || err != nil {
		t.Fatalf("read %d, %v, %v", n, bad, err)
	}
	epoch := c.Epoch()
	damaged, missing := loan.Hash(l.county.Name(blobs[0])), loan.Hash(l.county.Name(blobs[1]))
	b, err := os.ReadFile(fileOf(t, c, damaged))
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(fileOf(t, c, damaged), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(fileOf(t, c, missing)); err != nil {
		t.Fatal(err)
	}
	t.Run("it names them, and alone changes nothing", func(t *testing.T) {
		for range 2 {
			n, bad, err := c.Verify(ctx, false)
			if n != len(blobs) || len(bad) != 2 || err != nil {
				t.Fatalf("read %d, %v, %v", n, bad, err)
			}
			for _, s := range bad {
				want := map[loan.Hash]string{damaged: "damaged", missing: "missing"}[s.Blob]
				if s.Why != want || len(s.Cases) != 1 || s.Cases[0] != id || s.County != practiceCounty {
					t.Errorf("got %+v, want %s", s, want)
				}
			}
		}
		if k := l.held(c, id); k.Lacking != 0 {
			t.Errorf("%+v", k)
		}
	})
	t.Run("mending begins an epoch in which they are asked for", func(t *testing.T) {
		if _, bad, err := c.Verify(ctx, true); len(bad) != 2 || err != nil {
			t.Fatal(bad, err)
		}
		if k := l.held(c, id); k.Lacking != 2 || k.Whole() || k.Status != "received" {
			t.Errorf("%+v", k)
		}
		for i, b := range blobs {
			held := l.lack(parcel.BlobSize{Hash: l.county.Name(b), Size: int64(len(b))})[0].Held
			if held != (i > 1) {
				t.Errorf("blob %d: held %v", i, held)
			}
		}
		is, err := metaNow(ctx, c, "epoch")
		if err != nil || is == epoch.String() {
			t.Errorf("epoch %s, %v", is, err)
		}
	})
	t.Run("and they come again, with no second receipt", func(t *testing.T) {
		l.blob(blobs[0])
		l.blob(blobs[1])
		if k := l.held(c, id); !k.Whole() || k.ReceiptNo != receipt {
			t.Errorf("%+v, want receipt %s", k, receipt)
		}
		if n, bad, err := c.Verify(ctx, true); n != len(blobs) || len(bad) != 0 || err != nil {
			t.Errorf("read %d, %v, %v", n, bad, err)
		}
		if n := l.news(0); len(n.Changes) != 1 {
			t.Errorf("%d receipts, want 1", len(n.Changes))
		}
		key, _ := c.countyKey(practiceCounty)
		if got, err := c.whole(ctx, practiceCounty, damaged, key); err != nil || !bytes.Equal(got, blobs[0]) {
			t.Error(err)
		}
	})
}

func metaNow(ctx context.Context, c *Central, name string) (v string, err error) {
	err = c.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&v)
	return v, err
}

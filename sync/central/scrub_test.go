package central

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

func TestScrub(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	c := open(t, dir)
	now := time.Now()
	c.now = func() time.Time { return now }
	l := enrol(t, c, serve(t, c))
	id, blobs := l.finished(content("a", 100_000), content("b", 70_000))
	l.send(l.changes)
	for _, b := range blobs {
		l.blob(b)
	}
	// pass reads what a pass has, as Scrub does.
	pass := func() (read int, bad []Spoilt) {
		for {
			page, err := c.scrubPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				return read, bad
			}
			if err := c.scrubRead(ctx, page, 1<<40); err != nil {
				t.Fatal(err)
			}
			read += len(page)
			for _, s := range page {
				if s.Why != "" {
					bad = append(bad, s)
				}
			}
		}
	}
	t.Run("a pass reads everything once, and the next is a day later", func(t *testing.T) {
		if n, bad := pass(); n != len(blobs) || len(bad) != 0 {
			t.Errorf("read %d, %v", n, bad)
		}
		if n, _ := pass(); n != 0 {
			t.Errorf("read %d again at once", n)
		}
		now = now.Add(scrubEvery)
		if n, _ := pass(); n != len(blobs) {
			t.Errorf("a day later: read %d", n)
		}
	})
	damaged, missing := loan.Hash(l.county.Name(blobs[0])), loan.Hash(l.county.Name(blobs[1]))
	spoil(t, fileOf(t, c, damaged))
	if err := os.Remove(fileOf(t, c, missing)); err != nil {
		t.Fatal(err)
	}
	epoch := c.Epoch()
	now = now.Add(scrubEvery)
	_, bad := pass()
	if len(bad) != 2 {
		t.Fatalf("found %v", bad)
	}
	t.Run("the damaged is asked for in a new epoch, the missing left to a person", func(t *testing.T) {
		if err := c.scrubMend(ctx, bad); err != nil {
			t.Fatal(err)
		}
		is, err := metaNow(ctx, c, "epoch")
		if err != nil || is == epoch.String() || c.Epoch().String() != is && !c.shared {
			t.Errorf("epoch %s, told %s, before %s, %v", is, c.Epoch(), epoch, err)
		}
		if got := l.lack(parcel.BlobSize{Hash: damaged, Size: int64(len(blobs[0]))}); got[0].Held {
			t.Error("still held")
		}
		if k := l.held(c, id); k.Lacking != 1 || k.Whole() {
			t.Errorf("%+v", k)
		}
		if _, err := os.Stat(filepath.Join(dir, "damaged", damaged.String())); err != nil && !c.shared {
			t.Error("the damaged file is not laid aside")
		}
	})
	t.Run("what came again meanwhile begins no epoch", func(t *testing.T) {
		l.blob(blobs[0])
		was, _ := metaNow(ctx, c, "epoch")
		if err := c.scrubMend(ctx, bad); err != nil {
			t.Fatal(err)
		}
		if is, _ := metaNow(ctx, c, "epoch"); is != was {
			t.Error("a new epoch")
		}
		if k := l.held(c, id); k.Lacking != 0 {
			t.Errorf("%+v", k)
		}
	})
}

// A pass goes on where it was when the centre ended.
func TestScrubGoesOnAfterARestart(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	c := open(t, dir)
	fill(t, c, 20*50) // 650 blobs that are nowhere but in the table
	first, err := c.scrubPage(ctx)
	if err != nil || len(first) != verifyPage {
		t.Fatalf("%d blobs, %v", len(first), err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, dir)
	rest, err := c.scrubPage(ctx)
	if err != nil || len(rest) == 0 || rest[0].Blob.String() <= first[verifyPage-1].Blob.String() {
		t.Errorf("%d blobs, %v", len(rest), err)
	}
}

func spoil(t testing.TB, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
)

// sampleOf copies a store kept from an earlier format into a folder of its own.
func sampleOf(t testing.TB, format string) Options {
	t.Helper()
	o := options(t.TempDir())
	for _, name := range []string{dataFile, keysFile, imagesFile} {
		b, err := os.ReadFile(filepath.Join("testdata", format, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // the first format had no such file
		}
		noErr(t, err)
		noErr(t, os.WriteFile(filepath.Join(o.Dir, name), b, 0o600))
	}
	return o
}

// wantSample compares a store with what was put into the sample: six cases,
// five portraits of which two were acknowledged, and what stands beside them.
func wantSample(t testing.TB, s *Store) {
	t.Helper()
	ctx := context.Background()
	for n := range 5 {
		id := s.Search(personOf(n).name, 0)[0].ID
		c := must(s.Case(ctx, id))
		if c.App.Student.Name != personOf(n).name || c.App.Student.IDNo != personOf(n).idNo ||
			c.App.Student.Address != "大塘镇新塘村" || len(c.Attachments) != 1 {
			t.Fatalf("case %d is another", n)
		}
		want := bytes.Repeat([]byte{byte(n + 1)}, 1000+20000*n)
		if got := must(s.Blob(ctx, c.Attachments[0].Blob)); !bytes.Equal(got, want) {
			t.Fatalf("portrait %d of %d bytes, want %d", n, len(got), len(want))
		}
	}
	both := must(s.Case(ctx, s.Search(personOf(7).name, 0)[0].ID))
	if both.App.Student.Address != "他处" || both.App.Student.Phone != "15400000077" {
		t.Fatal("the case of two devices is another")
	}
	box := must(s.Outbox(ctx))
	if box.Acked != 6 || box.Last != 16 || len(box.Blobs) != 3 || box.Bytes != 183000 || box.Device != s.Profile().Device {
		t.Fatalf("outbox %+v", box)
	}
	var note string
	noErr(t, s.Setting(ctx, "note", &note))
	r := must(s.LastReceipt(ctx))
	ops := must(s.Operators(ctx))
	if note != "kept" || r.Through != 6 || len(r.Blobs) != 2 || len(ops) != 2 || string(s.Profile().CertDER) != "certificate" {
		t.Fatalf("note %q, receipt through %d, %d operators", note, r.Through, len(ops))
	}
	noErr(t, s.VerifyChain(ctx))
	noErr(t, s.VerifyLedger(ctx))
}

func TestMigrate(t *testing.T) {
	ctx := context.Background()
	t.Run("a store of format 1 opens with all it holds, and is of today's format then", func(t *testing.T) {
		o := sampleOf(t, "format1")
		var last, total int64
		o.Progress = func(a, b int64) {
			if a < last || a > b {
				t.Errorf("progress %d of %d after %d", a, b, last)
			}
			last, total = a, b
		}
		s := unlocked(t, o)
		wantSample(t, s)
		if last == 0 || total == 0 {
			t.Fatal("no progress was told")
		}
		last = 0
		s = reopened(t, s)
		wantSample(t, s)
		if last != 0 {
			t.Fatal("migrated again")
		}
		must(s.Verify(ctx, "c2", []byte("another good one")))
		newCase(t, s, 9)
		noErr(t, s.Acknowledge(ctx, receipt(t, s, 8)))
		if r := must(s.LastReceipt(ctx)); r.Through != 8 {
			t.Fatalf("the new receipt is not the last: %d", r.Through)
		}
		wantNoLeftover(t, o.Dir)
	})
	t.Run("stopped at any value it leaves the old file as it was", func(t *testing.T) {
		o := sampleOf(t, "format1")
		before := must(os.ReadFile(filepath.Join(o.Dir, dataFile)))
		stopped := 0
		for after := 1; ; after += 3 {
			l := must(Open(ctx, o))
			s, _, err := l.Unlock(&countdown{Context: ctx, left: after}, "c1", []byte(password))
			if err == nil {
				noErr(t, s.Close())
				break
			}
			wantKind(t, err, fault.Cancelled)
			stopped++
			if after%30 == 1 { // the same Locked goes on from where it was
				s, _, err := l.Unlock(ctx, "c1", []byte(password))
				noErr(t, err)
				wantSample(t, s)
				noErr(t, s.Close())
				noErr(t, os.WriteFile(filepath.Join(o.Dir, dataFile), before, 0o600))
				continue
			}
			noErr(t, l.Close())
			if now := must(os.ReadFile(filepath.Join(o.Dir, dataFile))); !bytes.Equal(now, before) {
				t.Fatal("the old file was changed")
			}
			wantNoLeftover(t, o.Dir)
		}
		if stopped < 20 {
			t.Fatalf("stopped at %d places only", stopped)
		}
		wantSample(t, unlocked(t, o))
	})
	t.Run("a damaged file is not migrated, and stays as it was", func(t *testing.T) {
		o := sampleOf(t, "format1")
		path := filepath.Join(o.Dir, dataFile)
		db := must(openDB(path))
		noErr(t, db.Update(func(tx *bbolt.Tx) error {
			k, v := tx.Bucket([]byte(bBlobs)).Cursor().Last()
			v = bytes.Clone(v)
			v[100] ^= 4
			return tx.Bucket([]byte(bBlobs)).Put(bytes.Clone(k), v)
		}))
		noErr(t, db.Close())
		before := must(os.ReadFile(path))
		l := must(Open(ctx, o))
		_, _, err := l.Unlock(ctx, "c1", []byte(password))
		wantKind(t, err, fault.Damaged)
		noErr(t, l.Close())
		if !bytes.Equal(before, must(os.ReadFile(path))) {
			t.Fatal("the old file was changed")
		}
		wantNoLeftover(t, o.Dir)
	})
	t.Run("a leftover of an earlier try does not matter", func(t *testing.T) {
		o := sampleOf(t, "format1")
		noErr(t, os.WriteFile(filepath.Join(o.Dir, dataFile+newSuffix), bytes.Repeat([]byte("half"), 9000), 0o600))
		wantSample(t, unlocked(t, o))
	})
	t.Run("every format before today's has a step, and its sample", func(t *testing.T) {
		for format := byte(1); format < formatVersion; format++ {
			if st, err := stepFrom(format); format < formatInPlace && (err != nil || st.to < formatInPlace) {
				t.Errorf("no step from format %d", format)
			}
			if _, err := os.Stat(filepath.Join("testdata", "format"+string('0'+format), dataFile)); errors.Is(err, fs.ErrNotExist) {
				t.Errorf("no sample of format %d", format)
			}
		}
	})
}

// countdown is a context that ends when it has been asked so many times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left <= 0 {
		return context.Canceled
	}
	return nil
}

func wantNoLeftover(t testing.TB, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, dataFile+newSuffix)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("a half file was left behind")
	}
}

// TestKillMigrate kills a process that migrates, at random moments: the store
// opens with all it held.
func TestKillMigrate(t *testing.T) {
	before, after := 0, 0
	for range 24 {
		o := sampleOf(t, "format1")
		killOne(t, "migrate", o.Dir, time.Duration(rand.IntN(40000))*time.Microsecond)
		db := must(openDB(filepath.Join(o.Dir, dataFile)))
		noErr(t, db.View(func(tx *bbolt.Tx) error {
			if tx.Bucket([]byte(bPlain)).Get([]byte("format"))[0] == 1 {
				before++
			} else {
				after++
			}
			return nil
		}))
		noErr(t, db.Close())
		s := unlocked(t, o)
		wantSample(t, s)
		noErr(t, s.Close())
	}
	t.Logf("killed with the old file in place %d times, with the new one %d times", before, after)
}

func migrateOnce(dir string) error {
	l, err := Open(context.Background(), options(dir))
	if err != nil {
		return err
	}
	_, _ = os.Stdout.WriteString("ready\n")
	s, _, err := l.Unlock(context.Background(), "c1", []byte(password))
	if err != nil {
		return err
	}
	return s.Close()
}

// migrateFull migrates on a disk that is full at several places, and then on
// one that has room.
func migrateFull(t *testing.T, limit func(uint64), relieve func()) {
	t.Helper()
	ctx := context.Background()
	o := sampleOf(t, "format1")
	path := filepath.Join(o.Dir, dataFile)
	before := must(os.ReadFile(path))
	for _, size := range []uint64{4 << 10, 40 << 10, 100 << 10, 200 << 10} {
		l := must(Open(ctx, o))
		limit(size)
		_, _, err := l.Unlock(ctx, "c1", []byte(password))
		relieve()
		wantKind(t, err, fault.Full)
		noErr(t, l.Close())
		if !bytes.Equal(before, must(os.ReadFile(path))) {
			t.Fatal("the old file was changed")
		}
		wantNoLeftover(t, o.Dir)
	}
	wantSample(t, unlocked(t, o))
}

package store

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"doorstep/internal/fault"
)

func TestManyAtOnceWhileHouseIsKept(t *testing.T) {
	ctx := context.Background()
	i := newIntake(t)
	for n := range 6 {
		i.delivered(n, 2025)
	}
	stays := i.finished(100, 2026)
	ids := make([]family, 3)
	for n := range ids {
		ids[n] = i.open(200+n, 2026)
	}
	i.now = i.now.Add(8 * days)
	stop := make(chan struct{})
	var busy sync.WaitGroup
	work := func(fn func() error) {
		busy.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := fn(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, h := range stays.all() {
		work(func() error {
			b, err := i.s.Blob(ctx, h)
			if err == nil && i.s.BlobName(b) != h {
				err = errors.New("another content")
			}
			return err
		})
	}
	for _, f := range ids {
		work(func() error {
			_, err := i.s.Commit(ctx, []Entry{editEntry(f.id, "student.address", "x")}, nil)
			return err
		})
	}
	for range 2 {
		i.retain()
		must(i.s.EraseSeason(ctx, 2025, "a1"))
		noErr(t, i.s.Compact(ctx, nil))
	}
	close(stop)
	busy.Wait()
	noErr(t, i.s.VerifyLedger(ctx))
	noErr(t, i.s.VerifyChain(ctx))
	i.reopen()
	i.here(stays.all()...)
}

func TestClosingEndsACompaction(t *testing.T) {
	i, stays := wasteful(t, 4)
	closing := make(chan error, 1)
	begun := false
	err := i.s.Compact(context.Background(), func(int64, int64) {
		if !begun {
			begun = true
			go func() { closing <- i.s.Close() }()
		}
		i.s.keeping.mu.Lock()
		ended := i.s.keeping.ended
		i.s.keeping.mu.Unlock()
		for !ended {
			i.s.keeping.mu.Lock()
			ended = i.s.keeping.ended
			i.s.keeping.mu.Unlock()
		}
	})
	wantKind(t, err, fault.Cancelled)
	noErr(t, <-closing)
	if _, err := os.Stat(i.s.dataPath() + newSuffix); !os.IsNotExist(err) {
		t.Fatal("a half file is left")
	}
	_, err = i.s.Retain(context.Background(), i.now)
	wantKind(t, err, fault.Cancelled)
	i.s = unlocked(t, i.s.o)
	i.here(stays.all()...)
}

func TestADamagedStoreIsNotCopied(t *testing.T) {
	i, _ := wasteful(t, 3)
	before := i.fileSize()
	i.damage(bBlobInfo)
	wantKind(t, i.s.Compact(context.Background(), nil), fault.Damaged)
	if i.fileSize() != before {
		t.Fatal("the file was exchanged")
	}
}

// damage takes a value out behind the ledger's back.
func (i *intake) damage(bucket string) {
	i.t.Helper()
	tx := must(i.s.db.Begin(true))
	k, _ := tx.Bucket([]byte(bucket)).Cursor().First()
	noErr(i.t, tx.Bucket([]byte(bucket)).Delete(k))
	noErr(i.t, tx.Commit())
}

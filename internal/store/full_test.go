package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// TestFailingCommit puts a disk that fails at the very end of a commit in
// place of the real one: before anything is on disk, and after everything is.
func TestFailingCommit(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		commit func(*bbolt.Tx) error
		want   fault.Kind
		there  bool
	}{
		"nothing was written":         {func(tx *bbolt.Tx) error { return errors.Join(syscall.ENOSPC, tx.Rollback()) }, fault.Full, false},
		"all was written, sync fails": {func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), syscall.EIO) }, fault.Disk, true},
		"it panics half way":          {func(*bbolt.Tx) error { panic("assertion failed") }, fault.Damaged, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestStore(t)
			id := newCase(t, s, 0)
			s.commitTx = c.commit
			_, err := s.Commit(ctx, []Entry{editEntry(id, "student.address", "new")}, nil)
			wantKind(t, err, c.want)
			s.commitTx = (*bbolt.Tx).Commit
			want, last := "", uint64(1)
			if c.there {
				want, last = "new", 2
			}
			if got := must(s.Case(ctx, id)).App.Student.Address; got != want || must(s.Outbox(ctx)).Last != last {
				t.Fatalf("memory and disk differ: last %d", must(s.Outbox(ctx)).Last)
			}
			made, err := s.Commit(ctx, []Entry{editEntry(id, "student.address", "next")}, nil)
			noErr(t, err)
			if made[0].Counter != last+1 {
				t.Fatalf("got number %d want %d", made[0].Counter, last+1)
			}
			s = reopened(t, s)
			noErr(t, s.VerifyChain(ctx))
			if got := must(s.Case(ctx, id)).App.Student.Address; got != "next" {
				t.Fatal("the next save is gone")
			}
		})
	}
}

// fillDisk saves until the disk is full and checks that all saved before is
// there, nothing half, and that saving goes on once relieve has made room.
func fillDisk(t *testing.T, s *Store, relieve func()) {
	t.Helper()
	ctx := context.Background()
	saved := map[uuid.UUID]loan.Hash{}
	var failed uuid.UUID
	for n := 0; ; n++ {
		id := must(uuid.NewV7())
		content := bytes.Repeat(id[:], 20_000)
		h := s.BlobName(content)
		_, err := s.Commit(ctx, []Entry{openEntry(id, personOf(n)), {Case: id, Kind: loan.ChangeAttach, Operator: "c1",
			Body: loan.AttachBody{Attachment: loan.Attachment{Slot: loan.PortraitStudent, Blob: h, Media: "image/jpeg", Size: int64(len(content))}}}},
			[]Blob{{h, content}})
		if err != nil {
			wantKind(t, err, fault.Full)
			failed = id
			break
		}
		saved[id] = h
		if n > 2000 {
			t.Fatal("the disk does not fill")
		}
	}
	check := func() {
		t.Helper()
		for id, h := range saved {
			if _, err := s.Case(ctx, id); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Blob(ctx, h); err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.Case(ctx, failed)
		wantKind(t, err, fault.Missing)
		noErr(t, s.VerifyChain(ctx))
	}
	check()
	_, err := s.Commit(ctx, []Entry{openEntry(failed, personOf(1))}, nil)
	if err != nil {
		wantKind(t, err, fault.Full)
	} else {
		failed = uuid.New() // a small one still fitted
	}
	relieve()
	newCase(t, s, 3)
	s = reopened(t, s)
	check()
	t.Logf("%d saved before the disk was full", len(saved))
}

func TestTheHeadIsWrittenAgainAsItIs(t *testing.T) {
	s := newTestStore(t)
	newCase(t, s, 0)
	noErr(t, s.Close())
	path := s.dataPath()
	before := must(os.ReadFile(path))
	noErr(t, rewriteHead(path))
	if !bytes.Equal(must(os.ReadFile(path)), before) {
		t.Error("it is another file now")
	}
	noErr(t, os.Truncate(path, pageSize))
	if rewriteHead(path) == nil {
		t.Error("half a head passes")
	}
}

// After a failed commit nothing is written before the head was settled, and
// while that fails a save fails too.
func TestNoSaveBeforeTheHeadIsSettled(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	id := newCase(t, s, 0)
	if !s.settled {
		t.Fatal("not settled after a save")
	}
	s.commitTx = func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), syscall.EIO) }
	_, err := s.Commit(ctx, []Entry{editEntry(id, "student.address", "new")}, nil)
	wantKind(t, err, fault.Disk)
	s.commitTx = (*bbolt.Tx).Commit
	if s.settled {
		t.Fatal("settled after a failed commit")
	}
	away := s.dataPath() + ".away"
	noErr(t, os.Rename(s.dataPath(), away))
	if _, err := s.Commit(ctx, []Entry{editEntry(id, "student.address", "next")}, nil); err == nil {
		t.Fatal("saved while the head could not be settled")
	}
	noErr(t, os.Rename(away, s.dataPath()))
	must(s.Commit(ctx, []Entry{editEntry(id, "student.address", "last")}, nil))
	s = reopened(t, s)
	if s.settled {
		t.Error("settled before the first save after an opening")
	}
	if got := must(s.Case(ctx, id)).App.Student.Address; got != "last" {
		t.Error("the last save is gone")
	}
}

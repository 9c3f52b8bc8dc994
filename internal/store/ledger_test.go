package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// behind does something to the database that no store would.
func behind(t testing.TB, s *Store, fn func(*bbolt.Tx) error) {
	t.Helper()
	noErr(t, s.db.Update(fn))
}

func TestLedger(t *testing.T) {
	ctx := context.Background()
	t.Run("every write agrees with it, and the generation never goes back", func(t *testing.T) {
		s := newTestStore(t)
		before := s.ledger.generation
		id := newCase(t, s, 1)
		h := attachment(t, s, id, loan.PortraitStudent, "photo")
		noErr(t, s.SetSetting(ctx, "a", 1))
		noErr(t, s.SetSetting(ctx, "a", 2))
		noErr(t, s.Acknowledge(ctx, receipt(t, s, 2, h)))
		noErr(t, s.EnableOperator(ctx, clerk("c2"), []byte("another good one")))
		if got := s.ledger.generation; got != before+6 {
			t.Fatalf("generation %d after 6 transactions from %d", got, before)
		}
		noErr(t, s.VerifyLedger(ctx))
		last := s.ledger.generation
		s = reopened(t, s)
		if s.ledger.generation != last {
			t.Fatalf("got %d want %d", s.ledger.generation, last)
		}
		noErr(t, s.VerifyLedger(ctx))
	})
	t.Run("a transaction that fails leaves no trace in it", func(t *testing.T) {
		s := newTestStore(t)
		id := newCase(t, s, 1)
		before := s.ledger.generation
		_, err := s.Commit(ctx, []Entry{editEntry(id, "student.name", "x"), {Case: id, Kind: loan.ChangeFinish, Operator: "c1", Body: loan.FinishBody{}}}, nil)
		wantKind(t, err, fault.Denied)
		s.commitTx = func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), syscall.EIO) }
		_, err = s.Commit(ctx, []Entry{editEntry(id, "student.name", "y")}, nil)
		wantKind(t, err, fault.Disk)
		s.commitTx = (*bbolt.Tx).Commit
		if s.ledger.generation != before+1 {
			t.Fatalf("got %d want %d", s.ledger.generation, before+1)
		}
		noErr(t, s.VerifyLedger(ctx))
	})
}

// TestLedgerFinds puts back, takes out and adds whole values that are all
// authentic: only the ledger can tell.
func TestLedgerFinds(t *testing.T) {
	ctx := context.Background()
	for _, bucket := range sealedBuckets() {
		if bucket == bCases {
			continue // its values have no content to be put back
		}
		t.Run("a value of "+bucket+" that was rolled back", func(t *testing.T) {
			s := ledgerSample(t)
			var key, old []byte
			noErr(t, s.db.View(func(tx *bbolt.Tx) error {
				k, v := tx.Bucket([]byte(bucket)).Cursor().Last()
				key, old = bytes.Clone(k), bytes.Clone(v)
				return nil
			}))
			s.write.Lock()
			noErr(t, s.update(ctx, "test", func(tx *bbolt.Tx) error {
				b, err := s.get(tx, bucket, key)
				if err != nil {
					return err
				}
				return s.put(tx, bucket, key, b)
			}))
			s.write.Unlock()
			behind(t, s, func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucket)).Put(key, old) })
			wantFound(t, s.VerifyLedger(ctx), bucket, "exchanged")
		})
	}
	for _, bucket := range sealedBuckets() {
		t.Run("a value of "+bucket+" that is gone", func(t *testing.T) {
			s := ledgerSample(t)
			behind(t, s, func(tx *bbolt.Tx) error {
				c := tx.Bucket([]byte(bucket)).Cursor()
				for k, _ := c.First(); string(k) == ledgerKey; k, _ = c.Next() {
				}
				return c.Delete()
			})
			wantFound(t, s.VerifyLedger(ctx), bucket, "gone")
		})
	}
	t.Run("a value that was taken out and put back", func(t *testing.T) {
		s := ledgerSample(t)
		h := loan.Hash{}
		var old []byte
		noErr(t, s.db.View(func(tx *bbolt.Tx) error {
			k, v := tx.Bucket([]byte(bUnsent)).Cursor().First()
			h, old = loan.Hash(k), bytes.Clone(v)
			return nil
		}))
		noErr(t, s.Acknowledge(ctx, receipt(t, s, 3, h)))
		behind(t, s, func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bUnsent)).Put(h[:], old) })
		wantFound(t, s.VerifyLedger(ctx), bUnsent, "added")
		noErr(t, s.Close())
		l := must(Open(ctx, s.o))
		defer l.Close()
		_, _, err := l.Unlock(ctx, "c1", []byte(password))
		wantFound(t, err, bUnsent, "added")
	})
	t.Run("a bit turned in the piece of a blob", func(t *testing.T) {
		s := ledgerSample(t)
		behind(t, s, func(tx *bbolt.Tx) error {
			k, v := tx.Bucket([]byte(bBlobs)).Cursor().First()
			v = bytes.Clone(v)
			v[40] ^= 1
			return tx.Bucket([]byte(bBlobs)).Put(bytes.Clone(k), v)
		})
		wantFound(t, s.VerifyLedger(ctx), bBlobs, "does not open")
	})
	t.Run("an older ledger", func(t *testing.T) {
		s := ledgerSample(t)
		var old []byte
		noErr(t, s.db.View(func(tx *bbolt.Tx) error {
			old = bytes.Clone(tx.Bucket([]byte(bMeta)).Get([]byte(ledgerKey)))
			return nil
		}))
		newCase(t, s, 9)
		behind(t, s, func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bMeta)).Put([]byte(ledgerKey), old) })
		wantFound(t, s.VerifyLedger(ctx), bChanges, "added")
	})
	t.Run("no ledger", func(t *testing.T) {
		s := ledgerSample(t)
		behind(t, s, func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bMeta)).Delete([]byte(ledgerKey)) })
		wantFound(t, s.VerifyLedger(ctx), "ledger", "gone")
	})
}

func ledgerSample(t *testing.T) *Store {
	t.Helper()
	s := newTestStore(t)
	for n := range 3 {
		attachment(t, s, newCase(t, s, n), loan.PortraitStudent, strings.Repeat("photo", n+20))
	}
	noErr(t, s.SetSetting(context.Background(), "a", 1))
	noErr(t, s.Acknowledge(context.Background(), receipt(t, s, 2)))
	noErr(t, s.VerifyLedger(context.Background()))
	return s
}

func wantFound(t testing.TB, err error, words ...string) {
	t.Helper()
	wantKind(t, err, fault.Damaged)
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Fatalf("got %v, want it to name %q", err, w)
		}
	}
}

// TestVerifyWhileWriting counts three values at a time, and between any two
// steps others add, replace and take out values before and behind the place.
func TestVerifyWhileWriting(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	var ids []uuid.UUID
	for n := range 20 {
		ids = append(ids, newCase(t, s, n))
		attachment(t, s, ids[n], loan.PortraitStudent, string(ids[n][:]))
	}
	n := 0
	write := func() {
		n++
		h := attachment(t, s, ids[n%20], loan.DocSlot(loan.HukouBook), string(binary.BigEndian.AppendUint32(nil, uint32(n))))
		must(s.Commit(ctx, []Entry{editEntry(ids[n%7], "student.name", "x")}, nil))
		if n%3 == 0 {
			noErr(t, s.Acknowledge(ctx, receipt(t, s, uint64(n), h)))
		}
	}
	w := &watch{step: 3}
	defer s.listen(w)()
	for _, bucket := range sealedBuckets() {
		c := s.census(w, bucket)
		for range 60 {
			noErr(t, s.view(ctx, "test", c.batch))
			if c.done {
				break
			}
			write()
		}
		for !c.done {
			noErr(t, s.view(ctx, "test", c.batch))
		}
		noErr(t, c.err)
	}
	t.Run("and a commit of which nobody knows", func(t *testing.T) {
		c := s.census(w, bSummaries)
		noErr(t, s.view(ctx, "test", c.batch))
		s.commitTx = func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), syscall.EIO) }
		_, err := s.Commit(ctx, []Entry{editEntry(ids[0], "student.name", "y")}, nil)
		wantKind(t, err, fault.Disk)
		s.commitTx = (*bbolt.Tx).Commit
		for !c.done {
			noErr(t, s.view(ctx, "test", c.batch))
		}
		noErr(t, c.err)
	})
	noErr(t, s.VerifyLedger(ctx))
}

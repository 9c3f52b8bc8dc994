package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
)

// openDB opens a database file that has passed precheck, or a new one.
func openDB(path string) (*bbolt.DB, error) {
	var db *bbolt.DB
	var f *os.File
	err := shield("store.openDB", func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout:        time.Second,
			FreelistType:   bbolt.FreelistMapType,
			NoFreelistSync: true,
			PageSize:       pageSize,
			OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
				f, err = os.OpenFile(name, flag, mode)
				return f, err
			},
		})
		return err
	})
	if err != nil {
		if f != nil {
			_ = f.Close() // when bbolt panics it leaves the file open, and locked
		}
		return nil, diskFault("store.openDB", err)
	}
	return db, nil
}

// shield turns what bbolt does with a damaged file, a panic or a fault of the
// mapping, into fault.Damaged.
func shield(op string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			why := fmt.Errorf("database structure (%T)", r)
			var re runtime.Error
			if e, ok := r.(error); ok && errors.As(e, &re) {
				why = re
			}
			err = fault.New(op, fault.Damaged, why)
		}
	}()
	return fn()
}

func ended(op string, ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fault.New(op, fault.Cancelled, err)
	}
	return nil
}

// view reads in one transaction. fn must be short: a long one holds up the
// writer.
func (s *Store) view(ctx context.Context, op string, fn func(*bbolt.Tx) error) error {
	if err := ended(op, ctx); err != nil {
		return err
	}
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	if s.db == nil {
		return fault.New(op, fault.Busy, errors.New("closed"))
	}
	return diskFault(op, shield(op, func() error { return s.db.View(fn) }))
}

// update writes in one transaction, which is durable when it returns nil. When
// fn fails nothing is written. When the commit itself fails it is unknown what
// the disk holds: the file is closed, opened and read again, so that the store
// goes on from what is truly there, and the error is returned.
// The caller holds s.write.
func (s *Store) update(ctx context.Context, op string, fn func(*bbolt.Tx) error) error {
	if err := ended(op, ctx); err != nil {
		return err
	}
	if err := s.rest.fault(); err != nil {
		return fault.Wrap(op, err)
	}
	s.mu.Lock()
	s.kept = nil
	s.mu.Unlock()
	uncertain, err := s.transact(op, fn)
	if uncertain {
		if again := s.reopen(); again != nil {
			return fault.Wrap(op, errors.Join(diskFault(op, err), again))
		}
	}
	return diskFault(op, err)
}

// transact runs fn in a transaction and commits it. When the commit itself
// failed it is uncertain what the disk holds, and the ledger is as it was.
func (s *Store) transact(op string, fn func(*bbolt.Tx) error) (uncertain bool, err error) {
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	if s.db == nil {
		return false, fault.New(op, fault.Busy, errors.New("closed"))
	}
	if err := s.settleHead(); err != nil {
		return false, err
	}
	err = shield(op, func() error {
		tx, err := s.db.Begin(true)
		if err != nil {
			return err
		}
		// After a commit this does nothing; after an error or a panic it
		// lets go of the writer's lock.
		defer func() { _ = tx.Rollback() }()
		b, err := s.keepBooks(tx, fn)
		if err != nil {
			return err
		}
		s.watches.tell(b.trace)
		uncertain = true
		if err := s.commitTx(tx); err != nil {
			return err
		}
		uncertain, s.ledger = false, b.next
		return nil
	})
	if uncertain {
		s.settled = false
		s.watches.spoil()
	}
	return uncertain, err
}

// reopen closes the file, opens it again and reads its state.
func (s *Store) reopen() error {
	const op = "store.reopen"
	s.dbMu.Lock()
	defer s.dbMu.Unlock()
	if s.db == nil {
		return nil
	}
	_ = shield(op, s.db.Close)
	s.db = nil
	if err := precheck(s.dataPath()); err != nil {
		return fault.Wrap(op, err)
	}
	db, err := openDB(s.dataPath())
	if err != nil {
		return fault.Wrap(op, err)
	}
	s.db = db
	return fault.Wrap(op, shield(op, func() error { return db.View(s.load) }))
}

// get opens the value of a key; fault.Missing when there is none.
func (s *Store) get(tx *bbolt.Tx, bucket string, key []byte) ([]byte, error) {
	return s.vault.open(bucket, key, tx.Bucket([]byte(bucket)).Get(key))
}

// put seals a value under its key and enters it in the ledger. It is for what
// update runs.
func (s *Store) put(tx *bbolt.Tx, bucket string, key, plain []byte) error {
	return s.enter(tx, bucket, key, s.vault.seal(bucket, key, s.book.next.generation, plain))
}

// enter is put of a value that is sealed. It must not change until the
// transaction has ended.
func (s *Store) enter(tx *bbolt.Tx, bucket string, key, value []byte) error {
	if err := s.rest.vet(tx, bucket, key); err != nil {
		return err
	}
	b := tx.Bucket([]byte(bucket))
	if inOrderOfKeys(bucket) {
		b.FillPercent = 0.9
	}
	if err := s.book.note(bucket, key, b.Get(key), value); err != nil {
		return err
	}
	return b.Put(key, value)
}

// inOrderOfKeys says whether a bucket grows mostly at the end of a run of
// keys, where a page that is split half and half would stay half empty.
func inOrderOfKeys(bucket string) bool {
	return bucket == bChanges || bucket == bCases || bucket == bSummaries || bucket == bReceipts || bucket == bBlobs
}

// del takes a value away; none there is no fault. It is for what update runs.
func (s *Store) del(tx *bbolt.Tx, bucket string, key []byte) error {
	if err := s.rest.vet(tx, bucket, key); err != nil {
		return err
	}
	b := tx.Bucket([]byte(bucket))
	old := b.Get(key)
	if old == nil {
		return nil
	}
	if err := s.book.note(bucket, key, old, nil); err != nil {
		return err
	}
	return b.Delete(key)
}

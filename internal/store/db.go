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

func (s *Store) transact(op string, fn func(*bbolt.Tx) error) (uncertain bool, err error) {
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	if s.db == nil {
		return false, fault.New(op, fault.Busy, errors.New("closed"))
	}
	err = shield(op, func() error {
		tx, err := s.db.Begin(true)
		if err != nil {
			return err
		}
		// After a commit this does nothing; after an error or a panic it
		// lets go of the writer's lock.
		defer func() { _ = tx.Rollback() }()
		if err := fn(tx); err != nil {
			return err
		}
		uncertain = true
		if err := s.commitTx(tx); err != nil {
			return err
		}
		uncertain = false
		return nil
	})
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

func (s *Store) put(tx *bbolt.Tx, bucket string, key, plain []byte) error {
	return tx.Bucket([]byte(bucket)).Put(key, s.vault.seal(bucket, key, plain))
}

// del takes a value away; none there is no fault.
func (s *Store) del(tx *bbolt.Tx, bucket string, key []byte) error {
	return tx.Bucket([]byte(bucket)).Delete(key)
}

package store

import (
	"go.etcd.io/bbolt"

	"doorstep/internal/seal"
)

// newBuilder is a store over a file that is being made at path, which nobody
// else has. Only build and what build runs may be used on it. Nothing is synced
// before finishFile. The caller forgets its keys; keys and data stay the
// caller's.
func newBuilder(o Options, path string, keys *seal.Keyfile, data *seal.Key) (*Store, error) {
	db, err := openDB(path)
	if err != nil {
		return nil, err
	}
	db.NoSync = true
	return &Store{o: o, vault: newVault(keys.ID(), data), wraps: newImageKeys(o, keys.ID(), data), data: data, keys: keys,
		db: db, ledger: newLedger()}, nil
}

// build writes into a file that is being made: a failure spoils the whole
// file, not this transaction alone.
func (s *Store) build(fn func(*bbolt.Tx) error) error {
	var b *book
	err := s.db.Update(func(tx *bbolt.Tx) (err error) {
		b, err = s.keepBooks(tx, fn)
		return err
	})
	if err == nil {
		s.ledger = b.next
	}
	return err
}

// makeBuckets makes every bucket of a new file, and what stands in the open.
func makeBuckets(tx *bbolt.Tx, keys *seal.Keyfile) error {
	plainBucket, err := tx.CreateBucket([]byte(bPlain))
	if err != nil {
		return err
	}
	for _, b := range sealedBuckets() {
		if _, err := tx.CreateBucket([]byte(b)); err != nil {
			return err
		}
	}
	if err := plainBucket.Put([]byte("format"), []byte{formatVersion}); err != nil {
		return err
	}
	return plainBucket.Put([]byte("keys"), keys.Marshal())
}

// finishFile makes the file durable under the name it has, and closes it. An
// empty transaction makes both meta pages speak of its buckets.
func (s *Store) finishFile() error {
	err := shield("store.build", func() error {
		if err := s.db.Update(func(*bbolt.Tx) error { return nil }); err != nil {
			return err
		}
		return s.db.Sync()
	})
	if e := shield("store.build", s.db.Close); err == nil {
		err = e
	}
	return err
}

// readBack opens a finished file and demands that every value in it is
// authentic and agrees with the ledger. The file is open afterwards, unless
// there was an error.
func (s *Store) readBack(path string) error {
	if err := precheck(path); err != nil {
		return err
	}
	db, err := openDB(path)
	if err != nil {
		return err
	}
	s.db = db
	err = shield("store.build", func() error {
		return db.View(func(tx *bbolt.Tx) error {
			l, err := s.readLedger(tx)
			if err != nil {
				return err
			}
			for _, bucket := range sealedBuckets() {
				if err := s.count(tx, l, bucket, nil); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		_ = shield("store.build", db.Close)
	}
	return err
}

package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// step makes a whole new file, of the format to, from an old one of the format
// from. Both passes read the old file alone and can be stopped at any value.
type step struct {
	from, to byte
	buckets  []string                // of the old format
	copy     func(*migration) error  // fills the new file
	compare  func(*migration) error  // demands that all of the old is in the new
	open     func(*migration) opener // of values of the old format
}

// opener opens a value of an old format.
type opener func(bucket string, key, value []byte) ([]byte, error)

// steps are all formats that can be left behind, each for the next. A new
// format is one more entry.
func steps() []step {
	return []step{
		{from: 1, to: formatVersion, copy: (*migration).copyOne, compare: (*migration).compareOne,
			buckets: []string{bMeta, bChanges, bCases, bSummaries, bChains, bUnsent, bBlobInfo, bBlobs, bOperators, bSettings, bReceipts},
			open:    func(m *migration) opener { return m.into.vault.openOne }},
	}
}

func stepFrom(format byte) (step, error) {
	for _, st := range steps() {
		if st.from == format {
			return st, nil
		}
	}
	return step{}, structural("no format")
}

// bucketsOf lists the sealed buckets that a file of a format has.
func bucketsOf(format byte) ([]string, error) {
	if format >= formatInPlace {
		return sealedBuckets(), nil
	}
	st, err := stepFrom(format)
	return st.buckets, err
}

// migration is one step under way.
type migration struct {
	ctx   context.Context
	o     Options
	old   *bbolt.DB
	into  *Store
	open  opener
	done  int64
	total int64
}

// migrate brings a file of an earlier format to today's. Until a new file has
// been written, synced and read back whole, the old one stays as it was, and it
// is what is open after any failure. The caller holds l.mu.
func (l *Locked) migrate(ctx context.Context, data *seal.Key) error {
	const op = "store.migrate"
	for l.format < formatInPlace {
		st, err := stepFrom(l.format)
		if err != nil {
			return fault.Wrap(op, err)
		}
		path := filepath.Join(l.o.Dir, dataFile+newSuffix)
		if err := l.write(ctx, st, path, data); err != nil {
			_ = os.Remove(path)
			return diskFault(op, err)
		}
		if err := l.exchange(); err != nil {
			return diskFault(op, err)
		}
	}
	return nil
}

// write makes the new file, whole and synced, and closes it.
func (l *Locked) write(ctx context.Context, st step, path string, data *seal.Key) (err error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	into, err := newBuilder(l.o, path, l.keys, data)
	if err != nil {
		return err
	}
	defer into.forget()
	if err := into.firstKey(); err != nil {
		return errors.Join(err, into.db.Close())
	}
	m := &migration{ctx: ctx, o: l.o, old: l.db, into: into}
	if info, err := os.Stat(filepath.Join(l.o.Dir, dataFile)); err == nil {
		m.total = 2 * info.Size() // each byte is read once to copy and once to compare
	}
	m.open = st.open(m)
	err = shield("store.migrate", func() error { return st.copy(m) })
	if e := into.finishFile(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if err := into.readBack(path); err != nil {
		return err
	}
	err = shield("store.migrate", func() error { return st.compare(m) })
	if e := into.db.Close(); err == nil {
		err = e
	}
	return err
}

// exchange puts the new file in the old one's place, and opens what is there.
func (l *Locked) exchange() error {
	if err := l.db.Close(); err != nil { // not every system renames over an open file
		return err
	}
	l.db = nil
	return errors.Join(promote(l.o.Dir, dataFile), l.open())
}

// each reads a bucket of the old file.
func (m *migration) each(tx *bbolt.Tx, bucket string, fn func(key, plain []byte) error) error {
	c := tx.Bucket([]byte(bucket)).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if err := m.step(len(k) + len(v)); err != nil {
			return err
		}
		plain, err := m.open(bucket, k, v)
		if err != nil {
			return err
		}
		if err := fn(k, plain); err != nil {
			return err
		}
	}
	return nil
}

// step tells how far the work is, and stops it when its context has ended.
func (m *migration) step(n int) error {
	if err := ended("store.migrate", m.ctx); err != nil {
		return err
	}
	m.done = min(m.done+int64(n), m.total)
	if m.o.Progress != nil {
		m.o.Progress(m.done, m.total)
	}
	return nil
}

// batches writes into the new file, some megabytes in a transaction.
type batches struct {
	into *Store
	held []func(*bbolt.Tx) error
	size int
}

func (b *batches) add(size int, fn func(*bbolt.Tx) error) error {
	b.held, b.size = append(b.held, fn), b.size+size+64
	if b.size < 4<<20 {
		return nil
	}
	return b.flush()
}

func (b *batches) put(bucket string, key, plain []byte) error {
	key = bytes.Clone(key)
	return b.add(len(key)+len(plain), func(tx *bbolt.Tx) error { return b.into.put(tx, bucket, key, plain) })
}

func (b *batches) flush() error {
	held := b.held
	b.held, b.size = nil, 0
	return b.into.build(func(tx *bbolt.Tx) error {
		for _, fn := range held {
			if err := fn(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyOne brings everything of format 1 into today's: the same contents, in
// values that know their generation, with a ledger.
func (m *migration) copyOne() error {
	err := m.into.build(func(tx *bbolt.Tx) error {
		if err := makeBuckets(tx, m.into.keys); err != nil {
			return err
		}
		return m.into.putImageState(tx, m.into.images)
	})
	if err != nil {
		return err
	}
	return m.old.View(func(tx *bbolt.Tx) error {
		out := &batches{into: m.into}
		for _, bucket := range steps()[0].buckets {
			if bucket == bBlobs {
				continue // with their records
			}
			err := m.each(tx, bucket, func(key, plain []byte) error {
				if bucket == bBlobInfo {
					return m.copyBlob(tx, out, key, plain)
				}
				return out.put(bucket, key, plain)
			})
			if err != nil {
				return err
			}
		}
		return out.flush()
	})
}

func (m *migration) copyBlob(tx *bbolt.Tx, out *batches, key, plain []byte) error {
	content, err := m.contentOne(tx, key, plain)
	if err != nil {
		return err
	}
	u, err := decodeUnsent(plain)
	if err != nil {
		return err
	}
	h := loan.Hash(key)
	return out.add(len(content), func(to *bbolt.Tx) error { return m.into.putBlob(to, h, content, &blobInfo{unsent: u}) })
}

// contentOne reads a blob of format 1, by its record.
func (m *migration) contentOne(tx *bbolt.Tx, name, record []byte) ([]byte, error) {
	u, err := decodeUnsent(record)
	if err != nil || len(name) != 32 {
		return nil, structural("blob")
	}
	out := make([]byte, 0, u.size)
	for i := uint32(0); uint64(len(out)) < u.size; i++ {
		key := binary.BigEndian.AppendUint32(bytes.Clone(name), i)
		v := tx.Bucket([]byte(bBlobs)).Get(key)
		if err := m.step(len(v)); err != nil {
			return nil, err
		}
		part, err := m.open(bBlobs, key, v)
		if err != nil || len(part) == 0 || uint64(len(out)+len(part)) > u.size {
			return nil, structural("a piece of a blob")
		}
		out = append(out, part...)
	}
	return out, nil
}

// compareOne demands that every content of the old file is in the new one.
func (m *migration) compareOne() error {
	return m.old.View(func(tx *bbolt.Tx) error {
		return m.into.db.View(func(to *bbolt.Tx) error {
			for _, bucket := range steps()[0].buckets {
				if bucket == bBlobs {
					continue
				}
				if err := m.each(tx, bucket, func(key, plain []byte) error { return m.same(tx, to, bucket, key, plain) }); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (m *migration) same(tx, to *bbolt.Tx, bucket string, key, plain []byte) error {
	differs := fault.New("store.migrate", fault.Disk, errors.New(bucket+": the new file does not hold what was written"))
	if bucket != bBlobInfo {
		if got, err := m.into.get(to, bucket, key); err != nil || !bytes.Equal(got, plain) {
			return differs
		}
		return nil
	}
	if i, err := m.into.blobInfo(to, key); err != nil || !bytes.Equal(i.unsent.encode(), plain) {
		return differs
	}
	want, err := m.contentOne(tx, key, plain)
	if err != nil {
		return err
	}
	if got, err := m.into.content(to, loan.Hash(key), nil); err != nil || !bytes.Equal(got, want) {
		return differs
	}
	return nil
}

// openOne opens a value of format 1: version 1 | box, with the additional data
// id of the key file | length u8, bucket | version 1 | key.
func (v *vault) openOne(bucket string, key, value []byte) ([]byte, error) {
	const op = "store.open value"
	if value == nil {
		return nil, fault.New(op, fault.Missing, nil)
	}
	if len(value) < 1+seal.Overhead || value[0] != 1 {
		return nil, fault.New(op, fault.Damaged, errors.New(bucket))
	}
	b, err := v.keys[bucket].Open([]byte{}, value[1:], v.ad(bucket, value[:1], key))
	if err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New(bucket))
	}
	return b, nil
}

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"sync"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// Locked is a store that this process holds but that nobody has unlocked.
type Locked struct {
	o        Options
	attempts *attempts

	mu   sync.Mutex
	lock *os.File // nil once closed, or unlocked into a Store
	db   *bbolt.DB
	// whole says that every page was looked at when the file was opened.
	whole bool
	// format is that of the file: an earlier one is migrated by Unlock.
	format byte
	keys   *seal.Keyfile // the database's copy, where it can be read
	// spare is the key file where it differs: either may have bits turned and
	// looks whole until a password is tried.
	spare  *seal.Keyfile
	centre []byte // what is readable of the centre, as JSON
}

// OperatorName is what can be read of an operator while the store is locked.
type OperatorName struct{ ID, Name string }

// maxKeysFile bounds the bytes of a key file.
const maxKeysFile = 1 << 20

// Open takes hold of the store in o.Dir. Another process that holds it is
// fault.Busy at once, no store fault.Missing, a structure that is not what was
// written fault.Damaged, and a later version's fault.Newer.
func Open(ctx context.Context, o Options) (*Locked, error) {
	const op = "store.Open"
	if err := ended(op, ctx); err != nil {
		return nil, err
	}
	if !Exists(o.Dir) {
		return nil, fault.New(op, fault.Missing, nil)
	}
	lock, err := acquire(o.Dir)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if _, err := os.Lstat(filepath.Join(o.Dir, dataFile)); err == nil {
		// A half file of what was cut short; it may be as big as the data.
		_ = os.Remove(filepath.Join(o.Dir, dataFile+newSuffix))
	}
	l := &Locked{o: o, lock: lock, attempts: newAttempts(o.Dir)}
	if err := l.open(); err != nil {
		_ = l.Close()
		return nil, fault.Wrap(op, err)
	}
	return l, nil
}

func (l *Locked) open() error {
	path := filepath.Join(l.o.Dir, dataFile)
	in, m, whole, err := examine(path, true)
	if err != nil {
		return err
	}
	if l.whole = whole; whole && m.free == noFreelist && m.pages >= listFrom {
		_ = in.listFree(path, m) // else bbolt looks at every page once more
	}
	db, err := openDB(path)
	if err != nil {
		return err
	}
	l.db = db
	var copied []byte
	err = shield("store.open", func() error {
		return db.View(func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte(bPlain))
			if b == nil {
				return structural("no head")
			}
			v := b.Get([]byte("format"))
			if len(v) != 1 || v[0] == 0 {
				return structural("no format")
			}
			if v[0] > formatVersion {
				return fault.New("store.open", fault.Newer, nil)
			}
			buckets, err := bucketsOf(v[0])
			if err != nil {
				return err
			}
			l.format = v[0]
			for _, name := range buckets {
				if tx.Bucket([]byte(name)) == nil {
					return structural("no bucket " + name)
				}
			}
			copied = append([]byte{}, b.Get([]byte("keys"))...)
			l.centre = append([]byte{}, b.Get([]byte("centre"))...)
			return nil
		})
	})
	if err != nil {
		return diskFault("store.open", err)
	}
	l.keys, err = readKeys(l.o.Dir, copied)
	if err != nil {
		return err
	}
	if own, e := seal.ParseKeyfile(copied); e == nil && !bytes.Equal(l.keys.Marshal(), own.Marshal()) {
		l.keys, l.spare = own, l.keys
	}
	return nil
}

// readKeys reads the key file, or its copy in the database when the file is
// gone or damaged; the file is then written again.
func readKeys(dir string, copied []byte) (*seal.Keyfile, error) {
	const op = "store.readKeys"
	b, err := readFile(filepath.Join(dir, keysFile), maxKeysFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) && fault.KindOf(err) != fault.Damaged {
		return nil, diskFault(op, err)
	}
	own, bad := seal.ParseKeyfile(copied)
	if err == nil {
		var keys *seal.Keyfile
		if keys, err = seal.ParseKeyfile(b); err == nil {
			switch {
			case bad != nil || own.ID() == keys.ID():
				return keys, nil // a copy that cannot be read proves nothing
			case !alike(own.ID(), keys.ID()):
				return nil, errTwoLaptops(op)
			}
		}
	}
	switch {
	case bad != nil && fault.KindOf(err) == fault.Newer:
		return nil, err
	case bad != nil:
		return nil, fault.Wrap(op, bad)
	}
	if err := writeFile(dir, keysFile, copied); err != nil {
		return nil, diskFault(op, err)
	}
	return own, nil
}

// errTwoLaptops refuses a key file that was made for another database: every
// password would look wrong.
func errTwoLaptops(op string) error {
	return fault.Say(op, fault.Damaged, "密钥文件与数据文件不是同一台电脑的，请放回原来的文件。",
		fmt.Errorf("the key file and the data file are of two laptops: %w", errBeyond))
}

// alike says whether two ids differ by some turned bits alone, which chance
// does not do to two of their own.
func alike(a, b [16]byte) bool {
	n := 0
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return n <= 8
}

// Operators lists who can unlock.
func (l *Locked) Operators() []OperatorName {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys == nil {
		return nil
	}
	var out []OperatorName
	for _, id := range l.keys.Operators() {
		out = append(out, OperatorName{ID: id, Name: l.keys.Name(id)})
	}
	return out
}

// Unlock opens the store for an operator. A file of an earlier format is brought
// to today's first; Options.Progress hears of it, and a failure leaves the old
// file as it was. Afterwards the Store holds the
// folder and the Locked is spent. fault.Password, fault.Locked after five
// failures, fault.Denied for an account switched off, and fault.Damaged leave
// the Locked as it was, so that another can try.
func (l *Locked) Unlock(ctx context.Context, operator string, password []byte) (*Store, guard.Operator, error) {
	const op = "store.Unlock"
	if err := ended(op, ctx); err != nil {
		return nil, guard.Operator{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lock == nil || l.db == nil {
		return nil, guard.Operator{}, fault.New(op, fault.Busy, errors.New("closed"))
	}
	data, keys, err := l.attempts.open(l.keys, l.spare, operator, password, l.o.now()())
	if err != nil {
		return nil, guard.Operator{}, fault.Wrap(op, err)
	}
	if keys == l.spare {
		l.keys, l.spare = l.spare, l.keys
	}
	other := l.spare
	s, err := l.begin(ctx, keys, data)
	if err != nil {
		return nil, guard.Operator{}, fault.Wrap(op, err)
	}
	if err := s.inForce(ctx, other); err != nil {
		l.attempts.fail(operator, l.o.now()())
		s.wipe()
		return nil, guard.Operator{}, fault.Wrap(op, err)
	}
	who, err := l.enter(ctx, s, operator, other, nil)
	if err != nil {
		return nil, guard.Operator{}, fault.Wrap(op, err)
	}
	return s, who, nil
}

// begin makes a store of the data key, of a file of an earlier format too. When
// it fails the key is wiped.
func (l *Locked) begin(ctx context.Context, keys *seal.Keyfile, data *seal.Key) (*Store, error) {
	err := l.migrate(ctx, data)
	if err == nil {
		var s *Store
		if s, err = newStore(l.o, l.db, keys, data, l.attempts); err == nil {
			return s, nil
		}
	}
	data.Wipe()
	return nil, err
}

// enter gives the folder to a store that was opened for an operator, after
// what is to be done first. When it fails the store is wiped and the Locked
// goes on.
func (l *Locked) enter(ctx context.Context, s *Store, operator string, other *seal.Keyfile, first func(guard.Operator) error) (guard.Operator, error) {
	who, err := s.operator(ctx, operator)
	if first == nil {
		if err == nil {
			err = who.MaySignIn(l.o.now()())
		}
		l.attempts.refused(operator, err, l.o.now()())
	}
	if err == nil {
		err = s.leadOn(ctx, operator)
	}
	if err == nil && first != nil {
		err = first(who)
		who = who.Cleared()
	}
	if err == nil {
		err = s.mendKeys(ctx, other, l.centre)
	}
	if err == nil {
		s.mendCopy(ctx)
	}
	if err != nil {
		s.wipe()
		l.db, l.keys = s.db, s.keys // a failed commit opened the file anew, and a password may be set already
		return who, err
	}
	s.lock, l.lock, l.db, l.keys, l.spare = l.lock, nil, nil, nil, nil
	if !l.whole {
		s.rest.begin(s)
	}
	return who, nil
}

// mendCopy writes the database's copy of the key file anew where it is another.
// That it cannot be written, as on a full disk, keeps nobody out.
func (s *Store) mendCopy(ctx context.Context) {
	const op = "store.mendCopy"
	s.write.Lock()
	defer s.write.Unlock()
	want := s.keys.Marshal()
	same := false
	err := s.view(ctx, op, func(tx *bbolt.Tx) error {
		same = bytes.Equal(tx.Bucket([]byte(bPlain)).Get([]byte("keys")), want)
		return nil
	})
	if err != nil || same {
		return
	}
	_ = s.update(ctx, op, func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bPlain)).Put([]byte("keys"), want) })
}

// Spent says whether a Store has the folder, or had it.
func (l *Locked) Spent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lock == nil
}

// Close lets go of the folder; after Unlock it does nothing.
func (l *Locked) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return release("store.Locked.Close", &l.db, &l.lock, (*bbolt.DB).Close)
}

// release closes the database and then gives the folder free.
func release(op string, db **bbolt.DB, lock **os.File, closing func(*bbolt.DB) error) error {
	var err error
	if *db != nil {
		err = shield(op, func() error { return closing(*db) })
		*db = nil
	}
	if *lock != nil {
		if e := (*lock).Close(); err == nil {
			err = e
		}
		*lock = nil
	}
	return diskFault(op, err)
}

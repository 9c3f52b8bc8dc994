package store

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// Options say where a store is and what it works with.
type Options struct {
	Dir  string
	Cost seal.Cost        // of passwords set at Create; the zero Cost is calibrated
	Now  func() time.Time // nil is time.Now
	// Progress hears how much of a long work on the whole file is done, on the
	// goroutine that asked for it; nil is nobody.
	Progress func(done, total int64)
	file     string // the database's name, where it is not dataFile

	steps func(string) // told of every step of an erasing or a compaction; nil but in tests
}

func (o Options) step(name string) {
	if o.steps != nil {
		o.steps(name)
	}
}

func (o Options) now() func() time.Time {
	if o.Now == nil {
		return time.Now
	}
	return o.Now
}

// calibrated is how long an unlock should take on this machine.
const calibrated = 400 * time.Millisecond

// Exists says whether a store was created in dir, also where its data file has
// gone since: Open names that fault, and nothing is to be made in its place.
func Exists(dir string) bool {
	there := func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	}
	// A Create that was cut short leaves keys beside the file it was making.
	return there(dataFile) || there(keysFile) && !there(dataFile+newSuffix)
}

// Prepare makes dir, where a store is to be created, and proves that files can
// be made and kept in it. It leaves nothing there but the folder. What cannot
// be undone, as to use up an enrolment code, comes after it.
func Prepare(dir string) error {
	const op = "store.Prepare"
	if err := makeDir(dir); err != nil {
		return diskFault(op, err)
	}
	const probe = "probe"
	if err := writeFile(dir, probe, make([]byte, 1<<20)); err != nil {
		return diskFault(op, err)
	}
	return diskFault(op, os.Remove(filepath.Join(dir, probe)))
}

// Create makes a store with its first operator and signs the operator in. It
// is durable on return; after a crash before that there is no store. A store
// already there is fault.Exists.
func Create(ctx context.Context, o Options, p Profile, first guard.Operator, password []byte) (*Store, error) {
	const op = "store.Create"
	if err := ended(op, ctx); err != nil {
		return nil, err
	}
	if err := first.Validate(); err != nil {
		return nil, fault.Wrap(op, err)
	}
	profile, err := p.encode()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer seal.Wipe(profile)
	if err := makeDir(o.Dir); err != nil {
		return nil, diskFault(op, err)
	}
	lock, err := acquire(o.Dir)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	s, err := create(o, profile, &p, first, password)
	if err != nil {
		lock.Close()
		return nil, diskFault(op, err)
	}
	s.lock = lock
	return s, nil
}

func create(o Options, profile []byte, p *Profile, first guard.Operator, password []byte) (*Store, error) {
	if Exists(o.Dir) {
		return nil, fault.New("store.create", fault.Exists, nil)
	}
	if o.Cost == (seal.Cost{}) {
		o.Cost = seal.Calibrate(calibrated)
	}
	keys, data := seal.NewKeyfileOf(p.ChainKey().Suite(), o.Cost)
	keep := false
	defer func() {
		if !keep {
			data.Wipe()
		}
	}()
	if err := keys.Add(data, first.ID, password); err != nil {
		return nil, err
	}
	if err := keys.SetName(data, first.ID, first.Name); err != nil {
		return nil, err
	}
	if !p.Recovery.Zero() {
		if err := keys.SetRecovery(data, p.Recovery, p.Device); err != nil {
			return nil, err
		}
	}
	first.Enabled = true
	if err := os.Remove(filepath.Join(o.Dir, attemptsFile)); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	// Keys of a Create that was cut short go before the file it was making.
	if err := os.Remove(filepath.Join(o.Dir, keysFile)); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	if err := syncDir(o.Dir); err != nil {
		return nil, err
	}
	if err := firstImageKey(o, keys.ID(), data); err != nil {
		return nil, err
	}
	if err := fill(o.Dir, keys, data, profile, first, p); err != nil {
		return nil, err
	}
	// Keys alone say that the data file was lost: first its name lasts.
	if err := syncDir(o.Dir); err != nil {
		return nil, err
	}
	// The key file first: a database without keys must never be seen.
	if err := writeFile(o.Dir, keysFile, keys.Marshal()); err != nil {
		return nil, err
	}
	if err := promote(o.Dir, dataFile); err != nil {
		return nil, err
	}
	db, err := openDB(filepath.Join(o.Dir, dataFile))
	if err != nil {
		return nil, err
	}
	s, err := newStore(o, db, keys, data, newAttempts(o.Dir))
	if err != nil {
		db.Close()
		return nil, err
	}
	keep = true
	return s, nil
}

// firstImageKey makes the file of wrapping keys with key number 1.
func firstImageKey(o Options, id [16]byte, data *seal.Key) error {
	k := newImageKeys(o, id, data)
	defer k.wipe()
	return k.prepare(1)
}

// fill makes the whole first database under a name of its own, synced.
func fill(dir string, keys *seal.Keyfile, data *seal.Key, profile []byte, first guard.Operator, p *Profile) error {
	path := filepath.Join(dir, dataFile+newSuffix)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	s, err := newBuilder(Options{Dir: dir}, path, keys, data)
	if err != nil {
		return err
	}
	defer s.forget()
	err = s.build(func(tx *bbolt.Tx) error {
		if err := makeBuckets(tx, keys); err != nil {
			return err
		}
		if err := s.put(tx, bMeta, []byte("profile"), profile); err != nil {
			return err
		}
		if err := s.putTip(tx, p.Device, tip{}); err != nil {
			return err
		}
		if err := s.putKeys(tx, keys.Marshal()); err != nil {
			return err
		}
		if err := tx.Bucket([]byte(bPlain)).Put([]byte("centre"), p.centre()); err != nil {
			return err
		}
		if err := s.putImageState(tx, imageState{now: 1}); err != nil {
			return err
		}
		b, err := json.Marshal(first)
		if err != nil {
			return err
		}
		return s.put(tx, bOperators, []byte(first.ID), b)
	})
	if e := s.finishFile(); err == nil {
		err = e
	}
	return err
}

package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// restoredKey stands in the bucket plain of every backup: who opens a file that
// has it leads the chain on before anything else is written. Its value is when
// the backup was made, in milliseconds, i64.
const restoredKey = "restored"

// leadOn writes the change of a restore where the file came out of a backup.
// Counters that the lost file may have used are never used again.
func (s *Store) leadOn(ctx context.Context, operator string) error {
	const op = "store.leadOn"
	var mark []byte
	err := s.view(ctx, op, func(tx *bbolt.Tx) error {
		mark = append(mark, tx.Bucket([]byte(bPlain)).Get([]byte(restoredKey))...)
		return nil
	})
	if err != nil || mark == nil {
		return err
	}
	if len(mark) != 8 {
		return structural("mark of a restore")
	}
	made := time.UnixMilli(int64(binary.BigEndian.Uint64(mark))).UTC()
	return fault.Wrap(op, s.restart(ctx, operator, made, 0))
}

// LeadOn is for a file that was set back to an earlier copy by hand, when the
// centre holds its chain up to held: the chain goes on above that, in a new
// era, and what is between is wanted.
func (s *Store) LeadOn(ctx context.Context, operator string, held uint64) error {
	return fault.Wrap("store.LeadOn", s.restart(ctx, operator, s.o.now()().UTC(), held))
}

func (s *Store) restart(ctx context.Context, operator string, made time.Time, held uint64) error {
	last, _ := s.Head()
	e := Entry{Kind: loan.ChangeRestore, Operator: operator, Body: loan.RestoreBody{Last: last, Made: made}}
	return s.newEraAbove(ctx, "store.restart", e, held, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(bPlain)).Delete([]byte(restoredKey))
	})
}

// restore is one restoring under way.
type restore struct {
	ctx  context.Context
	from string // the backup's own folder
	dir  string
	old  *bbolt.DB
	db   *bbolt.DB
	m    manifest
	bad  int // values that are not what was written
	size int // written and not yet synced
}

// Restore makes the store of dir out of the last whole backup in from, which
// is the folder that Backup was given or the backup's own. It is durable on
// return, and opens with the passwords of that time; the first unlock leads its
// chain on. A store that is there already is set aside as NAME.damaged-N, with
// its keys, never overwritten. fault.Missing where from holds no whole backup,
// fault.Input where it holds those of several laptops, fault.Busy while dir is
// in use. fault.Damaged where the backup's structure does not hold: nothing was
// done. Where only values of it are damaged the store is made and Restore says
// so with a *PartlyDamaged; Repair then tells what they were.
func Restore(ctx context.Context, from, dir string) error {
	const op = "store.Restore"
	if err := ended(op, ctx); err != nil {
		return err
	}
	folder, err := findBackup(from)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := makeDir(dir); err != nil {
		return diskFault(op, err)
	}
	lock, err := acquire(dir)
	if err != nil {
		return fault.Wrap(op, err)
	}
	defer lock.Close()
	r := &restore{ctx: ctx, from: folder, dir: dir}
	err = r.run()
	for _, db := range []*bbolt.DB{r.old, r.db} {
		if db != nil {
			_ = shield(op, db.Close) // of a restore that failed
		}
	}
	if err == nil && r.bad > 0 {
		err = fault.Say(op, fault.Damaged, "已从备份还原，但备份盘有损坏：请接着修复数据（doorstep store repair）。", &PartlyDamaged{Values: r.bad})
	}
	return diskFault(op, err)
}

// PartlyDamaged says that a store was restored though so many values of its
// backup are not what was written.
type PartlyDamaged struct{ Values int }

func (e *PartlyDamaged) Error() string {
	return fmt.Sprintf("restored, %d values are damaged", e.Values)
}

// findBackup gives the folder of the one backup in a folder.
func findBackup(from string) (string, error) {
	const op = "store.findBackup"
	if _, err := os.Stat(filepath.Join(from, backupFile)); err == nil {
		return from, nil
	}
	found, err := filepath.Glob(filepath.Join(from, backupPrefix+"*", backupFile))
	switch {
	case err != nil || len(found) == 0:
		return "", fault.New(op, fault.Missing, errors.New("no backup in this folder"))
	case len(found) > 1:
		return "", fault.New(op, fault.Input, errors.New("backups of several laptops: name the folder of one"))
	}
	return filepath.Dir(found[0]), nil
}

// OwnBackup is fault.Input, with a sentence, where the backup that Restore would take
// from a folder was not made of this store, whatever the folder is named: the store's
// key does not open who it is of.
func (s *Store) OwnBackup(from string) error {
	const op = "store.OwnBackup"
	folder, err := findBackup(from)
	if err != nil {
		return fault.Wrap(op, err)
	}
	path := filepath.Join(folder, backupFile)
	if err := precheck(path); err != nil {
		return fault.Wrap(op, err)
	}
	db, err := openToRead(path)
	if err != nil {
		return fault.Wrap(op, err)
	}
	err = shield(op, func() error { return db.View(s.ownIn) })
	if e := shield(op, db.Close); err == nil {
		err = e
	}
	if fault.KindOf(err) == fault.Damaged {
		err = fault.Tell(op, fault.Input, "这份备份不是本机现有数据的备份，不能换掉本机的数据。请选本机的备份；要装到新电脑上，请用全新的数据文件夹。", errors.New("of another laptop, or damaged"))
	}
	return diskFault(op, err)
}

// ownIn is fault.Damaged where this store's key does not open a backup's profile.
func (s *Store) ownIn(tx *bbolt.Tx) error {
	plain, meta := tx.Bucket([]byte(bPlain)), tx.Bucket([]byte(bMeta))
	if plain == nil || meta == nil {
		return structural("no buckets")
	}
	key := []byte("profile")
	open, v := s.vault.open, meta.Get(key)
	switch format := plain.Get([]byte("format")); {
	case len(format) != 1 || v == nil:
		return structural("no format or profile")
	case format[0] < formatInPlace:
		open = s.vault.openOne
	}
	b, err := open(bMeta, key, v)
	seal.Wipe(b)
	return err
}

func (r *restore) run() error {
	path := filepath.Join(r.from, backupFile)
	if err := precheck(path); err != nil {
		return err
	}
	var err error
	if r.old, err = openToRead(path); err != nil {
		return err
	}
	images, err := r.head()
	if err != nil {
		return err
	}
	tmp := filepath.Join(r.dir, dataFile+newSuffix)
	if err := os.Remove(tmp); err != nil && !os.IsNotExist(err) {
		return err
	}
	if r.db, err = openDB(tmp); err != nil {
		return err
	}
	r.db.NoSync = true // synced once, at the end
	if err := r.copy(); err != nil {
		return err
	}
	if err := r.db.Sync(); err != nil {
		return err
	}
	db := r.db
	r.db = nil
	if err := db.Close(); err != nil {
		return err
	}
	if err := precheck(tmp); err != nil {
		return err
	}
	return r.settle(images)
}

// head reads the manifest, and the file of the wrapping keys that it names.
func (r *restore) head() (images []byte, err error) {
	err = shield("store.restore", func() error {
		return r.old.View(func(tx *bbolt.Tx) (err error) {
			r.m, err = readManifest(tx)
			if err != nil {
				return err
			}
			if v := tx.Bucket([]byte(bPlain)).Get([]byte("format")); len(v) != 1 || v[0] == 0 {
				return structural("no format")
			} else if v[0] > formatVersion {
				return fault.New("store.restore", fault.Newer, nil)
			}
			return nil
		})
	})
	if err != nil || r.m.Images == "" {
		return nil, err
	}
	images, err = readFile(filepath.Join(r.from, filepath.Base(r.m.Images)), 1<<20)
	if errors.Is(err, os.ErrNotExist) {
		r.bad++ // all the rest is worth having
		return nil, nil
	}
	return images, err
}

// copy fills the new database with what the backup holds, and counts what is
// not what was written.
func (r *restore) copy() error {
	return shield("store.restore", func() error {
		return r.old.View(func(from *bbolt.Tx) error {
			into, err := r.db.Begin(true)
			if err != nil {
				return err
			}
			defer func() { _ = into.Rollback() }()
			for _, name := range append(sealedBuckets(), bPlain) {
				b, err := into.CreateBucketIfNotExists([]byte(name))
				if err != nil {
					return err
				}
				if old := from.Bucket([]byte(name)); old != nil {
					if err := b.SetSequence(old.Sequence()); err != nil {
						return err
					}
				}
			}
			for _, key := range []string{"format", "keys", "centre", restoredKey} {
				v := from.Bucket([]byte(bPlain)).Get([]byte(key))
				if err := into.Bucket([]byte(bPlain)).Put([]byte(key), bytes.Clone(v)); err != nil {
					return err
				}
			}
			if into, err = r.heads(from, into); err != nil {
				return err
			}
			if into, err = r.blobs(from, into); err != nil {
				return err
			}
			if err := into.Commit(); err != nil {
				return err
			}
			// A second transaction makes both meta pages speak of all this.
			return r.db.Update(func(*bbolt.Tx) error { return nil })
		})
	})
}

// put writes a value, and begins a new transaction when the one is large.
func (r *restore) put(into *bbolt.Tx, name string, k, v []byte) (*bbolt.Tx, error) {
	if err := into.Bucket([]byte(name)).Put(bytes.Clone(k), bytes.Clone(v)); err != nil {
		return into, err
	}
	if r.size += len(k) + len(v); r.size < 16<<20 {
		return into, nil
	}
	r.size = 0
	if err := ended("store.restore", r.ctx); err != nil {
		return into, err
	}
	if err := into.Commit(); err != nil {
		return into, err
	}
	return r.db.Begin(true)
}

func (r *restore) heads(from, into *bbolt.Tx) (_ *bbolt.Tx, err error) {
	for _, name := range headBuckets() {
		b := from.Bucket([]byte(name))
		if b == nil {
			continue
		}
		var got content
		c := b.Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			got.turn(name, k, v)
			if into, err = r.put(into, name, k, v); err != nil {
				return into, err
			}
		}
		if got != r.m.Buckets[name] {
			r.bad++
		}
	}
	return into, nil
}

func (r *restore) blobs(from, into *bbolt.Tx) (_ *bbolt.Tx, err error) {
	var have content
	c := from.Bucket([]byte(bHave)).Cursor()
	for h, v := c.First(); h != nil; h, v = c.Next() {
		have.turn(bHave, h, v)
		want, ok := decodeKeep(v)
		if !ok || len(h) != 32 {
			r.bad++
			continue
		}
		chunks, got := blobRaw(from, loan.Hash(h), want.place)
		if got != want {
			r.bad++
		}
		for _, p := range chunks {
			if into, err = r.put(into, bBlobs, p.key, p.value); err != nil {
				return into, err
			}
		}
	}
	if have != r.m.Buckets[bHave] {
		r.bad++
	}
	return into, nil
}

// settle puts the files in their places, the database last.
func (r *restore) settle(images []byte) error {
	keys, err := r.keys()
	if err != nil {
		return err
	}
	// Keys alone say that the data file was lost: first its name lasts.
	if err := syncDir(r.dir); err != nil {
		return err
	}
	path := filepath.Join(r.dir, dataFile)
	if _, err := os.Lstat(path); err == nil {
		// Its keys stay beside it.
		for _, name := range []string{keysFile, imagesFile} {
			if err := copyAside(r.dir, name); err != nil {
				return err
			}
		}
	}
	if images != nil {
		if err := writeFile(r.dir, imagesFile, images); err != nil {
			return err
		}
	}
	if err := writeFile(r.dir, keysFile, keys); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		if err := linkAside(path); err != nil {
			return err
		}
	}
	return promote(r.dir, dataFile)
}

func (r *restore) keys() (b []byte, err error) {
	err = shield("store.restore", func() error {
		return r.old.View(func(tx *bbolt.Tx) error {
			b = bytes.Clone(tx.Bucket([]byte(bPlain)).Get([]byte("keys")))
			return nil
		})
	})
	return b, err
}

// linkAside gives a file that is to be replaced the name NAME.damaged-N too, so
// that it is there under one of them at every moment; where a file can have one
// name only it is renamed.
func linkAside(path string) error {
	to, err := asideName(path)
	if err != nil {
		return err
	}
	if os.Link(path, to) == nil {
		return syncDir(filepath.Dir(path))
	}
	return setAside(path)
}

// copyAside copies a file, where there is one, to NAME.damaged-N.
func copyAside(dir, name string) error {
	b, err := readFile(filepath.Join(dir, name), 1<<20)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	to, err := asideName(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	return writeFile(dir, filepath.Base(to), b)
}

// openToRead opens a database that has passed precheck, as of a stick that
// cannot be written to.
func openToRead(path string) (db *bbolt.DB, err error) {
	err = shield("store.openToRead", func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, ReadOnly: true, PageSize: pageSize})
		return err
	})
	return db, diskFault("store.openToRead", err)
}

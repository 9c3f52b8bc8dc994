package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// The names inside a backup's folder.
const (
	backupPrefix = "doorstep-backup-" // and the device's id
	backupFile   = "backup.bolt"
	backupAbout  = "manifest.json"
	imagesPrefix = "images-" // and the number of the run, then imagesSuffix
	imagesSuffix = ".key"
)

// Buckets and keys that a backup has and a store has not.
const (
	bHave       = "have"   // blob's name → keep: what of the blobs belongs to the backup
	bComing     = "coming" // the same, of a run that has not ended yet
	bGone       = "gone"   // what keys of chunks begin with → nothing: these are to be taken out
	manifestKey = "backup" // in the bucket plain
)

// BackupInfo tells what a backup holds.
type BackupInfo struct {
	Device  uuid.UUID `json:"device"`
	Made    time.Time `json:"made"`
	Changes int       `json:"changes"` // of all devices
	Cases   int       `json:"cases"`
	Blobs   int       `json:"blobs"`
	Bytes   int64     `json:"bytes"` // of sealed values
	Written int64     `json:"-"`     // of those, by this run
}

// manifest is what makes a backup whole: it is written by the one transaction
// that also writes what it speaks of.
type manifest struct {
	Format int `json:"format"`
	Run    int `json:"run"`
	BackupInfo
	Images  string             `json:"images,omitempty"` // file of the wrapping keys
	Buckets map[string]content `json:"buckets"`
}

const manifestFormat = 2 // 1 had blobs without a place alone

// content is what a bucket holds: the number of values, and the XOR of the
// SHA-256 of: length u8, bucket | length u16, key | value.
type content struct {
	Count int       `json:"count"`
	Sum   loan.Hash `json:"sum"`
}

// backup is one run.
type backup struct {
	s        *Store
	dir      string // the backup's own folder
	db       *bbolt.DB
	old      manifest
	whole    bool               // old is there
	have     map[loan.Hash]keep // of the backup as it is
	coming   map[loan.Hash]keep // on the stick for the backup to be
	marks    map[uint64]uint64  // of every other value of the backup as it is
	progress func(done, total int64)
	done     int64
	total    int64
	written  int64
}

// Backup writes all that the store holds, sealed as it is, into a folder of
// this device inside dir, which must be there: a stick or a second disk. Only
// what the backup lacks is written, what was erased here is taken out of it,
// and the store can be worked with meanwhile. The former backup is what there
// is until one last transaction makes the new one valid; after any failure,
// also of a stick pulled out, it is as it was. What was written is then read
// back. fault.Missing where dir is not there, fault.Full before anything is
// written when there is not room, fault.Damaged when what was read back is not
// what was written.
func (s *Store) Backup(ctx context.Context, dir string, progress func(done, total int64)) (BackupInfo, error) {
	const op = "store.Backup"
	if err := ended(op, ctx); err != nil {
		return BackupInfo{}, err
	}
	if err := s.BackupPlace(dir); err != nil {
		return BackupInfo{}, fault.Wrap(op, err)
	}
	ctx, done := s.occupy(ctx)
	defer done()
	b := &backup{s: s, dir: filepath.Join(dir, backupPrefix+s.profile.Device.String()), progress: progress}
	info, err := b.run(ctx)
	if b.db != nil {
		if e := shield(op, b.db.Close); err == nil {
			err = e
		}
	}
	return info, diskFault(op, err)
}

// BackupPlace is nil where backups can go: fault.Missing for a folder that is
// not there, fault.Input for the store's own.
func (s *Store) BackupPlace(dir string) error {
	const op = "store.BackupPlace"
	st, err := os.Stat(dir)
	if err != nil || !st.IsDir() {
		return fault.Say(op, fault.Missing, "备份文件夹不在，请插好备份盘再试。", errors.New("no such folder"))
	}
	own, err := os.Stat(s.o.Dir)
	if err == nil && os.SameFile(own, st) {
		return fault.Say(op, fault.Input, "请把备份放到另一个磁盘或 U 盘上。", errors.New("the store's own folder"))
	}
	return nil
}

func (b *backup) run(ctx context.Context) (BackupInfo, error) {
	if err := b.open(); err != nil {
		return BackupInfo{}, err
	}
	if err := b.read(); err != nil {
		return BackupInfo{}, err
	}
	if err := b.sweep(ctx); err != nil { // what a run that was cut short left
		return BackupInfo{}, err
	}
	if !b.whole {
		if err := b.precopy(ctx); err != nil {
			return BackupInfo{}, err
		}
	}
	d, err := b.gather(ctx)
	if err != nil {
		return BackupInfo{}, err
	}
	next, err := b.change(d)
	if err != nil {
		return BackupInfo{}, err
	}
	if err := b.sweep(ctx); err != nil {
		return BackupInfo{}, err
	}
	if err := b.about(next, d.keys); err != nil {
		return BackupInfo{}, err
	}
	if err := b.verify(ctx, next, d); err != nil {
		return BackupInfo{}, err
	}
	next.Written = b.written
	return next.BackupInfo, nil
}

// open opens the backup's file, or makes one. A file whose structure does not
// hold is set aside, so that there is a backup again.
func (b *backup) open() error {
	if err := makeDir(b.dir); err != nil {
		return err
	}
	path := filepath.Join(b.dir, backupFile)
	if _, err := os.Stat(path); err == nil {
		if err := precheck(path); fault.KindOf(err) == fault.Damaged {
			if err := setAside(path); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	}
	db, err := openDB(path)
	if err != nil {
		return err
	}
	b.db = db
	err = shield("store.backup", func() error {
		return db.Update(func(tx *bbolt.Tx) error {
			for _, name := range append(sealedBuckets(), bPlain, bHave, bComing, bGone) {
				if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return syncDir(b.dir)
}

// setAside renames a file to NAME.damaged-N, N one that is free.
func setAside(path string) error {
	to, err := asideName(path)
	if err != nil {
		return err
	}
	if err := os.Rename(path, to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// asideName is the first NAME.damaged-N that no file has.
func asideName(path string) (string, error) {
	for n := 1; ; n++ {
		to := fmt.Sprintf("%s%s%d", path, asideMark, n)
		if _, err := os.Lstat(to); os.IsNotExist(err) {
			return to, nil
		} else if err != nil {
			return "", err
		}
	}
}

// read takes into memory what the backup holds, by marks.
func (b *backup) read() error {
	b.have, b.coming, b.marks = map[loan.Hash]keep{}, map[loan.Hash]keep{}, map[uint64]uint64{}
	return shield("store.backup", func() error {
		return b.db.View(func(tx *bbolt.Tx) error {
			m, err := readManifest(tx)
			if err == nil && m.Device == b.s.profile.Device {
				b.old, b.whole = m, true
			} else if fault.KindOf(err) == fault.Newer {
				return err
			}
			for name, to := range map[string]map[loan.Hash]keep{bHave: b.have, bComing: b.coming} {
				err := tx.Bucket([]byte(name)).ForEach(func(k, v []byte) error {
					if p, ok := decodeKeep(v); ok && len(k) == 32 {
						to[loan.Hash(k)] = p
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			for _, name := range headBuckets() {
				err := tx.Bucket([]byte(name)).ForEach(func(k, v []byte) error {
					b.marks[markOf(name, k)] = markOf("", v[:min(len(v), markBytes)])
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// readManifest is fault.Missing where the backup was never whole.
func readManifest(tx *bbolt.Tx) (manifest, error) {
	const op = "store.readManifest"
	var m manifest
	b := tx.Bucket([]byte(bPlain))
	if b == nil || b.Get([]byte(manifestKey)) == nil {
		return m, fault.New(op, fault.Missing, nil)
	}
	if json.Unmarshal(b.Get([]byte(manifestKey)), &m) != nil || m.Format < 1 {
		return m, structural("the backup's manifest")
	}
	if m.Format > manifestFormat {
		return m, fault.New(op, fault.Newer, nil)
	}
	return m, nil
}

// tell says how far the run is.
func (b *backup) tell(n int64) {
	b.done += n
	b.written += n
	if b.progress != nil {
		b.progress(min(b.done, b.total), b.total)
	}
}

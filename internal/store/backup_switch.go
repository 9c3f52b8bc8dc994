package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// room looks whether what is lacking fits, before anything of it is written.
func (b *backup) room(ctx context.Context, names []loan.Hash) error {
	const op = "store.backup"
	need := int64(8 << 20)
	for len(names) > 0 {
		part := names[:min(len(names), 200)]
		names = names[len(part):]
		err := b.s.view(ctx, op, func(tx *bbolt.Tx) error {
			for _, h := range part {
				_ = eachChunk(tx.Bucket([]byte(bBlobs)), stem(b.s.placeOf(tx, h[:]), h[:]), func(_, v []byte) error {
					need += int64(len(v)) * 9 / 8 // pages are not filled to the end
					return nil
				})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	b.total = b.done + need
	free, err := freeSpace(b.dir)
	if err != nil {
		return diskFault(op, err)
	}
	if free < uint64(need) {
		return fault.Say(op, fault.Full, fmt.Sprintf("备份盘空间不足：约需 %d MB，只剩 %d MB。上一次的备份仍然可用。", need>>20, free>>20),
			errors.New("the stick has not enough room"))
	}
	return nil
}

// change makes the new backup the valid one, in one transaction.
func (b *backup) change(d *harvest) (manifest, error) {
	const op = "store.backup"
	next := d.next
	name, err := b.keepImages(d)
	if err != nil {
		return next, stickFault(op, err)
	}
	next.Images = name
	about, err := json.Marshal(next)
	if err != nil {
		return next, fault.New(op, fault.Other, err)
	}
	err = shield(op, func() error {
		return b.db.Update(func(tx *bbolt.Tx) error {
			if err := b.changeValues(tx, d); err != nil {
				return err
			}
			if err := b.changeBlobs(tx, d); err != nil {
				return err
			}
			p := tx.Bucket([]byte(bPlain))
			made := binary.BigEndian.AppendUint64(nil, uint64(next.Made.UnixMilli()))
			for _, v := range []raw{{key: []byte("format"), value: d.format}, {key: []byte("keys"), value: d.keys}, {key: []byte("centre"), value: d.centre},
				{key: []byte(restoredKey), value: made}, {key: []byte(manifestKey), value: about}} {
				if err := p.Put(v.key, v.value); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return next, stickFault(op, err)
	}
	for _, r := range d.puts {
		b.tell(int64(len(r.value)))
	}
	return next, stickFault(op, b.dropImages(name))
}

// changeValues writes what differs and takes out what is no longer here.
func (b *backup) changeValues(tx *bbolt.Tx, d *harvest) error {
	for _, r := range d.puts {
		if err := tx.Bucket([]byte(r.bucket)).Put(r.key, r.value); err != nil {
			return err
		}
	}
	for name, n := range d.numbers {
		if b := tx.Bucket([]byte(name)); b.Sequence() != n {
			if err := b.SetSequence(n); err != nil {
				return err
			}
		}
	}
	extra := false
	for at := range b.marks {
		extra = extra || !d.seen[at]
	}
	if !extra {
		return nil
	}
	for _, name := range headBuckets() {
		bucket := tx.Bucket([]byte(name))
		var gone [][]byte
		err := bucket.ForEach(func(k, _ []byte) error {
			if !d.seen[markOf(name, k)] {
				gone = append(gone, bytes.Clone(k))
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, k := range gone {
			if err := bucket.Delete(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// changeBlobs writes which blobs the new backup has; the chunks of the others
// are taken out afterwards.
func (b *backup) changeBlobs(tx *bbolt.Tx, d *harvest) error {
	have, gone := tx.Bucket([]byte(bHave)), tx.Bucket([]byte(bGone))
	for _, old := range []map[loan.Hash]keep{b.have, b.coming} {
		for h, k := range old {
			now, ok := d.blobs[h]
			if ok && now.place == k.place {
				continue
			}
			if err := gone.Put(stem(k.place, h[:]), []byte{}); err != nil {
				return err
			}
			if ok {
				continue
			}
			if err := have.Delete(h[:]); err != nil {
				return err
			}
		}
	}
	for h, k := range d.blobs {
		if b.have[h] == k {
			continue
		}
		if err := have.Put(h[:], k.encode()); err != nil {
			return err
		}
	}
	if err := tx.DeleteBucket([]byte(bComing)); err != nil {
		return err
	}
	_, err := tx.CreateBucket([]byte(bComing))
	return err
}

// sweep takes out chunks that belong to no backup any more.
func (b *backup) sweep(ctx context.Context) error {
	const op = "store.backup"
	for more := true; more; {
		if err := ended(op, ctx); err != nil {
			return err
		}
		err := shield(op, func() error {
			return b.db.Update(func(tx *bbolt.Tx) error {
				gone, chunks := tx.Bucket([]byte(bGone)), tx.Bucket([]byte(bBlobs))
				for n := 0; n < 200; n++ {
					h, _ := gone.Cursor().First()
					if more = h != nil; !more {
						return nil
					}
					for _, k := range someChunks(chunks, h, MaxBlob) {
						if err := chunks.Delete(k); err != nil {
							return err
						}
					}
					if err := gone.Delete(h); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return stickFault(op, err)
		}
	}
	return nil
}

// keepImages writes the file of the wrapping keys beside that of the former
// backup, and gives its name.
func (b *backup) keepImages(d *harvest) (string, error) {
	if d.images == nil {
		return "", nil
	}
	if b.old.Images != "" {
		old, err := readFile(filepath.Join(b.dir, filepath.Base(b.old.Images)), 1<<20)
		if err == nil && bytes.Equal(old, d.images) {
			return b.old.Images, nil
		}
	}
	name := fmt.Sprintf("%s%d%s", imagesPrefix, d.next.Run, imagesSuffix)
	return name, writeFile(b.dir, name, d.images)
}

// dropImages destroys the wrapping keys of former backups, in place, for a
// file that is only removed leaves its content on the stick.
func (b *backup) dropImages(but string) error {
	files, err := os.ReadDir(b.dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), newSuffix)
		if !strings.HasPrefix(name, imagesPrefix) || !strings.HasSuffix(name, imagesSuffix) || f.Name() == but {
			continue
		}
		if err := overwrite(filepath.Join(b.dir, f.Name())); err != nil {
			return err
		}
	}
	return syncDir(b.dir)
}

// overwrite writes zeroes over a file, syncs them and removes it.
func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, min(st.Size(), 1<<20)), 0)
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Remove(path)
	}
	return err
}

// about writes what tells a person what the folder is. A restore does not need
// it.
func (b *backup) about(m manifest, keys []byte) error {
	text, err := json.MarshalIndent(m.BackupInfo, "", "  ")
	if err != nil {
		return fault.New("store.backup", fault.Other, err)
	}
	err = writeFile(b.dir, keysFile, keys)
	if err == nil {
		err = writeFile(b.dir, backupAbout, append(text, '\n'))
	}
	return stickFault("store.backup", err)
}

// verify reads back what was written: every value but the chunks, against the
// store's own ledger, and the chunks of this run against what was read here.
func (b *backup) verify(ctx context.Context, m manifest, d *harvest) error {
	const op = "store.verify backup"
	err := shield(op, b.db.Close)
	b.db = nil
	if err != nil {
		return stickFault(op, err)
	}
	path := filepath.Join(b.dir, backupFile)
	dropCache(path)
	if err := precheck(path); err != nil {
		return badStick(op, err)
	}
	db, err := openDB(path)
	if err != nil {
		return badStick(op, err)
	}
	b.db = db
	for h := range b.coming {
		if k, ok := d.blobs[h]; ok {
			d.written[h] = k
		}
	}
	for _, name := range headBuckets() {
		if err := b.countBack(ctx, name); err != nil {
			return badStick(op, err)
		}
	}
	for h, want := range d.written {
		if err := ended(op, ctx); err != nil {
			return err
		}
		err := shield(op, func() error {
			return db.View(func(tx *bbolt.Tx) error {
				if _, got := blobRaw(tx, h, want.place); got != want {
					return structural("a blob of the backup")
				}
				return nil
			})
		})
		if err != nil {
			return badStick(op, err)
		}
	}
	return nil
}

// countBack compares one bucket of the backup with the ledger in it.
func (b *backup) countBack(ctx context.Context, name string) error {
	const op = "store.verify backup"
	if err := ended(op, ctx); err != nil {
		return err
	}
	b.s.dbMu.RLock() // the keys are wiped under it
	defer b.s.dbMu.RUnlock()
	if b.s.db == nil {
		return fault.New(op, fault.Busy, errors.New("closed"))
	}
	return shield(op, func() error {
		return b.db.View(func(tx *bbolt.Tx) error {
			l, err := b.s.readLedger(tx)
			if err != nil {
				return err
			}
			return b.s.count(tx, l, name, nil)
		})
	})
}

func badStick(op string, err error) error {
	if k := fault.KindOf(err); k == fault.Cancelled || k == fault.Busy {
		return err
	}
	return fault.Say(op, fault.Damaged, "备份写入后核对不符，备份盘可能已损坏。请更换备份盘后重新备份。", err)
}

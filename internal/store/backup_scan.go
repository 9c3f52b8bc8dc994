package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// harvest is what the last transaction of a run writes.
type harvest struct {
	puts    []raw
	blobs   map[loan.Hash]keep // the backup's, all of them
	seen    map[uint64]bool
	next    manifest
	keys    []byte             // key file
	format  []byte             // of the store
	centre  []byte             // readable while locked, as in the store
	images  []byte             // file of the wrapping keys; nil where there is none
	numbers map[string]uint64  // the buckets' sequences
	written map[loan.Hash]keep // by this transaction
}

// scan reads everything but the chunks in one transaction, and keeps what the
// backup lacks. It gives nil when so many blobs came meanwhile that they are to
// be copied first.
func (b *backup) scan(ctx context.Context, last bool) (*harvest, error) {
	const op = "store.backup"
	s := b.s
	if err := ended(op, ctx); err != nil {
		return nil, err
	}
	d := &harvest{blobs: map[loan.Hash]keep{}, seen: map[uint64]bool{}, written: map[loan.Hash]keep{}, numbers: map[string]uint64{}}
	err := shield(op, func() error {
		tx, err := b.begin(d)
		if err != nil {
			return err
		}
		defer s.dbMu.RUnlock()
		defer func() { _ = tx.Rollback() }()
		fits, err := b.tail(tx, d, last)
		if err != nil || !fits {
			d = nil
			return err
		}
		b.heads(tx, d)
		return nil
	})
	return d, diskFault(op, err)
}

// begin opens the reading transaction while nobody writes, so that the file of
// the wrapping keys is that of the same moment. When it succeeds the caller
// holds s.dbMu to read.
func (b *backup) begin(d *harvest) (*bbolt.Tx, error) {
	s := b.s
	s.write.Lock()
	defer s.write.Unlock()
	images, err := readFile(filepath.Join(s.o.Dir, imagesFile), 1<<20)
	if err == nil {
		d.images = images
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	s.dbMu.RLock()
	if s.db == nil {
		s.dbMu.RUnlock()
		return nil, fault.New("store.backup", fault.Busy, errors.New("closed"))
	}
	tx, err := s.db.Begin(false)
	if err != nil {
		s.dbMu.RUnlock()
		return nil, err
	}
	plain := tx.Bucket([]byte(bPlain))
	d.keys, d.format = bytes.Clone(plain.Get([]byte("keys"))), bytes.Clone(plain.Get([]byte("format")))
	d.centre = bytes.Clone(plain.Get([]byte("centre")))
	d.next = manifest{Format: manifestFormat, Run: b.old.Run + 1, Buckets: map[string]content{}}
	d.next.Device, d.next.Made = s.profile.Device, s.o.now()().UTC().Truncate(time.Millisecond)
	return tx, nil
}

// tail decides on every blob: on the stick already, or copied now.
func (b *backup) tail(tx *bbolt.Tx, d *harvest, last bool) (fits bool, err error) {
	size := int64(0)
	err = tx.Bucket([]byte(bBlobInfo)).ForEach(func(k, _ []byte) error {
		mark, ok := b.s.firstMark(tx, k)
		if !ok {
			return nil
		}
		h := loan.Hash(k)
		need, inPlace := b.lacks(h, mark)
		if need {
			parts, p := blobRaw(tx, h, b.s.placeOf(tx, k))
			d.puts, d.blobs[h], d.written[h] = append(d.puts, parts...), p, p
			if size += p.bytes; size > tailBytes && !last {
				return errTooMuch
			}
			return nil
		}
		if d.blobs[h] = b.coming[h]; inPlace {
			d.blobs[h] = b.have[h]
		}
		return nil
	})
	if errors.Is(err, errTooMuch) {
		return false, nil
	}
	return err == nil, err
}

var errTooMuch = errors.New("copy more blobs first")

// heads keeps every value but the chunks that the backup lacks, and counts all.
func (b *backup) heads(tx *bbolt.Tx, d *harvest) {
	for _, name := range headBuckets() {
		var sum content
		d.numbers[name] = tx.Bucket([]byte(name)).Sequence()
		c := tx.Bucket([]byte(name)).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			sum.turn(name, k, v)
			d.next.Bytes += int64(len(v))
			at := markOf(name, k)
			d.seen[at] = true
			if m, ok := b.marks[at]; !ok || m != markOf("", v[:min(len(v), markBytes)]) {
				d.puts = append(d.puts, rawOf(name, k, v))
			}
		}
		d.next.Buckets[name] = sum
	}
	var have content
	for h, k := range d.blobs {
		have.turn(bHave, h[:], k.encode())
		d.next.Bytes += k.bytes
	}
	d.next.Buckets[bHave] = have
	d.next.Changes, d.next.Cases = d.next.Buckets[bChanges].Count, d.next.Buckets[bSummaries].Count
	d.next.Blobs = len(d.blobs)
}

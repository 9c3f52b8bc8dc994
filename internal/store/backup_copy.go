package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

const (
	markBytes  = 48      // of a value; the box's nonce is among them
	batchBytes = 4 << 20 // written to the stick at once
	batchCount = 2000    // values read in one transaction
	tailBytes  = 8 << 20 // of blobs, copied together with the rest
)

// headBuckets are the sealed buckets but that of the blobs' chunks.
func headBuckets() []string {
	return slices.DeleteFunc(sealedBuckets(), func(name string) bool { return name == bBlobs })
}

// markOf tells values apart: a sealed value's begin is never the same twice.
func markOf(bucket string, b []byte) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211 // of FNV-1a
	h := uint64(offset)
	for i := range len(bucket) {
		h = (h ^ uint64(bucket[i])) * prime
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * prime
	}
	return h
}

// turn adds a value to a bucket's content.
func (c *content) turn(bucket string, key, value []byte) {
	var small [2048]byte // most values fit, and need no memory of their own
	b := append(append(small[:0], byte(len(bucket))), bucket...)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(key))), key...)
	x := sha256.Sum256(append(b, value...))
	for i := range x {
		c.Sum[i] ^= x[i]
	}
	c.Count++
}

// keep is a blob in a backup: the mark of its first chunk, its length, what its
// chunks are and what their keys begin with. Bytes: mark u64 | bytes u64 |
// chunks u32 | sum 32, and where the blob has a place, place u64.
type keep struct {
	mark  uint64
	bytes int64
	content
	place uint64
}

func (k keep) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, k.mark)
	b = binary.BigEndian.AppendUint64(b, uint64(k.bytes))
	b = binary.BigEndian.AppendUint32(b, uint32(k.Count))
	b = append(b, k.Sum[:]...)
	if k.place != 0 {
		b = binary.BigEndian.AppendUint64(b, k.place)
	}
	return b
}

func decodeKeep(b []byte) (keep, bool) {
	if len(b) != 52 && len(b) != 60 {
		return keep{}, false
	}
	k := keep{mark: binary.BigEndian.Uint64(b), bytes: int64(binary.BigEndian.Uint64(b[8:]))}
	k.Count, k.Sum = int(binary.BigEndian.Uint32(b[16:])), loan.Hash(b[20:52])
	if len(b) == 60 {
		k.place = binary.BigEndian.Uint64(b[52:])
	}
	return k, len(b) == 52 || k.place != 0
}

// raw is a sealed value on its way.
type raw struct {
	bucket     string
	key, value []byte
}

func rawOf(bucket string, k, v []byte) raw { return raw{bucket, bytes.Clone(k), bytes.Clone(v)} }

// precopy brings the first backup near to what it will be, in many small
// transactions on both sides: there is no former one that it could spoil.
func (b *backup) precopy(ctx context.Context) error {
	for _, name := range headBuckets() {
		for from := []byte{}; from != nil; {
			var batch []raw
			err := b.s.view(ctx, "store.backup", func(tx *bbolt.Tx) error {
				size := 0
				c := tx.Bucket([]byte(name)).Cursor()
				k, v := c.Seek(from)
				for ; k != nil && len(batch) < batchCount && size < batchBytes; k, v = c.Next() {
					batch, size = append(batch, rawOf(name, k, v)), size+len(v)
				}
				from = bytes.Clone(k)
				return nil
			})
			if err != nil {
				return err
			}
			if err := b.put(batch, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// put writes values to the stick, and what they make of some blobs.
func (b *backup) put(batch []raw, blobs map[loan.Hash]keep) error {
	const op = "store.backup"
	err := shield(op, func() error {
		return b.db.Update(func(tx *bbolt.Tx) error {
			for _, r := range batch {
				if err := tx.Bucket([]byte(r.bucket)).Put(r.key, r.value); err != nil {
					return err
				}
			}
			for h, k := range blobs {
				if old, ok := b.coming[h]; ok && old.place != k.place {
					if err := tx.Bucket([]byte(bGone)).Put(stem(old.place, h[:]), []byte{}); err != nil {
						return err
					}
				}
				if err := tx.Bucket([]byte(bComing)).Put(h[:], k.encode()); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return stickFault(op, err)
	}
	size := int64(0)
	for _, r := range batch {
		if r.bucket != bBlobs {
			b.marks[markOf(r.bucket, r.key)] = markOf("", r.value[:min(len(r.value), markBytes)])
		}
		size += int64(len(r.value))
	}
	for h, k := range blobs {
		b.coming[h] = k
	}
	b.tell(size)
	return nil
}

// stickFault says of a failing stick that it fails, not that data is damaged.
func stickFault(op string, err error) error {
	switch err = diskFault(op, err); fault.KindOf(err) {
	case fault.Full:
		return fault.Say(op, fault.Full, "备份盘空间不足，上一次的备份仍然可用。请换更大的备份盘；FAT32 格式的盘单个文件最多 4 GB，请改用 exFAT 格式。", errors.New("the stick is full"))
	case fault.Disk, fault.Damaged:
		return fault.Say(op, fault.Disk, "备份盘读写失败或已拔出，上一次的备份仍然可用。请插好或更换备份盘再试。", err)
	}
	return err
}

// lacks says whether a blob is not on the stick yet. One of which the former
// backup has another sealing cannot be written beside it.
func (b *backup) lacks(h loan.Hash, mark uint64) (lacking, inPlace bool) {
	if k, ok := b.have[h]; ok {
		return k.mark != mark, true
	}
	k, ok := b.coming[h]
	return !ok || k.mark != mark, false
}

// gather copies blobs until what is lacking is little, and then takes all the
// rest in one short reading transaction.
func (b *backup) gather(ctx context.Context) (*harvest, error) {
	for round := 0; ; round++ {
		names, err := b.lacking(ctx)
		if err != nil {
			return nil, err
		}
		if round == 0 {
			if err := b.room(ctx, names); err != nil {
				return nil, err
			}
		}
		for len(names) > 0 {
			if names, err = b.copyBlobs(ctx, names); err != nil {
				return nil, err
			}
		}
		d, err := b.scan(ctx, round >= 4)
		if err != nil || d != nil {
			return d, err
		}
	}
}

// lacking lists the blobs that are here and not on the stick.
func (b *backup) lacking(ctx context.Context) ([]loan.Hash, error) {
	var out []loan.Hash
	for from := []byte{}; from != nil; {
		err := b.s.view(ctx, "store.backup", func(tx *bbolt.Tx) error {
			c := tx.Bucket([]byte(bBlobInfo)).Cursor()
			k, _ := c.Seek(from)
			for n := 0; k != nil && n < batchCount; n++ {
				if mark, ok := b.s.firstMark(tx, k); ok {
					if need, inPlace := b.lacks(loan.Hash(k), mark); need && !inPlace {
						out = append(out, loan.Hash(k))
					}
				}
				k, _ = c.Next()
			}
			from = bytes.Clone(k)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// copyBlobs copies some of the blobs and gives the names of those left.
func (b *backup) copyBlobs(ctx context.Context, names []loan.Hash) ([]loan.Hash, error) {
	var batch []raw
	blobs := map[loan.Hash]keep{}
	err := b.s.view(ctx, "store.backup", func(tx *bbolt.Tx) error {
		for size := int64(0); len(names) > 0 && size < batchBytes; names = names[1:] {
			if chunks, k := blobRaw(tx, names[0], b.s.placeOf(tx, names[0][:])); len(chunks) > 0 {
				batch, blobs[names[0]] = append(batch, chunks...), k
				size += k.bytes
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return names, b.put(batch, blobs)
}

// placeOf is what the keys of a blob's chunks begin with in the store. A record
// that cannot be read gives none: the reading back tells of it.
func (s *Store) placeOf(tx *bbolt.Tx, name []byte) uint64 {
	info, err := s.blobInfo(tx, name)
	if err != nil {
		return 0
	}
	return info.place
}

// firstMark is the mark of a blob's first chunk; ok is false when the blob is
// not here.
func (s *Store) firstMark(tx *bbolt.Tx, name []byte) (mark uint64, ok bool) {
	v := tx.Bucket([]byte(bBlobs)).Get(chunkKey(s.placeOf(tx, name), name, 0))
	return markOf("", v[:min(len(v), markBytes)]), v != nil
}

// blobRaw is a blob's chunks, sealed as they are; none when it is not here.
func blobRaw(tx *bbolt.Tx, h loan.Hash, place uint64) (out []raw, k keep) {
	k.place = place
	_ = eachChunk(tx.Bucket([]byte(bBlobs)), stem(place, h[:]), func(key, v []byte) error {
		if len(out) == 0 {
			k.mark = markOf("", v[:min(len(v), markBytes)])
		}
		out = append(out, rawOf(bBlobs, key, v))
		k.turn(bBlobs, key, v)
		k.bytes += int64(len(v))
		return nil
	})
	return out, k
}

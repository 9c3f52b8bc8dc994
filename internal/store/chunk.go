package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"sync"

	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// A blob's content lies in chunks: a short one, and then long ones. bbolt puts
// two values at least on a leaf page, so that most images get a page of their
// own, whose head has both keys: a damaged page costs one image, to write one
// moves no others, and to look at the structure reads one page for each.
const (
	chunkHead = 1 << 10
	chunkSize = 512 << 10
	// chunkForm2 is how long the chunks of a blob without a place are, all.
	chunkForm2 = 64 << 10
)

// pieceSize is the most bytes that chunk i of a blob has.
func pieceSize(place uint64, i uint32) int {
	switch {
	case place == 0:
		return chunkForm2
	case i == 0:
		return chunkHead
	}
	return chunkSize
}

// pieces is how many chunks a blob has.
func (i *blobInfo) pieces() uint32 {
	if i.place == 0 {
		return uint32((i.size + chunkForm2 - 1) / chunkForm2)
	}
	if i.size <= chunkHead {
		return uint32(min(i.size, 1))
	}
	return 1 + uint32((i.size-chunkHead+chunkSize-1)/chunkSize)
}

// stem is what the keys of a blob's chunks begin with: the number of the
// transaction that wrote them, so that what is new stands at the end, and the
// blob's name. A blob of form 2 has no such place, and its name alone.
func stem(place uint64, name []byte) []byte {
	b := make([]byte, 0, 8+len(loan.Hash{})+4)
	if place != 0 {
		b = binary.BigEndian.AppendUint64(b, place)
	}
	return append(b, name...)
}

// chunkKey is where a chunk of a blob stands.
func chunkKey(place uint64, name []byte, i uint32) []byte {
	return binary.BigEndian.AppendUint32(stem(place, name), i)
}

const (
	chunkKeySize      = 8 + len(loan.Hash{}) + 4
	chunkKeySizeForm2 = len(loan.Hash{}) + 4
)

// chunkOf is the blob whose chunk has a key.
func chunkOf(key string) (h loan.Hash, ok bool) {
	switch len(key) {
	case chunkKeySize:
		return loan.Hash([]byte(key[8:40])), true
	case chunkKeySizeForm2:
		return loan.Hash([]byte(key[:32])), true
	}
	return h, false
}

// chunkData is what a chunk's own box is bound to, whatever its place.
func chunkData(name []byte, i uint32) []byte {
	return binary.BigEndian.AppendUint32(stem(0, name), i)
}

// eachChunk calls fn for the chunks behind a stem, in order. Both slices are
// the database's.
func eachChunk(chunks *bbolt.Bucket, stem []byte, fn func(key, value []byte) error) error {
	c := chunks.Cursor()
	for k, v := c.Seek(stem); k != nil && bytes.HasPrefix(k, stem); k, v = c.Next() {
		if len(k) != len(stem)+4 {
			continue
		}
		if err := fn(k, v); err != nil {
			return err
		}
	}
	return nil
}

// someChunks gives up to n keys of the chunks behind a stem.
func someChunks(chunks *bbolt.Bucket, stem []byte, n int) (keys [][]byte) {
	_ = eachChunk(chunks, stem, func(k, _ []byte) error {
		if len(keys) == n {
			return errEnough
		}
		keys = append(keys, bytes.Clone(k))
		return nil
	})
	return keys
}

var errEnough = errors.New("enough")

// dropChunks takes away a blob's chunks.
func (s *Store) dropChunks(tx *bbolt.Tx, h loan.Hash, info *blobInfo) error {
	for _, k := range someChunks(tx.Bucket([]byte(bBlobs)), stem(info.place, h[:]), MaxBlob) {
		if err := s.del(tx, bBlobs, k); err != nil {
			return err
		}
	}
	return nil
}

// boxes are a blob's chunks, each sealed under a key of the blob's own, behind
// room for the head of a value and before room for its tag.
type boxes struct {
	own    *seal.Key
	chunks [][]byte
	place  uint64 // that they are sealed for as values; 0: they are not yet
}

// sealBlob seals a blob's chunks, each in memory that room gives for its size.
func sealBlob(suite seal.Suite, h loan.Hash, content []byte, room func(int) []byte) *boxes {
	b := &boxes{own: seal.NewKeyOf(suite)}
	for i, rest := uint32(0), content; len(rest) > 0; i++ {
		part := rest[:min(len(rest), pieceSize(1, i))]
		b.chunks = append(b.chunks, b.own.Seal(room(len(part))[:boxRoom], part, chunkData(h[:], i)))
		rest = rest[len(part):]
	}
	return b
}

// place makes values of a blob's chunks, for the transaction of a generation,
// each in its own memory.
func (v *vault) place(h loan.Hash, b *boxes, generation uint64) {
	for i, c := range b.chunks {
		b.chunks[i] = v.sealOver(bBlobs, chunkKey(generation, h[:], uint32(i)), generation, c)
	}
	b.place = generation
}

const (
	boxRoom = valueHead + seal.Overhead - tagSize
	// roomOver is what a chunk's memory has beside its bytes.
	roomOver = boxRoom + seal.Overhead + tagSize
)

// newRoom is memory for a chunk of n bytes.
func newRoom(n int) []byte { return make([]byte, n+roomOver) }

// rooms is memory for chunks, used again from commit to commit: for each power
// of two a few, so that a small image does not take a large one's, and so much
// in all that the usual case finds its own.
type rooms struct {
	mu   sync.Mutex
	free [8][][]byte
	kept int // bytes of free
}

const (
	leastRoom = 4 << 10 // and chunkSize is the most
	mostRooms = 2 << 20
)

func roomClass(n int) int { return bits.Len(uint(max(n-1, 0)) / leastRoom) }

func (r *rooms) get(n int) []byte {
	class := roomClass(n)
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.free[class]) - 1; last >= 0 {
		b := r.free[class][last]
		r.free[class] = r.free[class][:last]
		r.kept -= cap(b)
		return b
	}
	return newRoom(leastRoom << class)
}

// put takes back what get gave.
func (r *rooms) put(b []byte) {
	b = b[:cap(b)]
	r.mu.Lock()
	defer r.mu.Unlock()
	if class := roomClass(cap(b) - roomOver); r.kept+cap(b) <= mostRooms {
		r.free[class] = append(r.free[class], b)
		r.kept += cap(b)
	}
}

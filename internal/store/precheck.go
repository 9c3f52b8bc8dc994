package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"doorstep/internal/fault"
)

// The file format of bbolt, as far as its structure can be checked from
// outside: bbolt itself trusts a page it has mapped, and a wrong one ends the
// process.
const (
	pageSize    = 4096
	pageHead    = 16
	elemSize    = 16
	boltMagic   = 0xED0CDAED
	boltVersion = 2
	flagBranch  = 1
	flagLeaf    = 2
	flagMeta    = 4
	flagFree    = 16
	noFreelist  = ^uint64(0)
	maxDepth    = 40
	maxKey      = 1024 // longer than any of ours
)

var le = binary.LittleEndian // bbolt writes native order, little on every machine we build for

// inspector reads pages of a database file. Several goroutines may read with
// one.
type inspector struct {
	f     *os.File
	pages uint64          // of the file in use
	seen  []atomic.Uint64 // set of the pages taken; nil when nobody asks
	spare string          // the bucket whose leaf pages are not read
	hands chan struct{}   // one for each goroutine beside the first
	bufs  sync.Pool       // of *[together * pageSize]byte
}

func structural(what string) error {
	return fault.New("store", fault.Damaged, errors.New(what))
}

// beyond is a damage that no repair mends.
func beyond(what string) error {
	return fault.New("store", fault.Damaged, fmt.Errorf("%s: %w", what, errBeyond))
}

// precheck reads the structure of a database file without mapping it: metas,
// length, and of every page in use the header and the bounds of its elements.
// nil means that bbolt can open and walk it; otherwise fault.Damaged.
func precheck(path string) error {
	_, err := inspect(path, false)
	return err
}

// inspect is precheck, but with trust it leaves the leaf pages of the blobs
// unread where the file says of itself that it was whole when it was closed;
// whole says that nothing was left out.
func inspect(path string, trust bool) (whole bool, err error) {
	_, _, whole, err = examine(path, trust)
	return whole, err
}

// examine is inspect that also gives the pages that are in use, and the newest
// meta page. The file is closed.
func examine(path string, trust bool) (in *inspector, m meta, whole bool, err error) {
	st, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, m, false, beyond("the data file is gone")
	}
	if err != nil {
		return nil, m, false, diskFault("store.precheck", err)
	}
	if !st.Mode().IsRegular() { // to open a pipe would wait for ever
		return nil, m, false, beyond("the data file is no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, m, false, diskFault("store.precheck", err)
	}
	defer f.Close()
	readsAnywhere(f)
	head := make([]byte, 2*pageSize)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil, m, false, structural("shorter than its head")
	}
	m, ok := newestMeta(head)
	if !ok {
		return nil, m, false, structural("meta pages")
	}
	if m.pages < 3 || m.pages > uint64(st.Size())/pageSize {
		return nil, m, false, structural("shorter than its meta page says")
	}
	in = &inspector{f: f, pages: m.pages, seen: make([]atomic.Uint64, m.pages/64+1), hands: make(chan struct{}, readers)}
	in.take(0, 2)
	whole, err = in.all(m, trust)
	return in, m, whole, err
}

// readers is how many goroutines read pages beside the first: a disk answers
// many questions in the time of one.
const readers = 63

// all checks the free list and every page in use.
func (in *inspector) all(m meta, trust bool) (whole bool, err error) {
	var free []byte
	if m.free != noFreelist {
		if free, err = in.freelist(m.free); err != nil {
			return false, err
		}
		if trust && m.vouches(free) {
			in.spare = bBlobs
		}
	}
	if err := in.walk(m.root, tree{buckets: true}, nil); err != nil {
		return false, err
	}
	// A page that is free and in use would be written over.
	for i := 0; i < len(free); i += 8 {
		if id := le.Uint64(free[i:]); id < 2 || !in.take(id, 1) {
			return false, structural("free list")
		}
	}
	return in.spare == "", nil
}

// meta is what the newest meta page says.
type meta struct {
	root, free, pages, tx uint64
	note                  []byte // what stands behind it in its page
}

// newestMeta is the meta page bbolt would use. Both must be whole and one
// transaction apart: a meta lies within one sector, so no crash tears it, and
// where one is spoilt bbolt would go back a transaction without a word.
func newestMeta(head []byte) (newest meta, ok bool) {
	var tx [2]uint64
	for i := range tx {
		p := head[i*pageSize:]
		m := p[pageHead : pageHead+64]
		h := fnv.New64a()
		h.Write(m[:56])
		tx[i] = le.Uint64(m[48:])
		if le.Uint16(p[8:]) != flagMeta || le.Uint32(m) != boltMagic || le.Uint32(m[4:]) != boltVersion ||
			le.Uint32(m[8:]) != pageSize || le.Uint64(m[56:]) != h.Sum64() || tx[i]%2 != uint64(i) {
			return meta{}, false
		}
	}
	p := head[:pageSize]
	switch {
	case tx[1] == tx[0]+1:
		p = head[pageSize:]
	case tx[0] != tx[1]+1:
		return meta{}, false
	}
	m := p[pageHead:]
	return meta{le.Uint64(m[16:]), le.Uint64(m[32:]), le.Uint64(m[40:]), le.Uint64(m[48:]), p[noteAt:]}, true
}

// take marks a run of pages as used; false when it leaves the file or another
// page already uses a part of it.
func (in *inspector) take(first, n uint64) bool {
	if first >= in.pages || n > in.pages-first {
		return false
	}
	if in.seen == nil {
		return true
	}
	for p := first; p < first+n; p++ {
		if bit := uint64(1) << (p % 64); in.seen[p/64].Or(bit)&bit != 0 {
			return false
		}
	}
	return true
}

// page takes the first page of a run, whose header it checks, out of near,
// the bytes from there on where the caller has read them, or reads it.
func (in *inspector) page(id uint64, near []byte) (b []byte, span uint64, err error) {
	if id < 2 || id >= in.pages {
		return nil, 0, structural("page outside the file")
	}
	if near == nil {
		near = make([]byte, pageSize)
		if _, err := in.f.ReadAt(near, int64(id)*pageSize); err != nil {
			return nil, 0, diskFault("store.precheck", err)
		}
	}
	b = near[:pageSize]
	run := uint64(le.Uint32(b[12:])) + 1
	if le.Uint64(b) != id || !in.take(id, run) {
		return nil, 0, structural("page header")
	}
	return b, run * pageSize, nil
}

// freelist reads the numbers of the free pages, 8 bytes each, in order.
func (in *inspector) freelist(id uint64) ([]byte, error) {
	b, span, err := in.page(id, nil)
	if err != nil {
		return nil, err
	}
	count, at := uint64(le.Uint16(b[10:])), uint64(pageHead)
	if count == 0xFFFF {
		count, at = le.Uint64(b[pageHead:]), pageHead+8
	}
	if le.Uint16(b[8:]) != flagFree || count > (span-at)/8 {
		return nil, structural("free list")
	}
	if b, err = in.more(b, int64(id)*pageSize, at+8*count); err != nil {
		return nil, err
	}
	return b[at : at+8*count], nil
}

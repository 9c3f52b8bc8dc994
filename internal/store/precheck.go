package store

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
	"os"

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
)

var le = binary.LittleEndian // bbolt writes native order, little on every machine we build for

type inspector struct {
	f     *os.File
	pages uint64 // of the file in use
	seen  []uint64
}

func structural(what string) error {
	return fault.New("store.precheck", fault.Damaged, errors.New(what))
}

// precheck reads the structure of a database file without mapping it: metas,
// length, and of every page in use the header and the bounds of its elements.
// nil means that bbolt can open and walk it; otherwise fault.Damaged.
func precheck(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return diskFault("store.precheck", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return diskFault("store.precheck", err)
	}
	head := make([]byte, 2*pageSize)
	if _, err := io.ReadFull(f, head); err != nil {
		return structural("shorter than its head")
	}
	root, free, pages, ok := newestMeta(head)
	if !ok {
		return structural("no valid meta page")
	}
	if pages < 3 || pages > uint64(st.Size())/pageSize {
		return structural("shorter than its meta page says")
	}
	in := &inspector{f: f, pages: pages, seen: make([]uint64, pages/64+1)}
	in.take(0, 2)
	if free != noFreelist {
		if err := in.freelist(free); err != nil {
			return err
		}
	}
	return in.walk(root, 0)
}

// newestMeta is the meta page bbolt would use.
func newestMeta(head []byte) (root, free, pages uint64, ok bool) {
	var newest uint64
	for i := range 2 {
		p := head[i*pageSize:]
		m := p[pageHead : pageHead+64]
		h := fnv.New64a()
		h.Write(m[:56])
		if le.Uint16(p[8:]) != flagMeta || le.Uint32(m) != boltMagic || le.Uint32(m[4:]) != boltVersion ||
			le.Uint32(m[8:]) != pageSize || le.Uint64(m[56:]) != h.Sum64() {
			continue
		}
		if tx := le.Uint64(m[48:]); !ok || tx > newest {
			newest, ok = tx, true
			root, free, pages = le.Uint64(m[16:]), le.Uint64(m[32:]), le.Uint64(m[40:])
		}
	}
	return root, free, pages, ok
}

// take marks a run of pages as used; false when it leaves the file or another
// page already uses a part of it.
func (in *inspector) take(first, n uint64) bool {
	if first >= in.pages || n > in.pages-first {
		return false
	}
	for p := first; p < first+n; p++ {
		if in.seen[p/64]&(1<<(p%64)) != 0 {
			return false
		}
		in.seen[p/64] |= 1 << (p % 64)
	}
	return true
}

// page reads the first page of a run, whose header it checks.
func (in *inspector) page(id uint64) (b []byte, span uint64, err error) {
	b = make([]byte, pageSize)
	if id < 2 || id >= in.pages {
		return nil, 0, structural("page outside the file")
	}
	if _, err := in.f.ReadAt(b, int64(id)*pageSize); err != nil {
		return nil, 0, diskFault("store.precheck", err)
	}
	run := uint64(le.Uint32(b[12:])) + 1
	if le.Uint64(b) != id || !in.take(id, run) {
		return nil, 0, structural("page header")
	}
	return b, run * pageSize, nil
}

func (in *inspector) freelist(id uint64) error {
	b, span, err := in.page(id)
	if err != nil {
		return err
	}
	count, at := uint64(le.Uint16(b[10:])), uint64(pageHead)
	if count == 0xFFFF {
		count, at = le.Uint64(b[pageHead:]), pageHead+8
	}
	if le.Uint16(b[8:]) != flagFree || count > (span-at)/8 {
		return structural("free list")
	}
	return nil
}

func (in *inspector) walk(id uint64, depth int) error {
	if depth > maxDepth {
		return structural("too deep")
	}
	b, span, err := in.page(id)
	if err != nil {
		return err
	}
	flags, count := le.Uint16(b[8:]), uint64(le.Uint16(b[10:]))
	table := pageHead + count*elemSize
	if table > span {
		return structural("more elements than fit")
	}
	if table > pageSize {
		b = make([]byte, table)
		if _, err := in.f.ReadAt(b, int64(id)*pageSize); err != nil {
			return diskFault("store.precheck", err)
		}
	}
	switch flags {
	case flagBranch:
		return in.branch(b, span, count, depth)
	case flagLeaf:
		return in.leaf(b, int64(id)*pageSize, span, count, depth)
	}
	return structural("sort of page")
}

func (in *inspector) branch(b []byte, span, count uint64, depth int) error {
	if count == 0 {
		return structural("empty branch")
	}
	for i := range count {
		at := pageHead + i*elemSize
		e := b[at : at+elemSize]
		if at+uint64(le.Uint32(e))+uint64(le.Uint32(e[4:])) > span {
			return structural("branch key outside its page")
		}
		if err := in.walk(le.Uint64(e[8:]), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (in *inspector) leaf(b []byte, offset int64, span, count uint64, depth int) error {
	for i := range count {
		at := pageHead + i*elemSize
		e := b[at : at+elemSize]
		key := at + uint64(le.Uint32(e[4:]))
		value := key + uint64(le.Uint32(e[8:]))
		size := uint64(le.Uint32(e[12:]))
		if value+size > span {
			return structural("value outside its page")
		}
		if le.Uint32(e)&1 == 0 {
			continue
		}
		if err := in.bucket(offset+int64(value), size, depth); err != nil {
			return err
		}
	}
	return nil
}

// bucket checks a bucket's entry: a root page, or a small leaf page inline.
func (in *inspector) bucket(offset int64, size uint64, depth int) error {
	if size < 16 || size > pageSize {
		return structural("bucket entry")
	}
	b := make([]byte, size)
	if _, err := in.f.ReadAt(b, offset); err != nil {
		return diskFault("store.precheck", err)
	}
	if root := le.Uint64(b); root != 0 {
		return in.walk(root, depth+1)
	}
	if size < 16+pageHead {
		return structural("inline bucket")
	}
	p := b[16:]
	count := uint64(le.Uint16(p[10:]))
	if le.Uint16(p[8:]) != flagLeaf || pageHead+count*elemSize > uint64(len(p)) {
		return structural("inline bucket")
	}
	for i := range count {
		at := pageHead + i*elemSize
		e := p[at : at+elemSize]
		end := at + uint64(le.Uint32(e[4:])) + uint64(le.Uint32(e[8:])) + uint64(le.Uint32(e[12:]))
		if end > uint64(len(p)) || le.Uint32(e)&1 != 0 {
			return structural("inline bucket")
		}
	}
	return nil
}

package store

import (
	"bytes"
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
	maxKey      = 1024 // longer than any of ours
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
	st, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return structural("the data file is gone")
	}
	if err != nil {
		return diskFault("store.precheck", err)
	}
	if !st.Mode().IsRegular() { // to open a pipe would wait for ever
		return structural("the data file is no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return diskFault("store.precheck", err)
	}
	defer f.Close()
	head := make([]byte, 2*pageSize)
	if _, err := io.ReadFull(f, head); err != nil {
		return structural("shorter than its head")
	}
	root, free, pages, ok := newestMeta(head)
	if !ok {
		return structural("meta pages")
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
	_, err = in.walk(root, tree{buckets: true})
	return err
}

// newestMeta is the meta page bbolt would use. Both must be whole and one
// transaction apart: a meta lies within one sector, so no crash tears it, and
// where one is spoilt bbolt would go back a transaction without a word.
func newestMeta(head []byte) (root, free, pages uint64, ok bool) {
	var tx [2]uint64
	for i := range tx {
		p := head[i*pageSize:]
		m := p[pageHead : pageHead+64]
		h := fnv.New64a()
		h.Write(m[:56])
		tx[i] = le.Uint64(m[48:])
		if le.Uint16(p[8:]) != flagMeta || le.Uint32(m) != boltMagic || le.Uint32(m[4:]) != boltVersion ||
			le.Uint32(m[8:]) != pageSize || le.Uint64(m[56:]) != h.Sum64() || tx[i]%2 != uint64(i) {
			return 0, 0, 0, false
		}
	}
	m := head[pageHead:]
	switch {
	case tx[1] == tx[0]+1:
		m = head[pageSize+pageHead:]
	case tx[0] != tx[1]+1:
		return 0, 0, 0, false
	}
	return le.Uint64(m[16:]), le.Uint64(m[32:]), le.Uint64(m[40:]), true
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

// tree is where in a bucket's tree a page stands: its keys are at least min
// and below max, where these are not nil.
type tree struct {
	buckets  bool // the tree of buckets itself, whose every value is one
	depth    int
	min, max []byte
}

// element is an entry of a page's table; offsets are from the page's begin.
type element struct {
	flags      uint32
	key, value uint64
	size       uint64 // of the value
	child      uint64 // of a branch
}

// walk checks a page and all below it, and gives the last key. It demands all
// that bbolt demands when it looks for free pages: what bbolt finds wrong there
// ends the process.
func (in *inspector) walk(id uint64, at tree) (last []byte, err error) {
	if at.depth > maxDepth {
		return nil, structural("too deep")
	}
	b, span, err := in.page(id)
	if err != nil {
		return nil, err
	}
	flags, count := le.Uint16(b[8:]), uint64(le.Uint16(b[10:]))
	if flags != flagBranch && flags != flagLeaf || flags == flagBranch && count == 0 {
		return nil, structural("sort of page")
	}
	table := pageHead + count*elemSize
	if table > span {
		return nil, structural("more elements than fit")
	}
	offset := int64(id) * pageSize
	if b, err = in.more(b, offset, table); err != nil {
		return nil, err
	}
	elems, keys := make([]element, count), make([][]byte, count)
	for i := range elems {
		elems[i] = elementAt(b, uint64(i), flags)
		if e := elems[i]; e.value < e.key || e.key > span || e.value > span || e.size > span-e.value {
			return nil, structural("element outside its page")
		}
		if keys[i], err = in.bytes(b, offset, elems[i].key, elems[i].value); err != nil {
			return nil, err
		}
	}
	if flags == flagBranch {
		return in.branch(elems, keys, at)
	}
	return in.leaf(elems, keys, offset, at)
}

func elementAt(b []byte, i uint64, flags uint16) element {
	at := pageHead + i*elemSize
	e := b[at : at+elemSize]
	if flags == flagBranch {
		key := at + uint64(le.Uint32(e))
		return element{key: key, value: key + uint64(le.Uint32(e[4:])), child: le.Uint64(e[8:])}
	}
	key := at + uint64(le.Uint32(e[4:]))
	return element{flags: le.Uint32(e), key: key, value: key + uint64(le.Uint32(e[8:])), size: uint64(le.Uint32(e[12:]))}
}

// more gives at least the first n bytes at offset, of which b is the first page.
func (in *inspector) more(b []byte, offset int64, n uint64) ([]byte, error) {
	if n <= uint64(len(b)) {
		return b, nil
	}
	b = make([]byte, n)
	if _, err := in.f.ReadAt(b, offset); err != nil {
		return nil, diskFault("store.precheck", err)
	}
	return b, nil
}

// bytes gives what lies between two places of a run, of which b is the begin.
func (in *inspector) bytes(b []byte, offset int64, from, to uint64) ([]byte, error) {
	if to <= uint64(len(b)) {
		return b[from:to], nil
	}
	if to-from > maxKey {
		return nil, structural("key too long")
	}
	k := make([]byte, to-from)
	if _, err := in.f.ReadAt(k, offset+int64(from)); err != nil {
		return nil, diskFault("store.precheck", err)
	}
	return k, nil
}

// inOrder checks key i of a page against the one before and the page's bounds.
func inOrder(i int, key, before []byte, at tree) bool {
	c := bytes.Compare(before, key)
	if i > 0 && c >= 0 || i == 0 && before != nil && c > 0 {
		return false
	}
	return at.max == nil || bytes.Compare(key, at.max) < 0
}

func (in *inspector) branch(elems []element, keys [][]byte, at tree) (last []byte, err error) {
	last = at.min
	for i, e := range elems {
		if !inOrder(i, keys[i], last, at) {
			return nil, structural("order of keys")
		}
		below := tree{buckets: at.buckets, depth: at.depth + 1, min: keys[i], max: at.max}
		if i+1 < len(keys) {
			below.max = keys[i+1]
		}
		if last, err = in.walk(e.child, below); err != nil {
			return nil, err
		}
	}
	return last, nil
}

func (in *inspector) leaf(elems []element, keys [][]byte, offset int64, at tree) (last []byte, err error) {
	before := at.min
	for i, e := range elems {
		if !inOrder(i, keys[i], before, at) {
			return nil, structural("order of keys")
		}
		before, last = keys[i], keys[i]
		if (e.flags&1 != 0) != at.buckets {
			return nil, structural("a bucket in a wrong place")
		}
		if !at.buckets {
			continue
		}
		if err := in.bucket(offset+int64(e.value), e.size); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// bucket checks a bucket's entry: a root page, or a small leaf page inline.
func (in *inspector) bucket(offset int64, size uint64) error {
	if size < 16 || size > pageSize {
		return structural("bucket entry")
	}
	b := make([]byte, size)
	if _, err := in.f.ReadAt(b, offset); err != nil {
		return diskFault("store.precheck", err)
	}
	if root := le.Uint64(b); root != 0 {
		_, err := in.walk(root, tree{})
		return err
	}
	if size < 16+pageHead {
		return structural("inline bucket")
	}
	p := b[16:]
	count := uint64(le.Uint16(p[10:]))
	if le.Uint16(p[8:]) != flagLeaf || pageHead+count*elemSize > uint64(len(p)) {
		return structural("inline bucket")
	}
	var before []byte
	for i := range count {
		e := elementAt(p, i, flagLeaf)
		if e.value+e.size > uint64(len(p)) || e.flags&1 != 0 || !inOrder(int(i), p[e.key:e.value], before, tree{}) {
			return structural("inline bucket")
		}
		before = p[e.key:e.value]
	}
	return nil
}

package store

import (
	"bytes"
	"sync"
	"sync/atomic"
)

// tree is where in a bucket's tree a page stands: its keys are at least min
// and below max, where these are not nil.
type tree struct {
	buckets  bool // the tree of buckets itself, whose every value is one
	depth    int
	leaves   int // the depth from which on pages are not read; 0 is none
	min, max []byte
}

// below is where the child of key i stands.
func (at tree) below(keys [][]byte, i int) tree {
	at.min, at.depth = keys[i], at.depth+1
	if i+1 < len(keys) {
		at.max = keys[i+1]
	}
	return at
}

// element is an entry of a page's table; offsets are from the page's begin.
type element struct {
	flags      uint32
	key, value uint64
	size       uint64 // of the value
	child      uint64 // of a branch
}

// node is a page whose header and table of elements are sound.
type node struct {
	id, span     uint64
	flags        uint16
	count        uint64
	b            []byte // the first page, or all of the table when that is longer
	offset, ends int64  // in the file, and of the table in the page
}

// node reads a page's header and table.
func (in *inspector) node(id uint64, near []byte) (n node, err error) {
	b, span, err := in.page(id, near)
	if err != nil {
		return n, err
	}
	n = node{id: id, span: span, flags: le.Uint16(b[8:]), count: uint64(le.Uint16(b[10:])), offset: int64(id) * pageSize}
	if n.flags != flagBranch && n.flags != flagLeaf || n.flags == flagBranch && n.count == 0 {
		return n, structural("sort of page")
	}
	table := pageHead + n.count*elemSize
	if table > span {
		return n, structural("more elements than fit")
	}
	n.ends = int64(table)
	n.b, err = in.more(b, n.offset, table)
	return n, err
}

// elements calls fn for each element of a page and its key, which is valid
// until fn returns. It demands that they fill the page as bbolt fills it: one
// behind the other, and no more pages than they need.
func (in *inspector) elements(n node, fn func(i uint64, e element, key []byte) error) error {
	next := uint64(n.ends)
	for i := range n.count {
		e := elementAt(n.b, i, n.flags)
		if e.key != next || e.value < e.key || e.value > n.span || e.size > n.span-e.value {
			return structural("element outside its place")
		}
		next = e.value + e.size
		key, err := in.bytes(n.b, n.offset, e.key, e.value)
		if err != nil {
			return err
		}
		if err := fn(i, e, key); err != nil {
			return err
		}
	}
	if n.span-next >= pageSize {
		return structural("page longer than its elements")
	}
	return nil
}

// walk checks a page and all below it. It demands all that bbolt demands when
// it looks for free pages: what bbolt finds wrong there ends the process.
func (in *inspector) walk(id uint64, at tree, near []byte) error {
	if at.depth > maxDepth {
		return structural("too deep")
	}
	n, err := in.node(id, near)
	if err != nil {
		return err
	}
	if n.flags == flagLeaf {
		return in.leaf(n, at)
	}
	children, keys, err := in.branch(n, at)
	if err != nil {
		return err
	}
	if at.leaves > 0 && at.depth+1 >= at.leaves {
		for _, child := range children {
			if child < 2 || !in.take(child, 1) {
				return structural("page outside the file")
			}
		}
		return nil
	}
	rows := inRows(children)
	return in.share(len(rows), func(i int) error {
		return in.row(children[rows[i].from:rows[i].to], func(k int, near []byte) error {
			k += rows[i].from
			return in.walk(children[k], at.below(keys, k), near)
		})
	})
}

// together is how many pages are read at once where they lie side by side.
const together = 16

type run struct{ from, to int }

// inRows parts the children of a page into runs that lie side by side.
func inRows(children []uint64) []run {
	var out []run
	for i, id := range children {
		if last := len(out) - 1; i > 0 && id == children[i-1]+1 && i-out[last].from < together {
			out[last].to++
		} else {
			out = append(out, run{i, i + 1})
		}
	}
	return out
}

// row reads pages that lie side by side and calls fn for each.
func (in *inspector) row(ids []uint64, fn func(i int, near []byte) error) error {
	if ids[0] < 2 || ids[0] >= in.pages || uint64(len(ids)) > in.pages-ids[0] {
		return structural("page outside the file")
	}
	buf, _ := in.bufs.Get().(*[together * pageSize]byte)
	if buf == nil {
		buf = new([together * pageSize]byte)
	}
	defer in.bufs.Put(buf)
	if _, err := in.f.ReadAt(buf[:len(ids)*pageSize], int64(ids[0])*pageSize); err != nil {
		return diskFault("store.precheck", err)
	}
	for i := range ids {
		if err := fn(i, buf[i*pageSize:(i+1)*pageSize]); err != nil {
			return err
		}
	}
	return nil
}

// share runs the parts of some work, those for which a hand is free beside
// each other, and gives the first fault.
func (in *inspector) share(parts int, work func(i int) error) error {
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	part := func(i int) {
		if err := work(i); err != nil {
			failed.CompareAndSwap(nil, &err)
		}
	}
	for i := 0; i < parts && failed.Load() == nil; i++ {
		select {
		case in.hands <- struct{}{}:
			wg.Go(func() {
				defer func() { <-in.hands }()
				part(i)
			})
		default:
			part(i)
		}
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
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
func inOrder(i uint64, key, before []byte, at tree) bool {
	if i == 0 {
		return bytes.Compare(at.min, key) <= 0 && (at.max == nil || bytes.Compare(key, at.max) < 0)
	}
	return bytes.Compare(before, key) < 0 && (at.max == nil || bytes.Compare(key, at.max) < 0)
}

// starts says whether a page begins with the key that its parent has for it.
// bbolt finds the parent's key by the child's first one when it writes the
// child anew; where the two differ it adds a key, and the old one goes on to
// name a page that is free.
func (at tree) starts(i uint64, key []byte) bool {
	return i > 0 || at.min == nil || bytes.Equal(at.min, key)
}

// branch gives the children of a branch page and their keys.
func (in *inspector) branch(n node, at tree) (children []uint64, keys [][]byte, err error) {
	var before []byte
	n.b = bytes.Clone(n.b) // the keys stay
	children, keys = make([]uint64, 0, n.count), make([][]byte, 0, n.count)
	err = in.elements(n, func(i uint64, e element, key []byte) error {
		if !inOrder(i, key, before, at) || !at.starts(i, key) {
			return structural("order of keys")
		}
		before = key
		children, keys = append(children, e.child), append(keys, key)
		return nil
	})
	return children, keys, err
}

func (in *inspector) leaf(n node, at tree) error {
	var before []byte
	return in.elements(n, func(i uint64, e element, key []byte) error {
		switch {
		case !inOrder(i, key, before, at) || !at.starts(i, key):
			return structural("order of keys")
		case at.buckets && e.flags != 1, !at.buckets && e.flags != 0:
			return structural("a bucket in a wrong place")
		}
		before = key
		if !at.buckets {
			return nil
		}
		return in.bucket(key, n.offset+int64(e.value), e.size)
	})
}

// height is how deep the leaf pages of a sound tree lie; 0 for one of a single
// page, or where that cannot be seen.
func (in *inspector) height(id uint64) int {
	look := &inspector{f: in.f, pages: in.pages}
	for depth := range maxDepth {
		n, err := look.node(id, nil)
		if err != nil {
			return 0
		}
		if n.flags == flagLeaf {
			return depth
		}
		id = elementAt(n.b, 0, flagBranch).child
	}
	return 0
}

// bucket checks a bucket's entry: a root page, or a small leaf page inline.
func (in *inspector) bucket(name []byte, offset int64, size uint64) error {
	if size < 16 || size > pageSize {
		return structural("bucket entry")
	}
	b := make([]byte, size)
	if _, err := in.f.ReadAt(b, offset); err != nil {
		return diskFault("store.precheck", err)
	}
	if root := le.Uint64(b); root != 0 {
		var at tree
		if in.spare != "" && string(name) == in.spare {
			at.leaves = in.height(root)
		}
		return in.walk(root, at, nil)
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
		if e.value < e.key || e.value+e.size > uint64(len(p)) || e.flags != 0 || !inOrder(i, p[e.key:e.value], before, tree{}) {
			return structural("inline bucket")
		}
		before = p[e.key:e.value]
	}
	return nil
}

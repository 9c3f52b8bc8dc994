package store

import (
	"bytes"
	"hash/fnv"

	"doorstep/internal/fault"
)

// everything is the hole of a bucket of which nothing is known.
func everything() []hole { return []hole{{}} }

// climb reads what the trees give, and notes for each bucket what they do not.
// A bucket that agrees with the ledger is whole, and no value of an earlier time
// can take a place in it; one that agrees neither with it nor has a hole is not
// to be believed at all.
func (s *salvage) climb() error {
	roots, sure := s.roots()
	for _, bucket := range sealedBuckets() {
		if err := ended("store.salvage", s.ctx); err != nil {
			return err
		}
		at, ok := roots[bucket]
		if !ok || !sure {
			s.holes[bucket] = everything()
		}
		if !ok {
			continue
		}
		b := &branchWalk{s: s, bucket: bucket, seen: map[uint64]bool{}}
		if at.root != 0 {
			b.page(at.root, tree{})
		} else {
			b.leafEntries(at.inside, at.off, tree{})
		}
	}
	s.readBooks()
	old := s.old()
	for _, bucket := range sealedBuckets() {
		s.judge(bucket, old)
	}
	return nil
}

// readBooks takes the ledger that the tree gives.
func (s *salvage) readBooks() {
	p, ok := s.live[bMeta][ledgerKey]
	if !ok || p.generation == 0 {
		return
	}
	if b, err := s.plain(bMeta, []byte(ledgerKey), p); err == nil {
		if l, err := decodeLedger(b); err == nil && l.generation == p.generation {
			s.books = l
		}
	}
}

func (s *salvage) judge(bucket string, old bool) {
	got, err := s.sumOf(bucket, s.live[bucket])
	switch {
	case err == nil && s.books != nil && len(s.holes[bucket]) == 0 && got == s.books.sums[bucket]:
		s.whole[bucket] = true
	case old && len(s.holes[bucket]) == 0:
		s.whole[bucket] = true // there was no ledger to say otherwise
	case len(s.holes[bucket]) == 0:
		s.holes[bucket] = everything()
	}
}

// rootOf is where a bucket begins: a page, or entries inside its entry.
type rootOf struct {
	root   uint64
	inside []entry
	off    int64 // of the entries
}

// roots finds the buckets by the newest meta page that is whole. sure is false
// when the other is not one transaction before it: the tree may be an earlier
// one.
func (s *salvage) roots() (map[string]rootOf, bool) {
	out := map[string]rootOf{}
	root, sure := s.meta()
	if root == 0 {
		return out, false
	}
	todo, seen := []uint64{root}, map[uint64]bool{}
	for len(todo) > 0 && len(seen) < 1000 {
		id := todo[0]
		todo = todo[1:]
		if seen[id] {
			continue
		}
		seen[id] = true
		head, run, flags := s.page(id)
		switch flags {
		case flagBranch:
			todo = append(todo, children(head)...)
		case flagLeaf:
			for _, c := range entries(head, run, none) {
				if c.flags != 1 {
					continue
				}
				off := int64(id)*pageSize + int64(c.off)
				value, err := s.read(off, c.size)
				if err != nil {
					continue
				}
				r, inside := small(bytes.Clone(value))
				if r == 0 && len(inside) != s.countOf(value) {
					continue // its table is damaged: the scan takes what it can
				}
				out[string(c.key)] = rootOf{r, inside, off + 16}
			}
		default:
			sure = false
		}
	}
	return out, sure
}

// countOf is how many entries a small bucket says it has.
func (s *salvage) countOf(value []byte) int {
	if len(value) < 16+pageHead {
		return -1
	}
	return int(le.Uint16(value[16+10:]))
}

// meta is the root of the newest meta page that is whole.
func (s *salvage) meta() (root uint64, sure bool) {
	var tx [2]uint64
	var at [2]uint64
	for i := range tx {
		p, err := s.read(int64(i)*pageSize, pageSize)
		if err != nil {
			continue
		}
		m := p[pageHead : pageHead+64]
		h := fnv.New64a()
		h.Write(m[:56])
		if le.Uint32(m) == boltMagic && le.Uint32(m[4:]) == boltVersion && le.Uint64(m[56:]) == h.Sum64() {
			tx[i], at[i] = le.Uint64(m[48:]), le.Uint64(m[16:])
		}
	}
	newest := 0
	if at[0] == 0 || at[1] != 0 && tx[1] > tx[0] {
		newest = 1
	}
	return at[newest], at[0] != 0 && at[1] != 0 && tx[newest] == tx[1-newest]+1
}

// page gives a page's first bytes, those of its whole run, and its sort; 0 for
// one that is not what its head should be.
func (s *salvage) page(id uint64) (head []byte, run int, flags uint16) {
	if id < 2 || id >= uint64(s.size/pageSize) {
		return nil, 0, 0
	}
	b, err := s.read(int64(id)*pageSize, pageSize)
	if err != nil || le.Uint64(b) != id {
		return nil, 0, 0
	}
	over := uint64(le.Uint32(b[12:]))
	if over >= maxOverflow || id+over >= uint64(s.size/pageSize) {
		return nil, 0, 0
	}
	run = int(over+1) * pageSize
	head = bytes.Clone(b)
	if table := pageHead + int(le.Uint16(b[10:]))*elemSize; table > pageSize {
		// More entries than a page holds: the table goes on behind it.
		if table > run {
			return nil, 0, 0
		}
		if b, err = s.read(int64(id)*pageSize, run); err != nil {
			return nil, 0, 0
		}
		head = bytes.Clone(b)
	}
	return head, run, le.Uint16(head[8:])
}

func children(head []byte) []uint64 {
	var out []uint64
	for i := range uint64(le.Uint16(head[10:])) {
		if pageHead+(i+1)*elemSize > uint64(len(head)) {
			break
		}
		out = append(out, elementAt(head, i, flagBranch).child)
	}
	return out
}

// branchWalk reads one bucket's tree.
type branchWalk struct {
	s      *salvage
	bucket string
	seen   map[uint64]bool
}

func (b *branchWalk) lost(at tree) {
	b.s.holes[b.bucket] = append(b.s.holes[b.bucket], hole{bytes.Clone(at.min), bytes.Clone(at.max)})
}

func (b *branchWalk) page(id uint64, at tree) {
	head, run, flags := b.s.page(id)
	b.s.step(run)
	if b.seen[id] || at.depth > maxDepth || flags != flagBranch && flags != flagLeaf {
		b.lost(at)
		return
	}
	b.seen[id] = true
	count := uint64(le.Uint16(head[10:]))
	if flags == flagLeaf {
		b.leaf(head, run, int(count), int64(id)*pageSize, at)
		return
	}
	keys := make([][]byte, 0, count)
	for i := range count {
		e := elementAt(head, i, flagBranch)
		if e.key > e.value || e.value > uint64(len(head)) || !inOrder(i, head[e.key:e.value], lastOf(keys, at.min), at) {
			b.lost(at)
			return
		}
		keys = append(keys, head[e.key:e.value])
	}
	for i := range keys {
		below := tree{depth: at.depth + 1, min: keys[i], max: at.max}
		if i == 0 {
			below.min = at.min // what comes before the first key is in its page too
		}
		if i+1 < len(keys) {
			below.max = keys[i+1]
		}
		b.page(elementAt(head, uint64(i), flagBranch).child, below)
	}
	if count == 0 {
		b.lost(at)
	}
}

func lastOf(keys [][]byte, before []byte) []byte {
	if len(keys) == 0 {
		return before
	}
	return keys[len(keys)-1]
}

// leaf takes what a leaf page gives. Entries whose table is damaged leave a
// hole between their neighbours.
func (b *branchWalk) leaf(head []byte, run, count int, off int64, at tree) {
	all := make([]entry, 0, count)
	for i := range uint64(count) {
		e := elementAt(head, i, flagLeaf)
		c := entry{flags: 2}
		if e.fits(run) {
			if key := keyOf(head, e, b.s.behind(off)); key != nil {
				c = entry{e.flags, key, int(e.value), int(e.size)}
			}
		}
		all = append(all, c)
	}
	b.leafEntries(all, off, at)
}

func (b *branchWalk) leafEntries(all []entry, off int64, at tree) {
	before, broken := at.min, false
	for _, c := range all {
		p, ok := piece{}, false
		if c.flags == 0 && (before == nil || bytes.Compare(before, c.key) <= 0) && (at.max == nil || bytes.Compare(c.key, at.max) < 0) {
			p, ok = b.s.opened(b.bucket, c.key, off+int64(c.off), c.size)
		}
		if !ok {
			broken = true
			continue
		}
		if broken {
			b.lost(tree{min: before, max: c.key})
		}
		before, broken = append(bytes.Clone(c.key), 0), false
		b.s.live[b.bucket][string(c.key)] = p
	}
	if broken {
		b.lost(tree{min: before, max: at.max})
	}
}

// newestBooks is the newest ledger that could be read at all.
func (s *salvage) newestBooks() (*ledger, error) {
	p, ok := s.chosen(bMeta)[ledgerKey]
	if !ok {
		return nil, fault.New("store.salvage", fault.Missing, nil)
	}
	b, err := s.plain(bMeta, []byte(ledgerKey), p)
	if err != nil {
		return nil, err
	}
	return decodeLedger(b)
}

package store

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"

	"doorstep/internal/fault"
)

// piece is where a value lies in a data file.
type piece struct {
	off        int64
	size       int
	generation uint64 // 0 in format 1
}

// entry is a key and its value as a page's table gives them; off is the value's
// place from the begin of the run.
type entry struct {
	flags uint32
	key   []byte
	off   int
	size  int
}

const maxOverflow = 1 << 16 // pages: more than a leaf can have

// entries reads the table of a leaf page for whatever can be had of it. It trusts
// nothing: an entry that points outside ends or skips, and what is wrong in any
// other way does not open. head is the page's first bytes, run is how many
// bytes its values may take, and more gives what lies behind head.
func entries(head []byte, run int, more func(from, to uint64) []byte) []entry {
	var out []entry
	for i := uint64(0); pageHead+(i+1)*elemSize <= uint64(min(len(head), pageSize)); i++ {
		e := elementAt(head, i, flagLeaf)
		if e.flags > 1 {
			break
		}
		if e.key < pageHead+(i+1)*elemSize || !e.fits(run) {
			continue
		}
		if key := keyOf(head, e, more); key != nil {
			out = append(out, entry{e.flags, key, int(e.value), int(e.size)})
		}
	}
	return out
}

// fits says whether an element lies within a run.
func (e element) fits(run int) bool {
	return e.key < e.value && e.value-e.key <= maxKey && e.value <= uint64(run) && e.size <= uint64(run)-e.value
}

func keyOf(head []byte, e element, more func(from, to uint64) []byte) []byte {
	if e.value <= uint64(len(head)) {
		return head[e.key:e.value]
	}
	return more(e.key, e.value)
}

// none is for bytes behind which nothing lies.
func none(uint64, uint64) []byte { return nil }

// behind reads what lies behind a page's first bytes.
func (s *salvage) behind(off int64) func(from, to uint64) []byte {
	return func(from, to uint64) []byte {
		b, err := s.read(off+int64(from), int(to-from))
		if err != nil {
			return nil
		}
		return bytes.Clone(b)
	}
}

// small gives the entries of a small bucket that lies within a value, and the
// root page when it does not.
func small(value []byte) (root uint64, inside []entry) {
	if len(value) < 16 {
		return 0, nil
	}
	if root = le.Uint64(value); root != 0 || len(value) < 16+pageHead {
		return root, nil
	}
	return 0, entries(value[16:], len(value)-16, none)
}

// salvage reads a data file that cannot be trusted.
type salvage struct {
	ctx   context.Context
	f     *os.File
	size  int64
	vault *vault
	tell  *teller
	step  func(int)

	live  map[string]map[string]piece // what the tree gives, authentic
	best  map[string]map[string]piece // the newest authentic of every key that the scan met
	holes map[string][]hole
	whole map[string]bool
	books *ledger // nil when none could be read
	buf   []byte
}

// hole is a part of a bucket that the tree does not give: keys from min on,
// below max; nil is no bound.
type hole struct{ min, max []byte }

func (h hole) holds(key []byte) bool {
	return bytes.Compare(key, h.min) >= 0 && (h.max == nil || bytes.Compare(key, h.max) < 0)
}

func newSalvage(ctx context.Context, f *os.File, v *vault, step func(int)) (*salvage, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, diskFault("store.salvage", err)
	}
	s := &salvage{ctx: ctx, f: f, size: info.Size(), vault: v, tell: v.teller(), step: step,
		live: map[string]map[string]piece{}, best: map[string]map[string]piece{}, holes: map[string][]hole{}, whole: map[string]bool{}}
	for _, b := range sealedBuckets() {
		s.live[b], s.best[b] = map[string]piece{}, map[string]piece{}
	}
	return s, nil
}

// read gives the bytes of a place; they are good until the next read.
func (s *salvage) read(off int64, size int) ([]byte, error) {
	if off < 0 || size < 0 || off+int64(size) > s.size {
		return nil, io.ErrUnexpectedEOF
	}
	s.buf = slices.Grow(s.buf[:0], size)[:size]
	_, err := s.f.ReadAt(s.buf, off)
	return s.buf, err
}

// opened says whether the bytes at a place are an authentic value of a key.
func (s *salvage) opened(bucket string, key []byte, off int64, size int) (piece, bool) {
	value, err := s.read(off, size)
	if err != nil || size == 0 {
		return piece{}, false
	}
	p := piece{off: off, size: size}
	if value[0] == 1 {
		_, err = s.vault.openOne(bucket, key, value)
	} else if _, err = s.vault.open(bucket, key, value); err == nil {
		p.generation = generation(value)
	}
	return p, err == nil
}

// plain opens a value found before.
func (s *salvage) plain(bucket string, key []byte, p piece) ([]byte, error) {
	value, err := s.read(p.off, p.size)
	if err != nil {
		return nil, diskFault("store.salvage", err)
	}
	if p.generation == 0 {
		return s.vault.openOne(bucket, key, value)
	}
	return s.vault.open(bucket, key, value)
}

// scan looks at every page of the file for values, those that no tree reaches
// any more among them, of the buckets that the tree does not give whole.
func (s *salvage) scan() error {
	page := make([]byte, pageSize)
	for off := int64(0); off < s.size; off += pageSize {
		if err := ended("store.salvage", s.ctx); err != nil {
			return err
		}
		s.step(pageSize)
		n, err := s.f.ReadAt(page, off)
		if err != nil && n == 0 {
			continue // a sector that cannot be read is one more that is lost
		}
		clear(page[n:])
		run := int(min(int64(maxOverflow)*pageSize, s.size-off))
		for _, c := range entries(page, run, s.behind(off)) {
			if c.flags == 0 {
				s.try("", c.key, off+int64(c.off), c.size)
				continue
			}
			value, err := s.read(off+int64(c.off), min(c.size, pageSize))
			if err != nil {
				continue
			}
			_, inside := small(bytes.Clone(value))
			for _, in := range inside {
				s.try(string(c.key), in.key, off+int64(c.off)+16+int64(in.off), in.size)
			}
		}
	}
	return nil
}

// try keeps a value under the bucket in which it is authentic, if it is the
// newest of its key so far.
func (s *salvage) try(hint string, key []byte, off int64, size int) {
	if size < 1+29 || size > longestValue(key) {
		return
	}
	for _, bucket := range bucketsFor(hint, key) {
		if s.whole[bucket] {
			continue
		}
		have, known := s.best[bucket][string(key)]
		if known && have.off == off {
			return
		}
		if p, ok := s.opened(bucket, key, off, size); ok {
			if !known || p.generation > have.generation {
				s.best[bucket][string(key)] = p
			}
			return
		}
	}
}

// longestValue is how long the value of a key can be, as far as its shape tells.
func longestValue(key []byte) int {
	switch len(key) {
	case chunkKeySize:
		return chunkSize + pageSize
	case chunkKeySizeForm2:
		return chunkForm2 + pageSize
	}
	return maxOverflow * pageSize
}

// bucketsFor lists the buckets that a key can be of, by its shape.
func bucketsFor(hint string, key []byte) []string {
	if slices.Contains(sealedBuckets(), hint) {
		return []string{hint}
	}
	shapes := map[int][]string{24: {bChanges}, 40: {bCases}, 16: {bSummaries, bChains}, 32: {bBlobInfo, bUnsent}, chunkKeySize: {bBlobs}, chunkKeySizeForm2: {bBlobs}, 8: {bReceipts}}
	return append(shapes[len(key)], bMeta, bOperators, bSettings)
}

// chosen gives of every key of a bucket the value to keep: what the tree gives,
// and in its holes the newest that the scan met.
func (s *salvage) chosen(bucket string) map[string]piece {
	out, old := make(map[string]piece, len(s.live[bucket])), s.old()
	for k, p := range s.live[bucket] {
		if old == (p.generation == 0) {
			out[k] = p
		}
	}
	if s.whole[bucket] {
		return out
	}
	for k, p := range s.best[bucket] {
		have, known := out[k]
		in := slices.ContainsFunc(s.holes[bucket], func(h hole) bool { return h.holds([]byte(k)) })
		if in && old == (p.generation == 0) && (!known || p.generation > have.generation) {
			out[k] = p
		}
	}
	return out
}

// old says whether the file is of format 1, whose values know no generation.
func (s *salvage) old() bool {
	for _, from := range []map[string]map[string]piece{s.live, s.best} {
		for _, bucket := range from {
			for _, p := range bucket {
				if p.generation > 0 {
					return false
				}
			}
		}
	}
	return true
}

// sumOf is what a choice counts in the ledger.
func (s *salvage) sumOf(bucket string, choice map[string]piece) (sum, error) {
	var t sum
	for k, p := range choice {
		if bucket == bMeta && k == ledgerKey {
			continue
		}
		value, err := s.read(p.off, p.size)
		if err != nil || p.generation == 0 || !plausible(value) {
			return t, fault.New("store.salvage", fault.Damaged, err)
		}
		t.turn(s.tell.token(bucket, []byte(k), value), 1)
	}
	return t, nil
}

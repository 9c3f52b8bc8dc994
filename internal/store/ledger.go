package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
)

// ledgerKey is the ledger's place in the bucket meta. It does not count itself.
const ledgerKey = "ledger"

const ledgerVersion = 1

// ledger says what every sealed bucket holds, as of one transaction. A value
// that is gone, added, exchanged or of an earlier transaction does not agree
// with it, though every value there is authentic.
type ledger struct {
	generation uint64
	sums       map[string]sum
}

// sum is how many values a bucket has, and the XOR of their tokens.
type sum struct {
	n uint64
	x [32]byte
}

// turn adds a token, or takes it away, and count to the number.
func (t *sum) turn(x [32]byte, count int) {
	t.n += uint64(count)
	for i := range t.x {
		t.x[i] ^= x[i]
	}
}

func newLedger() *ledger { return &ledger{sums: map[string]sum{}} }

func (l *ledger) clone() *ledger {
	c := &ledger{l.generation, make(map[string]sum, len(l.sums))}
	for k, v := range l.sums {
		c.sums[k] = v
	}
	return c
}

// encode gives the ledger's bytes; doc.go has the form.
func (l *ledger) encode() []byte {
	b := binary.BigEndian.AppendUint64([]byte{ledgerVersion}, l.generation)
	for _, name := range sealedBuckets() {
		t := l.sums[name]
		b = append(append(b, byte(len(name))), name...)
		b = binary.BigEndian.AppendUint64(b, t.n)
		b = append(b, t.x[:]...)
	}
	return b
}

// decodeLedger is the inverse of encode. A bucket that is not named is empty.
func decodeLedger(b []byte) (*ledger, error) {
	if len(b) < 9 || b[0] == 0 {
		return nil, structural("ledger")
	}
	if b[0] > ledgerVersion {
		return nil, fault.New("store.ledger", fault.Newer, nil)
	}
	l := newLedger()
	l.generation, b = binary.BigEndian.Uint64(b[1:]), b[9:]
	for len(b) > 0 {
		n := 1 + int(b[0])
		if len(b) < n+40 {
			return nil, structural("ledger")
		}
		l.sums[string(b[1:n])] = sum{binary.BigEndian.Uint64(b[n:]), [32]byte(b[n+8:])}
		b = b[n+40:]
	}
	return l, nil
}

// readLedger gives the ledger of the transaction that tx sees.
func (s *Store) readLedger(tx *bbolt.Tx) (*ledger, error) {
	v := tx.Bucket([]byte(bMeta)).Get([]byte(ledgerKey))
	b, err := s.vault.open(bMeta, []byte(ledgerKey), v)
	if fault.KindOf(err) == fault.Missing {
		return nil, structural("the ledger is gone")
	}
	if err != nil {
		return nil, err
	}
	l, err := decodeLedger(b)
	if err == nil && l.generation != generation(v) {
		err = structural("ledger")
	}
	return l, err
}

// teller makes tokens; it is for one goroutine.
type teller struct {
	h   hash.Hash
	buf []byte
	sum [32]byte
}

func (v *vault) teller() *teller { return &teller{h: v.ledger.MAC()} }

// token is what a plausible value counts in the ledger: a keyed hash of its
// place, its transaction and the tag that vouches for its content.
func (t *teller) token(bucket string, key, value []byte) [32]byte {
	b := append(append(t.buf[:0], byte(len(bucket))), bucket...)
	b = append(append(b, key...), value[1:valueHead]...)
	t.buf = append(b, value[len(value)-tagSize:]...)
	t.h.Reset()
	t.h.Write(t.buf)
	t.h.Sum(t.sum[:0])
	return t.sum
}

// book is the ledger of a transaction under way.
type book struct {
	next  *ledger
	tell  *teller
	dirty bool
	trace []delta // what changed, kept while somebody counts
	watch bool
}

// delta is what one write did to a bucket's sum.
type delta struct {
	generation  uint64
	bucket, key string
	x           [32]byte
	count       int
}

// note enters that a key's value becomes another; nil is none.
func (b *book) note(bucket string, key, old, value []byte) error {
	d := delta{generation: b.next.generation, bucket: bucket}
	t := b.next.sums[bucket]
	for _, v := range []struct {
		value []byte
		count int
	}{{old, -1}, {value, +1}} {
		if v.value == nil {
			continue
		}
		if !plausible(v.value) {
			return fault.New("store.ledger", fault.Damaged, errors.New(bucket))
		}
		x := b.tell.token(bucket, key, v.value)
		t.turn(x, v.count)
		d.count += v.count
		for i := range x {
			d.x[i] ^= x[i]
		}
	}
	b.next.sums[bucket], b.dirty = t, true
	if b.watch {
		d.key = string(key)
		b.trace = append(b.trace, d)
	}
	return nil
}

// keepBooks runs fn, whose puts and dels are entered in the ledger, and then
// writes the ledger. The caller commits tx, and takes over the book's ledger
// when it did. The caller holds s.write, or has the store to itself.
func (s *Store) keepBooks(tx *bbolt.Tx, fn func(*bbolt.Tx) error) (*book, error) {
	b := &book{next: s.ledger.clone(), tell: s.vault.teller(), watch: s.watched()}
	b.next.generation++
	s.book = b
	defer func() { s.book = nil }()
	if err := fn(tx); err != nil || !b.dirty {
		b.next.generation--
		return b, err
	}
	value := s.vault.seal(bMeta, []byte(ledgerKey), b.next.generation, b.next.encode())
	return b, tx.Bucket([]byte(bMeta)).Put([]byte(ledgerKey), value)
}

// count reads a whole bucket, opens every value, hands its content to visit,
// which may be nil, and compares the bucket with the ledger.
func (s *Store) count(tx *bbolt.Tx, l *ledger, bucket string, visit func(key, plain []byte) error) error {
	var got sum
	tell := s.vault.teller()
	c := tx.Bucket([]byte(bucket)).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if bucket == bMeta && bytes.Equal(k, []byte(ledgerKey)) {
			continue
		}
		plain, err := s.vault.open(bucket, k, v)
		if err != nil {
			return err
		}
		got.turn(tell.token(bucket, k, v), 1)
		if visit == nil {
			continue
		}
		if err := visit(k, plain); err != nil {
			return err
		}
	}
	return l.compare(bucket, got)
}

// compare demands that what was found in a bucket is what was written.
func (l *ledger) compare(bucket string, got sum) error {
	want := l.sums[bucket]
	switch {
	case got == want:
		return nil
	case got.n < want.n:
		return structural(bucket + ": values are gone")
	case got.n > want.n:
		return structural(bucket + ": values were added")
	}
	return structural(bucket + ": values were exchanged or are of an earlier time")
}

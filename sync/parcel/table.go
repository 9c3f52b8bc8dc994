package parcel

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// Limits that both ends keep.
const (
	MaxChanges = 1024    // changes in one parcel or one bundle of news
	MaxPlain   = 4 << 20 // bytes of a table; one change of the longest sort fits
	MaxPacked  = 2 << 20 // bytes of a packed table
	// MaxBytes bounds the bytes of a whole parcel or bundle of news.
	MaxBytes = MaxPacked + 1024
	// MaxReceipt bounds the bytes of a receipt.
	MaxReceipt = 1024 + 32*MaxAsk
)

func damaged(op, what string) error { return fault.New(op, fault.Damaged, errors.New(what)) }

// packTable writes the changes behind one another and packs them.
func packTable(op string, changes []*loan.Change) (plain int, packed []byte, err error) {
	if len(changes) > MaxChanges {
		return 0, nil, fault.New(op, fault.TooLarge, errors.New("too many changes"))
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err != nil {
		return 0, nil, fault.New(op, fault.Other, err)
	}
	for _, c := range changes {
		b := c.Encode()
		plain += 4 + len(b)
		if plain > MaxPlain {
			return 0, nil, fault.New(op, fault.TooLarge, errors.New("table too long"))
		}
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(b)))
		w.Write(n[:]) // a bytes.Buffer does not fail
		w.Write(b)
	}
	if err := w.Close(); err != nil {
		return 0, nil, fault.New(op, fault.Other, err)
	}
	if out.Len() > MaxPacked {
		return 0, nil, fault.New(op, fault.TooLarge, errors.New("packed table too long"))
	}
	return plain, out.Bytes(), nil
}

// openTable is the inverse of packTable. It reads exactly count changes out of
// exactly the given bytes and checks every body against its header.
func openTable(op string, suite seal.Suite, plain int, packed []byte, count int) ([]*loan.Change, error) {
	src := bytes.NewReader(packed)
	r := flate.NewReader(src)
	b, err := io.ReadAll(io.LimitReader(r, int64(plain)+1))
	if err != nil || len(b) != plain || src.Len() != 0 {
		return nil, damaged(op, "table does not unpack")
	}
	changes := make([]*loan.Change, 0, count)
	for len(b) > 0 {
		if len(b) < 4 || len(changes) == count {
			return nil, damaged(op, "table")
		}
		n := binary.BigEndian.Uint32(b)
		b = b[4:]
		if uint64(n) > uint64(len(b)) {
			return nil, damaged(op, "table")
		}
		c, err := loan.DecodeChange(b[:n])
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if c.Body != nil && !holds(c, suite) {
			return nil, damaged(op, "body is not the one its header names")
		}
		changes = append(changes, c)
		b = b[n:]
	}
	if len(changes) != count {
		return nil, damaged(op, "number of changes")
	}
	return changes, nil
}

// holds says whether a body is the one its header names. A change does not name
// its suite: 0 tries each, for news are of laptops of every one.
func holds(c *loan.Change, suite seal.Suite) bool {
	for _, s := range seal.Suites() {
		if (suite == 0 || suite == s) && loan.BodyHashOf(sum(s), c.Salt, c.Body) == c.BodyHash {
			return true
		}
	}
	return false
}

func sum(s seal.Suite) func([]byte) loan.Hash {
	return func(b []byte) loan.Hash { return s.Sum(b) }
}

// Sum is the hash function of a suite, as package loan takes it.
func Sum(s seal.Suite) func([]byte) loan.Hash { return sum(s) }

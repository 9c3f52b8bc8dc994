package store

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

const chunkSize = 64 << 10

// MaxBlob is the most bytes one attachment may have.
const MaxBlob = 64 << 20

// BlobName is the name of content: its hash under the county's key. After
// Close it is the zero hash.
func (s *Store) BlobName(content []byte) loan.Hash {
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	if s.db == nil {
		return loan.Hash{}
	}
	return s.profile.CountyKey.Name(content)
}

func (s *Store) checkBlobs(blobs []Blob) error {
	const op = "store.blobs"
	for _, b := range blobs {
		switch {
		case len(b.Content) == 0:
			return fault.New(op, fault.Input, errors.New("empty"))
		case len(b.Content) > MaxBlob:
			return fault.New(op, fault.TooLarge, nil)
		case b.Hash.Zero() || s.BlobName(b.Content) != b.Hash:
			return fault.New(op, fault.Input, errors.New("the name is not the content's"))
		}
	}
	return nil
}

// blob writes a blob, unless it is there, and puts it in the outbox.
func (w *work) blob(b Blob, entries []Entry) error {
	if w.tx.Bucket([]byte(bBlobInfo)).Get(b.Hash[:]) != nil {
		return nil
	}
	if err := w.s.putContent(w.tx, b.Hash, b.Content); err != nil {
		return err
	}
	u := unsent{class: classOf(entries), size: uint64(len(b.Content)), order: w.tip.counter, id: caseOf(entries)}
	if err := w.s.put(w.tx, bBlobInfo, b.Hash[:], u.encode()); err != nil {
		return err
	}
	w.sends[b.Hash] = u
	return w.s.put(w.tx, bUnsent, b.Hash[:], u.encode())
}

// putContent writes a blob's content alone, for a commit and for whatever
// builds a file anew.
func (s *Store) putContent(tx *bbolt.Tx, h loan.Hash, content []byte) error {
	key := append(h[:], 0, 0, 0, 0)
	for i := uint32(0); len(content) > 0; i++ {
		n := min(len(content), chunkSize)
		binary.BigEndian.PutUint32(key[32:], i)
		if err := s.put(tx, bBlobs, append([]byte{}, key...), content[:n]); err != nil {
			return err
		}
		content = content[n:]
	}
	return nil
}

func caseOf(entries []Entry) uuid.UUID {
	for _, e := range entries {
		if e.Case != uuid.Nil {
			return e.Case
		}
	}
	return uuid.Nil
}

// Blob reads an attachment's content; fault.Missing when it is not here.
func (s *Store) Blob(ctx context.Context, h loan.Hash) ([]byte, error) {
	const op = "store.Blob"
	var out []byte
	err := s.view(ctx, op, func(tx *bbolt.Tx) (err error) {
		out, err = s.content(tx, h)
		return err
	})
	return out, err
}

// content reads a blob; fault.Missing when it is not here.
func (s *Store) content(tx *bbolt.Tx, h loan.Hash) ([]byte, error) {
	b, err := s.get(tx, bBlobInfo, h[:])
	if err != nil {
		return nil, err
	}
	u, err := decodeUnsent(b)
	if err != nil {
		return nil, err
	}
	size := int(u.size)
	out := make([]byte, 0, size)
	key := append(h[:], 0, 0, 0, 0)
	for i := uint32(0); len(out) < size; i++ {
		binary.BigEndian.PutUint32(key[32:], i)
		part, err := s.get(tx, bBlobs, key)
		if err != nil || len(part) == 0 || len(out)+len(part) > size {
			return nil, structural("a piece of a blob")
		}
		out = append(out, part...)
	}
	return out, nil
}

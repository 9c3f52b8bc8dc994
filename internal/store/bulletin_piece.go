package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
)

// BulletinRef names the bytes of one version of a bulletin that is coming.
type BulletinRef struct {
	Kind    bulletin.Kind
	Name    string
	Version uint64
	Hash    bulletin.Hash
	Size    int64
}

func (r BulletinRef) key() string { return string(r.Kind) + "/" + r.Name }

func (r BulletinRef) prefix() []byte { return piecePrefix(r.key(), r.Version) }

// piecePrefix begins the names of a version's pieces; its kind and name hold no
// slash, so no other's name begins so.
func piecePrefix(key string, version uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(bulletinPieces+key+"/"), version)
}

// KeepBulletinPiece keeps the next piece of a bulletin that is coming, behind
// those that are here; durable when it returns nil. Pieces of another version
// go. A piece that leaves the size is fault.Input.
func (s *Store) KeepBulletinPiece(ctx context.Context, r BulletinRef, offset int64, piece []byte) error {
	const op = "store.KeepBulletinPiece"
	if offset < 0 || len(piece) == 0 || offset+int64(len(piece)) > r.Size || r.Size > bulletin.MaxBytes {
		return fault.New(op, fault.Input, errors.New("piece"))
	}
	s.write.Lock()
	defer s.write.Unlock()
	return s.update(ctx, op, func(tx *bbolt.Tx) error {
		if err := s.dropPieces(tx, r.key(), r.Version); err != nil {
			return err
		}
		return s.put(tx, bSettings, binary.BigEndian.AppendUint64(r.prefix(), uint64(offset)), append(r.Hash[:], piece...))
	})
}

// BulletinPieces is what is here of a bulletin that is coming: its first bytes,
// as far as they go without a gap.
func (s *Store) BulletinPieces(ctx context.Context, r BulletinRef) ([]byte, error) {
	const op = "store.BulletinPieces"
	var out []byte
	err := s.view(ctx, op, func(tx *bbolt.Tx) error {
		prefix := r.prefix()
		c := tx.Bucket([]byte(bSettings)).Cursor()
		for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			plain, err := s.vault.open(bSettings, k, v)
			if err != nil {
				return err
			}
			at := k[len(prefix):]
			if len(at) != 8 || len(plain) < len(r.Hash) || !bytes.Equal(plain[:len(r.Hash)], r.Hash[:]) ||
				binary.BigEndian.Uint64(at) != uint64(len(out)) {
				return nil
			}
			out = append(out, plain[len(r.Hash):]...)
		}
		return nil
	})
	return out, err
}

// DropBulletinPieces takes away what came of a bulletin so far: it was not what
// was named.
func (s *Store) DropBulletinPieces(ctx context.Context, r BulletinRef) error {
	const op = "store.DropBulletinPieces"
	s.write.Lock()
	defer s.write.Unlock()
	return s.update(ctx, op, func(tx *bbolt.Tx) error { return s.dropPieces(tx, r.key(), 0) })
}

// dropPieces takes away the pieces of a bulletin, but for those of one version.
func (s *Store) dropPieces(tx *bbolt.Tx, key string, but uint64) error {
	var keep []byte
	if but > 0 {
		keep = piecePrefix(key, but)
	}
	return s.dropUnder(tx, []byte(bulletinPieces+key+"/"), keep)
}

// dropUnder takes away the settings whose names begin with a prefix, but for
// those that begin with keep, where it is given.
func (s *Store) dropUnder(tx *bbolt.Tx, prefix, keep []byte) error {
	var old [][]byte
	c := tx.Bucket([]byte(bSettings)).Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if keep == nil || !bytes.HasPrefix(k, keep) {
			old = append(old, bytes.Clone(k))
		}
	}
	for _, k := range old {
		if err := s.del(tx, bSettings, k); err != nil {
			return err
		}
	}
	return nil
}

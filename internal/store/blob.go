package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

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

func checkSizes(blobs []Blob) error {
	const op = "store.blobs"
	for _, b := range blobs {
		switch {
		case len(b.Content) == 0:
			return fault.New(op, fault.Input, errors.New("empty"))
		case len(b.Content) > MaxBlob:
			return fault.New(op, fault.TooLarge, nil)
		}
	}
	return nil
}

// blob writes a blob, unless it is there, and puts it in the outbox. One that
// was erased comes back as a new one; one whose key is lost is written again
// and stays as it was in the outbox or out of it.
func (w *work) blob(b Blob, entries []Entry) error {
	info, err := w.s.blobInfo(w.tx, b.Hash[:])
	first := fault.KindOf(err) == fault.Missing
	fresh := first || err == nil && info.state == blobErased
	if err != nil && !fresh || err == nil && !fresh && w.s.readable(info) {
		return err
	}
	if err == nil { // what is left of it stands in another place
		if err := w.s.dropChunks(w.tx, b.Hash, info); err != nil {
			return err
		}
	}
	if fresh {
		info = &blobInfo{unsent: unsent{class: classOf(entries), size: uint64(len(b.Content)), order: w.tip.counter, id: caseOf(entries)}}
	}
	info.size = uint64(len(b.Content))
	if err := w.s.putBoxes(w.tx, b.Hash, w.boxes[b.Hash], info); err != nil || !fresh {
		return err
	}
	if r := w.rows[info.id]; r != nil && first {
		r.bring(info.unsent)
	}
	w.sends[b.Hash] = info.unsent
	return w.s.put(w.tx, bUnsent, b.Hash[:], info.unsent.encode())
}

// putBlob writes a blob's content under a new key of its own, and info with
// that key, wrapped. Commit has seen to it that there is a wrapping key.
func (s *Store) putBlob(tx *bbolt.Tx, h loan.Hash, content []byte, info *blobInfo) error {
	b := sealBlob(s.data.Suite(), h, content, newRoom)
	defer b.own.Wipe()
	s.vault.place(h, b, s.book.next.generation)
	info.size = uint64(len(content))
	return s.putBoxes(tx, h, b, info)
}

// putBoxes writes a blob's chunks, sealed for their places.
func (s *Store) putBoxes(tx *bbolt.Tx, h loan.Hash, b *boxes, info *blobInfo) error {
	s.mu.RLock()
	info.number = s.images.target()
	s.mu.RUnlock()
	s.wraps.mu.RLock()
	wrapped, err := s.wraps.wrap(info.number, h[:], b.own)
	s.wraps.mu.RUnlock()
	if err != nil {
		return err
	}
	info.state, info.wrapped, info.place = blobKept, wrapped, s.book.next.generation
	if b.place != info.place {
		return fault.New("store.putBoxes", fault.Other, errors.New("chunks of another transaction"))
	}
	if err := raiseFormat(tx); err != nil {
		return err
	}
	for i, box := range b.chunks {
		if err := s.enter(tx, bBlobs, chunkKey(info.place, h[:], uint32(i)), box); err != nil {
			return err
		}
	}
	return s.putInfo(tx, h[:], info)
}

// readable says whether the key that a blob's own key is sealed under is here.
func (s *Store) readable(i *blobInfo) bool {
	s.wraps.mu.RLock()
	defer s.wraps.mu.RUnlock()
	return i.state == blobKept && s.wraps.keys[i.number] != nil
}

// firstKey makes the first wrapping key of a file that is being made, unless an
// attempt before this one did.
func (s *Store) firstKey() error {
	s.images = imageState{now: 1}
	if err := s.wraps.read(); err != nil {
		return err
	}
	return s.wraps.prepare(1)
}

func caseOf(entries []Entry) uuid.UUID {
	for _, e := range entries {
		if e.Case != uuid.Nil {
			return e.Case
		}
	}
	return uuid.Nil
}

// Blob reads an attachment's content; fault.Missing when it is not here,
// fault.Erased when its time was over, and fault.Damaged when it is not what
// was written or its key is lost.
func (s *Store) Blob(ctx context.Context, h loan.Hash) ([]byte, error) {
	return s.BlobInto(ctx, h, nil)
}

// BlobInto is Blob in the memory of buf, where that is large enough; what buf
// held is overwritten, also by a failure.
func (s *Store) BlobInto(ctx context.Context, h loan.Hash, buf []byte) ([]byte, error) {
	const op = "store.Blob"
	// A key is not destroyed while a transaction reads that still names it.
	s.wraps.mu.RLock()
	defer s.wraps.mu.RUnlock()
	var out []byte
	err := s.view(ctx, op, func(tx *bbolt.Tx) (err error) {
		out, err = s.content(tx, h, buf)
		return err
	})
	return out, err
}

// content reads a blob, into buf where that is large enough. The caller holds images.mu to read, or has the store
// to itself.
func (s *Store) content(tx *bbolt.Tx, h loan.Hash, buf []byte) ([]byte, error) {
	const op = "store.content"
	info, err := s.blobInfo(tx, h[:])
	if err != nil {
		return nil, err
	}
	if info.state == blobErased {
		return nil, fault.New(op, fault.Erased, nil)
	}
	own, err := s.wraps.unwrap(info.number, h[:], info.wrapped)
	if err != nil {
		return nil, err
	}
	defer own.Wipe()
	size := int(info.size)
	out := buf[:0]
	if cap(out) < size {
		out = make([]byte, 0, size)
	}
	piece, ok := s.pieces.Get().(*[]byte)
	if !ok {
		piece = new([]byte)
	}
	defer s.pieces.Put(piece)
	for i := uint32(0); len(out) < size; i++ {
		at := chunkKey(info.place, h[:], i)
		part, err := s.vault.openTo((*piece)[:0], bBlobs, at, tx.Bucket([]byte(bBlobs)).Get(at))
		before := len(out)
		if err == nil {
			*piece = part
			out, err = own.Open(out, part, chunkData(h[:], i))
		}
		if err != nil || len(out) == before || len(out) > size {
			return nil, structural("a piece of a blob")
		}
	}
	return out, nil
}

// needKey makes a wrapping key where there is none to seal new blobs under:
// before the first, and after the file of keys was lost. What is sealed under
// a lost key stays unreadable; nothing else is touched. The caller holds s.write.
func (s *Store) needKey(ctx context.Context) error {
	const op = "store.images"
	s.dbMu.RLock()
	closed := s.db == nil
	s.dbMu.RUnlock()
	if closed {
		return fault.New(op, fault.Busy, errors.New("closed"))
	}
	s.mu.RLock()
	st := s.images
	s.mu.RUnlock()
	s.wraps.mu.RLock()
	there := st.target() != 0 && s.wraps.keys[st.target()] != nil
	s.wraps.mu.RUnlock()
	if there {
		return nil
	}
	fresh := max(st.now, st.next) + 1
	s.wraps.mu.RLock()
	moving := s.wraps.keys[st.now] != nil
	s.wraps.mu.RUnlock()
	if moving { // the key that blobs were being moved to is lost, the one they come from is here
		st.next = fresh
	} else {
		st.now, st.next = fresh, 0
	}
	if err := s.wraps.prepare(fresh, st.now); err != nil {
		return fault.Wrap(op, err)
	}
	err := s.update(ctx, op, func(tx *bbolt.Tx) error { return s.putImageState(tx, st) })
	if err == nil {
		s.settle(st)
	}
	return err
}

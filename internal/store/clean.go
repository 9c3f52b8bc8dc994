package store

import (
	"crypto/sha256"
	"os"

	"go.etcd.io/bbolt"
)

// A file that was closed in peace has its free list on disk, and behind its
// newest meta page, where bbolt writes zeroes at every commit, a note that
// vouches for it. Such a file need not be walked to be opened.
const (
	noteAt    = 3584 // in the meta page: a sector of its own
	noteMagic = "DSTCLEAN"
	noteSize  = 8 + 8 + 32 + 32
)

// note is the text behind a meta page: that of transaction tx with this free
// list.
func note(tx uint64, free []byte) []byte {
	list := sha256.Sum256(free)
	b := append(le.AppendUint64([]byte(noteMagic), tx), list[:]...)
	all := sha256.Sum256(b)
	return append(b, all[:]...)
}

// vouches says whether the file was closed in peace with this free list.
func (m meta) vouches(free []byte) bool {
	return string(m.note[:noteSize]) == string(note(m.tx, free))
}

// closeInPeace closes a database after it wrote the free list to disk, once,
// and then writes the note; where that fails the next start walks the file.
func closeInPeace(db *bbolt.DB) error {
	const op = "store.close"
	path := db.Path()
	listed := shield(op, func() error {
		db.NoFreelistSync = false
		return db.Update(func(*bbolt.Tx) error { return nil })
	})
	if err := shield(op, db.Close); err != nil || listed != nil {
		return err
	}
	_ = vouch(path)
	return nil
}

// closeDamaged closes a database in which damage was found, and sees to it
// that no note vouches for it any more.
func closeDamaged(db *bbolt.DB) error {
	path := db.Path()
	err := shield("store.close", db.Close)
	if f, e := os.OpenFile(path, os.O_RDWR, 0); e == nil {
		for page := range int64(2) {
			_, _ = f.WriteAt(make([]byte, noteSize), page*pageSize+noteAt)
		}
		_ = f.Close()
	}
	return err
}

// vouch writes the note behind the newest meta page of a closed file. It need
// not last: it says what is so already.
func vouch(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 2*pageSize)
	if _, err := f.ReadAt(head, 0); err != nil {
		return err
	}
	m, ok := newestMeta(head)
	if !ok || m.free == noFreelist {
		return structural("meta pages")
	}
	in := &inspector{f: f, pages: m.pages}
	free, err := in.freelist(m.free)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(note(m.tx, free), int64(m.tx%2)*pageSize+noteAt)
	return err
}

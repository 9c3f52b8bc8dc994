package store

import (
	"hash/fnv"
	"os"
)

// listFrom is how many pages make a file worth a list: a smaller one is left as
// it is, and bbolt's look at it takes no time.
const listFrom = 256

// listFree writes the free list of a file that was not closed in peace and of
// which every page has been looked at, as bbolt writes one, in an empty
// transaction of its own, and the note that vouches for it. Without a list bbolt
// would look at every page once more, one after the other, with a table of all
// pages of the file in memory. The list goes behind all pages in use and is
// safe on the disk before the meta page that names it is written, beside the
// newest one: a cut at any moment leaves the file as it was or with its list.
func (in *inspector) listFree(path string, m meta) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	page := make([]byte, pageSize)
	newest := int64(m.tx%2) * pageSize
	if _, err := f.ReadAt(page, newest); err != nil {
		return err
	}
	list, free := in.freePages(m.pages)
	// The newest meta page may be one that the disk never got; see settleHead.
	for at, b := range map[int64][]byte{newest: page, int64(m.pages) * pageSize: list} {
		if _, err := f.WriteAt(b, at); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if _, err := f.WriteAt(nextMeta(page, m, uint64(len(list)/pageSize), free), pageSize-newest); err != nil {
		return err
	}
	return f.Sync()
}

// freePages is the pages of a free list that begins at page id, and the numbers
// in it: of all pages that nothing uses.
func (in *inspector) freePages(id uint64) (list, free []byte) {
	for p := uint64(2); p < in.pages; p++ {
		if in.seen[p/64].Load()&(1<<(p%64)) == 0 {
			free = le.AppendUint64(free, p)
		}
	}
	head := make([]byte, pageHead)
	le.PutUint64(head, id)
	le.PutUint16(head[8:], flagFree)
	if count := len(free) / 8; count < 0xFFFF {
		le.PutUint16(head[10:], uint16(count))
	} else {
		le.PutUint16(head[10:], 0xFFFF)
		head = le.AppendUint64(head, uint64(count))
	}
	list = append(head, free...)
	list = append(list, make([]byte, (pageSize-len(list)%pageSize)%pageSize)...)
	le.PutUint32(list[12:], uint32(len(list)/pageSize-1))
	return list, free
}

// nextMeta is the meta page of the transaction behind m, of the same content
// with a free list of so many pages behind it. page is that of m.
func nextMeta(page []byte, m meta, pages uint64, free []byte) []byte {
	b := make([]byte, pageSize)
	copy(b, page[:pageHead+64])
	le.PutUint64(b, (m.tx+1)%2)
	at := b[pageHead:]
	le.PutUint64(at[32:], m.pages)
	le.PutUint64(at[40:], m.pages+pages)
	le.PutUint64(at[48:], m.tx+1)
	h := fnv.New64a()
	h.Write(at[:56])
	le.PutUint64(at[56:], h.Sum64())
	copy(b[noteAt:], note(m.tx+1, free))
	return b
}

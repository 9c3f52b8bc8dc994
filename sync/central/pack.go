package central

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// packs are files that hold many small blobs behind one another: one sync
// makes all of them durable, and the disk writes in one stream. Those that came
// last wait in the memory they came in until they are many or synced, and then
// go past the system's cache where the system allows it: nobody reads them soon,
// and to copy them there, page by page, costs as much as to name them.
type packs struct {
	dir  string
	give func(room []byte) // takes back what write was given

	mu      sync.Mutex
	number  int64              // of the pack that is written to; 0: none yet
	file    *os.File           // the same
	base    int64              // its length, whole blocks
	pending [][]byte           // blobs that belong behind it, each of whole blocks
	staged  int64              // bytes of them
	spoilt  map[int64]bool     // packs whose sync failed
	open    map[int64]*os.File // to read
}

// place is where a blob lies in the packs; at is of its first byte.
type place struct {
	pack, at int64
}

const (
	packSize  = 256 << 20 // a pack that is longer is not added to
	packHead  = 4 + 32 + 4 + 4
	packMagic = "DSB1"
	maxRead   = 16 // packs open to read
	packBlock = 4 << 10
	packStage = 512 << 10 // bytes that are written at once, and at most a blob more
)

func newPacks(dir string, give func(room []byte)) *packs {
	return &packs{dir: filepath.Join(dir, "packs"), give: give, spoilt: map[int64]bool{}, open: map[int64]*os.File{}}
}

// blocks is a length in whole blocks.
func blocks(n int64) int64 { return (n + packBlock - 1) / packBlock * packBlock }

func (p *packs) path(n int64) string { return filepath.Join(p.dir, fmt.Sprintf("%08d.pack", n)) }

func (p *packs) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil {
		p.file.Close()
	}
	for _, f := range p.open {
		f.Close()
	}
	p.file, p.open = nil, map[int64]*os.File{}
}

// begin opens a new pack behind all that there are: what an earlier process
// left at an end that was never synced is not touched.
func (p *packs) begin() error {
	const op = "central.pack"
	if p.file != nil {
		p.file.Close()
		p.file = nil
	}
	all, err := p.numbers()
	if err != nil {
		return err
	}
	next := p.number + 1
	if len(all) == 0 {
		if err := makeDirs(p.dir); err != nil {
			return err
		}
	} else {
		next = max(next, all[len(all)-1]+1)
	}
	f, err := makePack(p.path(next))
	if err != nil {
		return diskFault(op, err)
	}
	if err := syncDir(p.dir); err != nil {
		f.Close()
		return err
	}
	p.number, p.file, p.base = next, f, 0
	return nil
}

// write puts a blob behind the others. It is not durable before a sync. room is
// as rooms give it, packHead bytes and then the blob, and is given back in its time,
// after a failure too: then nothing of the blob is there.
func (p *packs) write(h loan.Hash, room []byte) (place, error) {
	const op = "central.pack"
	b := room[packHead:]
	head := append(append(room[:0], packMagic...), h[:]...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(b)))
	binary.BigEndian.AppendUint32(head, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	n := blocks(int64(len(room)))
	clear(room[len(room):n])
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ready(); err != nil {
		p.give(room)
		return place{}, err
	}
	at := place{p.number, p.base + p.staged + packHead}
	p.pending, p.staged = append(p.pending, room), p.staged+n
	if p.staged < packStage {
		return at, nil
	}
	if err := p.flush(); err != nil {
		// Those before it wait for their own sync.
		last := len(p.pending) - 1
		p.pending, p.staged = p.pending[:last], p.staged-n
		p.give(room)
		return place{}, diskFault(op, err)
	}
	return at, nil
}

// ready sees to a pack that can be added to.
func (p *packs) ready() error {
	if p.file != nil && p.base+p.staged < packSize {
		return nil
	}
	if p.file != nil {
		if err := p.flush(); err != nil {
			return diskFault("central.pack", err)
		}
	}
	return p.begin()
}

// flush brings what is pending to the file. After a failure it is pending still.
func (p *packs) flush() error {
	if len(p.pending) == 0 {
		return nil
	}
	whole := make([][]byte, len(p.pending))
	for i, room := range p.pending {
		whole[i] = room[:blocks(int64(len(room)))]
	}
	if err := writeBlocks(p.file, whole, p.base); err != nil {
		// A full disk gets its room back.
		return errors.Join(err, p.file.Truncate(p.base))
	}
	p.base += p.staged
	p.drop()
	return nil
}

// drop gives back what is pending.
func (p *packs) drop() {
	for _, room := range p.pending {
		p.give(room)
	}
	clear(p.pending)
	p.pending, p.staged = p.pending[:0], 0
}

// sync makes what was written before durable. After a failure the pack is left
// for good, for the system may forget what it could not write, and tells it
// once: all that was not synced before must be written again.
func (p *packs) sync(wrote []place) error {
	const op = "central.pack"
	fs, err := p.unsynced(wrote)
	for _, f := range fs {
		if err == nil {
			err = syncData(f)
		}
		f.Close()
	}
	if err == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range numbers(wrote) {
		p.spoilt[n] = true
		if p.file != nil && n == p.number {
			p.file.Close()
			p.file = nil
			p.drop()
			if p.base == 0 { // a disk that stays full is not strewn with empty packs
				err = errors.Join(err, os.Remove(p.path(n)))
			}
		}
	}
	return diskFault(op, err)
}

// unsynced gives the files of what was written, all of it brought to them.
func (p *packs) unsynced(wrote []place) (fs []*os.File, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range numbers(wrote) {
		if p.spoilt[n] {
			return fs, errors.New("the pack was left")
		}
		if p.file != nil && n == p.number {
			if err := p.flush(); err != nil {
				return fs, err
			}
		}
		f, err := os.OpenFile(p.path(n), os.O_RDWR, 0)
		if err != nil {
			return fs, err
		}
		fs = append(fs, f)
	}
	return fs, nil
}

func numbers(at []place) []int64 {
	var out []int64
	for _, a := range at {
		if !slices.Contains(out, a.pack) {
			out = append(out, a.pack)
		}
	}
	return out
}

// read gives n bytes of a blob of a size, or those there are.
func (p *packs) read(at place, size, offset, n int64) ([]byte, error) {
	const op = "central.pack"
	if offset < 0 || n < 1 || offset >= size {
		return nil, fault.New(op, fault.Input, errors.New("offset behind the blob's end"))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.open[at.pack]
	if f == nil {
		for k, old := range p.open {
			if len(p.open) < maxRead {
				break
			}
			old.Close()
			delete(p.open, k)
		}
		var err error
		if f, err = os.Open(p.path(at.pack)); os.IsNotExist(err) {
			return nil, fault.New(op, fault.Missing, errors.New("the pack is gone"))
		} else if err != nil {
			return nil, diskFault(op, err)
		}
		p.open[at.pack] = f
	}
	b := make([]byte, min(n, size-offset))
	if _, err := f.ReadAt(b, at.at+offset); err == io.EOF {
		return nil, fault.New(op, fault.Damaged, errors.New("the pack is shorter than it was"))
	} else if err != nil {
		return nil, diskFault(op, err)
	}
	return b, nil
}

// there says whether a pack is as long as a blob in it needs.
func (p *packs) there(at place, size int64) bool {
	st, err := os.Stat(p.path(at.pack))
	return err == nil && st.Size() >= at.at+size
}

// stored is a blob that the database knows.
type stored struct {
	size int64
	at   place // zero: a file of its own
}

// inList gives the marks of a list of one value and more, and the values for them.
// Few lengths make few texts, which a connection keeps: a list is filled up with its
// first to the next power of two.
func inList(values []any) (marks string, filled []any) {
	n := 1
	for n < len(values) {
		n *= 2
	}
	for len(values) < n {
		values = append(values, values[0])
	}
	return strings.Repeat("?,", n-1) + "?", values
}

// mostInList keeps the text of a list short enough for a connection to keep it.
const mostInList = 128

// lookMany gives those of some blobs that the database holds.
func lookMany(ctx context.Context, q querier, county string, hs []loan.Hash) (map[loan.Hash]stored, error) {
	const op = "central.lookMany"
	out := make(map[loan.Hash]stored, len(hs))
	for part := range slices.Chunk(hs, mostInList) {
		values := make([]any, len(part))
		for i, h := range part {
			values[i] = h[:]
		}
		marks, values := inList(values)
		rows, err := q.QueryContext(ctx, `SELECT b.hash, b.size, COALESCE(p.pack, 0), COALESCE(p.at, 0) FROM blobs b
			LEFT JOIN packed p ON p.county = b.county AND p.hash = b.hash WHERE b.county = ? AND b.hash IN (`+marks+`)`, append([]any{county}, values...)...)
		if err != nil {
			return nil, diskFault(op, err)
		}
		if err := scanStored(rows, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func scanStored(rows *sql.Rows, out map[loan.Hash]stored) error {
	defer rows.Close()
	for rows.Next() {
		var b []byte
		var f stored
		if err := rows.Scan(&b, &f.size, &f.at.pack, &f.at.at); err != nil {
			return diskFault("central.lookMany", err)
		}
		var h loan.Hash
		copy(h[:], b)
		out[h] = f
	}
	return diskFault("central.lookMany", rows.Err())
}

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
	"sync"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// packs are files that hold many small blobs behind one another: one sync
// makes all of them durable, and the disk writes in one stream.
type packs struct {
	dir string

	mu     sync.Mutex
	number int64    // of the pack that is written to; 0: none yet
	file   *os.File // the same
	end    int64
	open   map[int64]*os.File // to read
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
)

func newPacks(dir string) *packs {
	return &packs{dir: filepath.Join(dir, "packs"), open: map[int64]*os.File{}}
}

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
	names, err := os.ReadDir(p.dir)
	if err != nil && !os.IsNotExist(err) {
		return diskFault(op, err)
	}
	if err != nil {
		if err := makeDirs(p.dir); err != nil {
			return err
		}
	}
	next := p.number + 1
	for _, e := range names {
		var n int64
		if _, err := fmt.Sscanf(e.Name(), "%d.pack", &n); err == nil {
			next = max(next, n+1)
		}
	}
	f, err := os.OpenFile(p.path(next), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return diskFault(op, err)
	}
	if err := syncDir(p.dir); err != nil {
		f.Close()
		return err
	}
	p.number, p.file, p.end = next, f, 0
	return nil
}

// write puts a blob behind the others. It is not durable before a sync. room is
// packHead bytes and then the blob.
func (p *packs) write(h loan.Hash, room []byte) (place, error) {
	const op = "central.pack"
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil || p.end >= packSize {
		if err := p.begin(); err != nil {
			return place{}, err
		}
	}
	b := room[packHead:]
	head := append(append(room[:0], packMagic...), h[:]...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(b)))
	binary.BigEndian.AppendUint32(head, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	if _, err := p.file.WriteAt(room, p.end); err != nil {
		// A full disk gets its room back.
		return place{}, diskFault(op, errors.Join(err, p.file.Truncate(p.end)))
	}
	at := place{p.number, p.end + packHead}
	p.end += packHead + int64(len(b))
	return at, nil
}

// sync makes what was written before durable. After a failure the pack is left
// for good, for the system may forget what it could not write; whoever wrote to
// it must write again.
func (p *packs) sync(wrote []place) error {
	const op = "central.pack"
	p.mu.Lock()
	var fs []*os.File
	var err error
	for _, n := range numbers(wrote) {
		var f *os.File
		if f, err = os.OpenFile(p.path(n), os.O_RDWR, 0); err != nil {
			break
		}
		fs = append(fs, f)
	}
	p.mu.Unlock()
	for _, f := range fs {
		if err == nil {
			err = syncData(f)
		}
		f.Close()
	}
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.file != nil {
			p.file.Close()
			p.file = nil
		}
	}
	return diskFault(op, err)
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

// lookMany gives those of some blobs that the database holds.
func lookMany(ctx context.Context, q querier, county string, hs []loan.Hash) (map[loan.Hash]stored, error) {
	const op = "central.lookMany"
	out := make(map[loan.Hash]stored, len(hs))
	const most = 128
	for len(hs) > 0 {
		part := hs[:min(most, len(hs))]
		hs = hs[len(part):]
		// Few lengths make few texts, which a connection keeps: a list is filled
		// up with its first to the next power of two.
		marks, args := []byte{'?'}, []any{county, part[0][:]}
		for n := 1; n < len(part); n *= 2 {
			marks = append(append(marks, ','), marks...)
			for i := n; i < 2*n; i++ {
				h := &part[0]
				if i < len(part) {
					h = &part[i]
				}
				args = append(args, h[:])
			}
		}
		rows, err := q.QueryContext(ctx, `SELECT b.hash, b.size, COALESCE(p.pack, 0), COALESCE(p.at, 0) FROM blobs b
			LEFT JOIN packed p ON p.county = b.county AND p.hash = b.hash WHERE b.county = ? AND b.hash IN (`+string(marks)+`)`, args...)
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

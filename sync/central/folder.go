package central

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
)

// folder keeps blobs as files: whole ones under blobs/, and ones that are
// still coming under partial/.
type folder struct {
	dir    string
	syncer *syncer
	mu     sync.Mutex
	open   map[partialKey]*partial
	dirsMu sync.Mutex
	dirs   map[string]*os.File
	verify chan struct{} // bounds the blobs held in memory at once
	packs  *packs        // nil where whole blobs are kept elsewhere
	db     querier       // says what lies in the packs
}

type partialKey struct {
	hash loan.Hash
	size int64
}

const maxOpenPartials = 256

func newFolder(dir string, db querier) *folder {
	return &folder{dir: dir, syncer: newSyncer(), open: map[partialKey]*partial{},
		dirs: map[string]*os.File{}, verify: make(chan struct{}, 2), db: db}
}

func (f *folder) close() {
	f.syncer.close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.open {
		p.close()
	}
	for _, d := range f.dirs {
		d.Close()
	}
	if f.packs != nil {
		f.packs.close()
	}
}

func (f *folder) wholePath(h loan.Hash) string {
	s := h.String()
	return filepath.Join(f.dir, "blobs", s[:2], s)
}

func (f *folder) partialPath(k partialKey) string {
	return filepath.Join(f.dir, "partial", fmt.Sprintf("%s.%d", k.hash, k.size))
}

// has says whether the whole blob's file is there, and how long it is.
func (f *folder) has(h loan.Hash) (int64, bool) {
	st, err := os.Stat(f.wholePath(h))
	if err != nil || !st.Mode().IsRegular() {
		return 0, false
	}
	return st.Size(), true
}

// read gives part of a whole blob, which is not compared with its name.
func (f *folder) read(ctx context.Context, county string, h loan.Hash, offset, n int64) ([]byte, error) {
	const op = "central.read"
	all, err := lookMany(ctx, f.db, county, []loan.Hash{h})
	if err != nil {
		return nil, err
	}
	if b := all[h]; b.at.pack != 0 {
		return f.packs.read(b.at, b.size, offset, n)
	}
	file, err := os.Open(f.wholePath(h))
	if os.IsNotExist(err) {
		return nil, fault.New(op, fault.Missing, errors.New(h.String()))
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return nil, diskFault(op, err)
	}
	if offset < 0 || n < 1 || offset >= st.Size() {
		return nil, fault.New(op, fault.Input, errors.New("offset behind the blob's end"))
	}
	b := make([]byte, min(n, st.Size()-offset))
	if _, err := file.ReadAt(b, offset); err != nil {
		return nil, diskFault(op, err)
	}
	return b, nil
}

// ready is nil: the folder is on this machine.
func (f *folder) ready(context.Context) error { return nil }

// syncPath makes a folder's entries durable.
func (f *folder) syncPath(dir string) error {
	if !foldersSync {
		return nil
	}
	f.dirsMu.Lock()
	d := f.dirs[dir]
	if d == nil {
		var err error
		if d, err = os.Open(dir); err != nil {
			f.dirsMu.Unlock()
			return diskFault("central.syncPath", err)
		}
		f.dirs[dir] = d
	}
	f.dirsMu.Unlock()
	return diskFault("central.syncPath", f.syncer.sync(d))
}

// take opens the partial file of a blob, or makes it; give must follow.
func (f *folder) take(k partialKey) (*partial, error) { return f.takeFile(k, os.O_CREATE) }

// takeFile is take, or with no flag fault.Missing where there is no file.
func (f *folder) takeFile(k partialKey, flag int) (*partial, error) {
	f.mu.Lock()
	p := f.open[k]
	if p == nil {
		f.shed()
		p = &partial{key: k, path: f.partialPath(k), had: make([]bool, chunks(k.size)),
			whole: make(chan struct{}), finished: make(chan struct{})}
		f.open[k] = p
	}
	p.users++
	f.mu.Unlock()
	if err := p.load(flag); err != nil {
		f.give(p)
		return nil, err
	}
	return p, nil
}

func (f *folder) give(p *partial) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.users--
	if p.users > 0 || !p.unwanted && !p.gone.Load() {
		return
	}
	delete(f.open, p.key)
	p.close()
	if p.unwanted {
		_ = os.Remove(p.path) // what stays is no harm: the next start sweeps it
	}
}

// shed closes a partial file nobody uses when too many are open.
func (f *folder) shed() {
	if len(f.open) < maxOpenPartials {
		return
	}
	for k, p := range f.open {
		if p.users == 0 {
			delete(f.open, k)
			p.close()
			return
		}
	}
}

func chunks(size int64) int { return int((size + parcel.ChunkSize - 1) / parcel.ChunkSize) }

// partial is a blob that is still coming. Its file holds the blob's bytes in
// their places and behind them, for each chunk, its SHA-256: a chunk is there
// exactly when both agree, so one sync makes a chunk durable and no crash can
// feign one.
type partial struct {
	key   partialKey
	path  string
	users int // under folder.mu

	unwanted bool // the blob is held otherwise; under folder.mu

	gone  atomic.Bool // finished or dropped: a later taker starts afresh
	fresh atomic.Bool // made anew, and not yet known to be of a blob that is not whole

	whole    chan struct{} // closed when no chunk is lacking
	finisher sync.Once     // of those who find it whole, one finishes it
	finished chan struct{} // closed when that one is through
	result   error         // of the finishing; read after finished

	mu      sync.Mutex
	loaded  bool
	file    *os.File
	had     []bool // written, though perhaps not yet synced
	lacking int

	signalled bool // whole is closed
}

func (p *partial) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil {
		p.file.Close()
		p.file = nil
	}
}

// load opens the file and finds out which chunks it holds.
func (p *partial) load(flag int) error {
	const op = "central.load"
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone.Load() {
		return fault.New(op, fault.Busy, errors.New("just finished"))
	}
	if p.loaded {
		return nil
	}
	file, err := os.OpenFile(p.path, os.O_RDWR, 0)
	if os.IsNotExist(err) {
		if flag == 0 {
			return fault.New(op, fault.Missing, errors.New("nothing of this blob"))
		}
		p.fresh.Store(true)
		file, err = os.OpenFile(p.path, os.O_RDWR|flag, 0o600)
	}
	if err != nil {
		return diskFault(op, err)
	}
	p.lacking = len(p.had)
	buf := make([]byte, parcel.ChunkSize)
	for i := range p.had {
		b := buf[:p.chunkLen(i)]
		var sum [32]byte
		if _, err := file.ReadAt(b, int64(i)*parcel.ChunkSize); err != nil {
			if err == io.EOF {
				break
			}
			file.Close()
			return diskFault(op, err)
		}
		if _, err := file.ReadAt(sum[:], p.sumAt(i)); err == nil && sha256.Sum256(b) == sum {
			p.had[i] = true
			p.lacking--
		}
	}
	p.file, p.loaded = file, true
	return nil
}

func (p *partial) chunkLen(i int) int64 {
	return min(parcel.ChunkSize, p.key.size-int64(i)*parcel.ChunkSize)
}

func (p *partial) sumAt(i int) int64 { return p.key.size + int64(i)*32 }

// write puts a chunk in its place, where it is not there yet.
func (p *partial) write(i int, b []byte, sum [32]byte) error {
	const op = "central.write"
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone.Load() {
		return fault.New(op, fault.Busy, errors.New("just finished"))
	}
	if !p.had[i] {
		if _, err := p.file.WriteAt(b, int64(i)*parcel.ChunkSize); err != nil {
			return diskFault(op, err)
		}
		if _, err := p.file.WriteAt(sum[:], p.sumAt(i)); err != nil {
			return diskFault(op, err)
		}
		p.had[i] = true
		p.lacking--
	}
	if p.lacking == 0 && !p.signalled {
		p.signalled = true
		close(p.whole)
	}
	return nil
}

// pour writes bytes that need not be whole chunks; full are the chunks that
// are whole with them.
func (p *partial) pour(offset int64, b []byte, full []int) error {
	const op = "central.pour"
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone.Load() {
		return fault.New(op, fault.Busy, errors.New("just finished"))
	}
	if _, err := p.file.WriteAt(b, offset); err != nil {
		return diskFault(op, err)
	}
	for _, i := range full {
		if p.had[i] {
			continue
		}
		chunk := make([]byte, p.chunkLen(i))
		if _, err := p.file.ReadAt(chunk, int64(i)*parcel.ChunkSize); err != nil {
			return diskFault(op, err)
		}
		sum := sha256.Sum256(chunk)
		if _, err := p.file.WriteAt(sum[:], p.sumAt(i)); err != nil {
			return diskFault(op, err)
		}
		p.had[i] = true
		p.lacking--
	}
	if p.lacking == 0 && !p.signalled {
		p.signalled = true
		close(p.whole)
	}
	return nil
}

// drop forgets the file: what it holds cannot be trusted.
func (p *partial) drop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone.Store(true)
	return diskFault("central.drop", os.Remove(p.path))
}

// ranges are the byte ranges still lacking.
func (p *partial) ranges() [][2]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out [][2]int64
	for i, had := range p.had {
		if had {
			continue
		}
		from := int64(i) * parcel.ChunkSize
		to := from + p.chunkLen(i)
		if n := len(out); n > 0 && out[n-1][1] == from {
			out[n-1][1] = to
		} else {
			out = append(out, [2]int64{from, to})
		}
	}
	return out
}

package central

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

var errName = errors.New("content has another name")

// putChunk takes one chunk of a blob. When it returns, the chunk is durable;
// whole says that the blob is.
func (c *Central) putChunk(ctx context.Context, county string, h loan.Hash, size, offset int64, b []byte, sum [32]byte) (whole bool, err error) {
	const op = "central.putChunk"
	switch {
	case size < 1 || size > parcel.MaxBlob:
		return false, fault.New(op, fault.TooLarge, errors.New("size of the blob"))
	case offset < 0 || offset >= size || offset%parcel.ChunkSize != 0,
		int64(len(b)) != min(parcel.ChunkSize, size-offset):
		return false, fault.New(op, fault.Input, errors.New("offset or length of the chunk"))
	case sha256.Sum256(b) != sum:
		return false, fault.New(op, fault.Input, errors.New("chunk is not the one its sum names"))
	}
	key, err := c.countyKey(county)
	if err != nil {
		return false, err
	}
	// Once more when another request finished the same blob in between.
	for range 4 {
		if held, err := c.held(ctx, county, h, key); held || err != nil {
			return held, err
		}
		if a := c.joined(county, partialKey{h, size}); a != nil {
			whole, err = c.joinChunk(ctx, a, offset, b)
			c.leave(a)
		} else {
			whole, err = c.writeChunk(ctx, county, partialKey{h, size}, int(offset/parcel.ChunkSize), b, sum, key)
		}
		if fault.KindOf(err) != fault.Busy {
			return whole, err
		}
	}
	return false, err
}

func (c *Central) writeChunk(ctx context.Context, county string, k partialKey, i int, b []byte, sum [32]byte, key *seal.Key) (bool, error) {
	p, err := c.blobs.take(k)
	if err != nil {
		return false, err
	}
	defer c.blobs.give(p)
	if err := c.early(ctx, county, p, key); err != nil {
		return false, err
	}
	if err := p.write(i, b, sum); err != nil {
		return false, err
	}
	select {
	case <-p.whole:
		return true, c.finish(ctx, county, p, key)
	case <-time.After(company):
	}
	select {
	case <-p.whole:
		return true, c.finish(ctx, county, p, key)
	default:
	}
	// After a sync that failed the system may forget what it could not write.
	if err := c.blobs.syncer.sync(p.file); err != nil {
		return false, diskFault("central.writeChunk", errors.Join(err, p.drop()))
	}
	return false, nil
}

// company is how long a chunk waits for the rest of its blob, which then is
// synced once for all.
const company = 5 * time.Millisecond

// finish moves a blob that lacks nothing to its place, if its content has its
// name, and drops it otherwise. All who call it get the one result.
func (c *Central) finish(ctx context.Context, county string, p *partial, key *seal.Key) error {
	ctx = context.WithoutCancel(ctx) // others wait for it
	p.finisher.Do(func() {
		defer close(p.finished)
		if p.result = c.settlePartial(ctx, county, p, key); p.result == nil {
			p.result = c.recordBlob(ctx, county, p.key.hash, p.key.size)
			if p.result == nil && c.shared {
				_ = os.Remove(p.path) // what stays is no harm: the blob is held
			}
		}
		p.gone.Store(true)
	})
	<-p.finished
	return p.result
}

// settlePartial is the part of finish that touches files.
func (c *Central) settlePartial(ctx context.Context, county string, p *partial, key *seal.Key) error {
	const op = "central.settle"
	p.mu.Lock()
	defer p.mu.Unlock()
	name, err := c.blobs.nameOf(p, key)
	if err != nil {
		return err
	}
	if name != p.key.hash {
		return fault.New(op, fault.Input, errors.Join(errName, os.Remove(p.path)))
	}
	if !c.shared {
		// Elsewhere the file stays as it is until the blob is recorded, so that it
		// need not be sent again when the database is away.
		if err := p.file.Truncate(p.key.size); err != nil {
			return diskFault(op, err)
		}
	}
	start := time.Now()
	if err := c.shelf.keep(ctx, county, p.key.hash, p.key.size, p.path); err != nil {
		return err
	}
	c.metrics.keep.add(time.Since(start))
	return nil
}

// keep syncs the file and moves it to its place.
func (f *folder) keep(_ context.Context, _ string, h loan.Hash, _ int64, path string) error {
	const op = "central.keep"
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return diskFault(op, err)
	}
	defer file.Close()
	if err := f.syncer.sync(file); err != nil {
		return diskFault(op, errors.Join(err, os.Remove(path)))
	}
	to := f.wholePath(h)
	if err := f.makeShelf(filepath.Dir(to)); err != nil {
		return err
	}
	if err := os.Rename(path, to); err != nil {
		return diskFault(op, err)
	}
	return f.syncPath(filepath.Dir(to))
}

// nameOf reads the whole file in pieces.
func (f *folder) nameOf(p *partial, key *seal.Key) (loan.Hash, error) {
	f.verify <- struct{}{}
	defer func() { <-f.verify }()
	name := key.Namer()
	if n, err := io.CopyBuffer(struct{ io.Writer }{name}, io.NewSectionReader(p.file, 0, p.key.size), make([]byte, 64<<10)); err != nil || n != p.key.size {
		return loan.Hash{}, diskFault("central.nameOf", errors.Join(err, io.ErrUnexpectedEOF))
	}
	return loan.Hash(name.Sum(nil)), nil
}

func (f *folder) makeShelf(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return diskFault("central.makeShelf", err)
	}
	return f.syncPath(filepath.Dir(dir))
}

// held says whether a whole blob is here for good.
func (c *Central) held(ctx context.Context, county string, h loan.Hash, key *seal.Key) (bool, error) {
	all, err := c.heldOf(ctx, county, []loan.Hash{h}, key)
	return all[h], err
}

// heldOf says which of some blobs are here for good. A file whose row was lost
// in a crash is looked at and taken in. Of a bucket the row is believed: to
// look at each object would cost more than to take one again.
func (c *Central) heldOf(ctx context.Context, county string, hs []loan.Hash, key *seal.Key) (map[loan.Hash]bool, error) {
	rows, err := lookMany(ctx, c.db, county, hs)
	if err != nil {
		return nil, err
	}
	out := make(map[loan.Hash]bool, len(hs))
	for _, h := range hs {
		b, row := rows[h]
		if c.shared {
			out[h] = row
			continue
		}
		if b.at.pack != 0 {
			out[h] = c.blobs.packs.there(b.at, b.size)
			continue
		}
		size, there := c.blobs.has(h)
		if there && !row {
			if row, err = c.takeIn(ctx, county, h, size, key); err != nil {
				return nil, err
			}
		}
		out[h] = there && row
	}
	return out, nil
}

// wholeBlob reads a blob; fault.Damaged when what is kept has another name.
func (c *Central) wholeBlob(ctx context.Context, county string, h loan.Hash, key *seal.Key) ([]byte, error) {
	b, err := c.shelf.read(ctx, county, h, 0, parcel.MaxBlob)
	if err == nil && loan.Hash(key.Name(b)) != h {
		return nil, fault.New("central.wholeBlob", fault.Damaged, errors.New(h.String()))
	}
	return b, err
}

// takeIn records a file that no row knows, if its content has its name.
func (c *Central) takeIn(ctx context.Context, county string, h loan.Hash, size int64, key *seal.Key) (bool, error) {
	b, err := c.wholeBlob(ctx, county, h, key)
	if k := fault.KindOf(err); k == fault.Input || k == fault.Damaged || err == nil && int64(len(b)) != size {
		return false, nil // empty, or spoilt
	}
	if err != nil {
		return false, err
	}
	if err := c.blobs.syncPath(filepath.Dir(c.blobs.wholePath(h))); err != nil {
		return false, err
	}
	return true, c.recordBlob(ctx, county, h, size)
}

// recordBlob makes the blob count as held, and receives the cases it completes.
func (c *Central) recordBlob(ctx context.Context, county string, h loan.Hash, size int64) error {
	fresh := false
	err := c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		fresh, err = c.record(ctx, tx, county, h, size)
		return err
	})
	if err == nil && fresh {
		c.metrics.blobs.Add(1)
	}
	if err == nil {
		c.discard(partialKey{h, size})
	}
	return err
}

// discard removes what else came of a blob that is held now.
func (c *Central) discard(k partialKey) {
	if err := c.blobs.discard(k); err != nil {
		c.log.Warn("half a blob that is whole was not removed", "blob", k.hash.String(), "error", err.Error())
	}
}

// lack answers what is not held of some blobs.
func (c *Central) lack(ctx context.Context, county string, ask []parcel.BlobSize) ([]parcel.Lack, error) {
	const op = "central.lack"
	key, err := c.countyKey(county)
	if err != nil {
		return nil, err
	}
	out := make([]parcel.Lack, 0, len(ask))
	hs := make([]loan.Hash, 0, len(ask))
	for _, a := range ask {
		if a.Size < 1 || a.Size > parcel.MaxBlob {
			return nil, fault.New(op, fault.TooLarge, errors.New("size of the blob"))
		}
		hs = append(hs, a.Hash)
	}
	c.settlingHere(ctx, county, hs) // what has come whole is not to come again
	held, err := c.heldOf(ctx, county, hs, key)
	if err != nil {
		return nil, err
	}
	for _, a := range ask {
		l := parcel.Lack{Hash: a.Hash, Held: held[a.Hash]}
		if !l.Held {
			var coming bool
			if l.Ranges, coming = c.coming(county, a); !coming {
				if l.Ranges, err = c.blobs.missing(partialKey{a.Hash, a.Size}); err != nil {
					return nil, err
				}
			}
		}
		c.recent.note(arrivalKey{county, partialKey{a.Hash, a.Size}}, l.Held)
		out = append(out, l)
	}
	return out, nil
}

// missing gives the ranges that are lacking of a blob that is not whole. Where
// all chunks came but the blob could not be finished, the last one is asked for
// again, for its sender finishes the blob.
func (f *folder) missing(k partialKey) ([][2]int64, error) {
	p, err := f.takeFile(k, 0)
	if kind := fault.KindOf(err); kind == fault.Busy || kind == fault.Missing {
		return [][2]int64{{0, k.size}}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.give(p)
	r := p.ranges()
	if len(r) == 0 {
		r = [][2]int64{{int64(len(p.had)-1) * parcel.ChunkSize, k.size}}
	}
	return r, nil
}

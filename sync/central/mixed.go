package central

import (
	"context"
	"errors"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
)

// wholeChunks are the chunks that lack any of some ranges: what is asked for by
// requests goes chunk by chunk.
func wholeChunks(ranges [][2]int64, size int64) [][2]int64 {
	var out spans
	for _, r := range ranges {
		out = out.add(r[0]/parcel.ChunkSize*parcel.ChunkSize, min(size, (r[1]+parcel.ChunkSize-1)/parcel.ChunkSize*parcel.ChunkSize))
	}
	return out
}

// joined gives the arrival of a blob that a stream brings, or nil; after one
// leave must follow.
func (c *Central) joined(county string, k partialKey) *arrival {
	c.arrivals.mu.Lock()
	defer c.arrivals.mu.Unlock()
	a := c.arrivals.all[arrivalKey{county, k}]
	if a != nil {
		a.users++
	}
	return a
}

// joinChunk takes a chunk of a blob of which a stream brought other parts; its
// results are those of writeChunk.
func (c *Central) joinChunk(ctx context.Context, a *arrival, offset int64, b []byte) (whole bool, err error) {
	const op = "central.joinChunk"
	p, err := c.pourChunk(a, offset, b)
	if err != nil {
		return false, err
	}
	if p != nil {
		defer c.blobs.give(p)
		if err := c.blobs.syncer.sync(p.file); err != nil {
			return false, diskFault(op, errors.Join(err, p.drop()))
		}
		return false, nil
	}
	select {
	case <-a.done:
		return a.result == nil, a.result
	case <-ctx.Done():
		return false, fault.New(op, fault.Cancelled, ctx.Err())
	}
}

// pourChunk writes a chunk into the arrival's partial file, which is given for
// as long as the blob is not whole; else it is being settled.
func (c *Central) pourChunk(a *arrival, offset int64, b []byte) (*partial, error) {
	a.mu.Lock()
	if a.whole {
		a.mu.Unlock()
		return nil, nil
	}
	p, err := c.pourHeld(a, offset, b)
	a.mu.Unlock()
	switch {
	case err != nil:
		c.abandon(a)
		return nil, err
	case p == nil:
		return nil, c.settle(context.Background(), a)
	}
	return p, nil
}

// pourHeld is pourChunk under a.mu.
func (c *Central) pourHeld(a *arrival, offset int64, b []byte) (*partial, error) {
	if err := c.spill(a); err != nil {
		return nil, err
	}
	if a.file == nil {
		return nil, errNoRoom
	}
	if err := a.pour(offset, b); err != nil {
		return nil, err
	}
	if a.complete() {
		a.whole = true
		return nil, nil
	}
	return c.blobs.take(a.key.partialKey)
}

// abandon forgets an arrival whose partial file is gone: another request
// finished the blob, or dropped it.
func (c *Central) abandon(a *arrival) {
	a.mu.Lock()
	if a.whole || a.file == nil || !a.file.gone.Load() {
		a.mu.Unlock()
		return
	}
	a.whole = true
	a.mu.Unlock()
	c.blobs.give(a.file)
	_ = c.settled(a, fault.New("central.abandon", fault.Busy, errors.New("just finished")))
}

package courier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

// A load is the blobs sent between two looks at the records.
const (
	loadBlobs = 64
	loadTime  = 3 * time.Second
	maxChunks = 64
	slowChunk = 3 * time.Second // a chunk that takes longer means a full pipe
)

// sendBlobs sends the next load; took says that the centre acknowledged any.
func (c *Courier) sendBlobs(ctx context.Context, box store.Outbox) (took bool, err error) {
	if s := c.road.session.Load(); s != nil {
		return c.streamBlobs(ctx, s, box)
	}
	load := c.nextLoad(box)
	if len(load) == 0 {
		return false, nil
	}
	defer c.begun()()
	lacks, err := c.askLack(ctx, load)
	if err != nil {
		return false, err
	}
	c.found(load, lacks)
	// After a load of which nothing arrived whole, one lane carries all.
	defer func() { c.road.alone.Store(!took && err == nil) }()
	done, err := c.sendLoad(ctx, load, lacks)
	// What is whole is acknowledged even if another blob failed.
	if len(done) > 0 {
		before := len(box.Blobs)
		if rerr := c.askReceipt(ctx, done, ""); rerr != nil {
			return false, errors.Join(err, rerr)
		}
		after, rerr := c.store.Outbox(ctx)
		if rerr != nil {
			return false, rerr
		}
		took = len(after.Blobs) < before
	}
	return took, err
}

func (c *Courier) nextLoad(box store.Outbox) []store.PendingBlob {
	c.mu.Lock()
	defer c.mu.Unlock()
	may := c.may()
	var out []store.PendingBlob
	for _, b := range box.Blobs {
		if _, ok := c.aside[b.Hash]; !ok && may.goes(b) && len(out) < loadBlobs {
			out = append(out, b)
		}
	}
	return out
}

func (c *Courier) askLack(ctx context.Context, load []store.PendingBlob) ([]parcel.Lack, error) {
	const op = "courier.askLack"
	var q parcel.LackRequest
	for _, b := range load {
		q.Blobs = append(q.Blobs, parcel.BlobSize{Hash: b.Hash, Size: b.Size})
	}
	body, err := json.Marshal(q)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	const limit = 8 << 20
	_, raw, err := c.road.ask(ctx, request{method: "POST", path: "/v1/lack", typ: parcel.TypeJSON, body: body, want: parcel.TypeJSON, limit: limit})
	if err != nil {
		return nil, err
	}
	var a parcel.LackResponse
	if err := json.Unmarshal(raw, &a); err != nil || len(a.Blobs) != len(load) {
		return nil, fault.New(op, fault.Untrusted, errors.New("not an answer to the question"))
	}
	for i, l := range a.Blobs {
		if l.Hash != load[i].Hash {
			return nil, fault.New(op, fault.Untrusted, errors.New("an answer to another question"))
		}
	}
	return a.Blobs, nil
}

// piece is a chunk on its way.
type piece struct {
	blob   *blobUnderWay
	offset int64
	data   []byte
}

// blobUnderWay is under load.mu.
type blobUnderWay struct {
	store.PendingBlob
	left    int  // chunks not acknowledged
	settled bool // counted as done, or failed
}

// load is one sending of several blobs; all of it is under mu.
type load struct {
	mu      sync.Mutex
	done    []loan.Hash
	err     error
	slowest time.Duration
	mixed   map[loan.Hash]bool // refused once for their name; the courier's own
}

// sendLoad sends chunks, several at once, one blob after the other, and gives
// the blobs of which every chunk arrived.
func (c *Courier) sendLoad(ctx context.Context, blobs []store.PendingBlob, lacks []parcel.Lack) ([]loan.Hash, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	l := &load{mixed: c.mixed}
	pieces := make(chan piece)
	var wg sync.WaitGroup
	for range c.window {
		wg.Go(func() {
			for p := range pieces {
				if err := c.sendPiece(ctx, l, p); err != nil {
					l.fail(err)
					stop()
				}
			}
		})
	}
	start := time.Now()
	for i, b := range blobs {
		if ctx.Err() != nil || time.Since(start) > loadTime || !c.permitted().goes(b) {
			break
		}
		if err := c.feed(ctx, l, b, lacks[i], pieces); err != nil {
			l.fail(err)
			break
		}
	}
	close(pieces)
	wg.Wait()
	switch {
	case l.err != nil:
	case l.slowest > slowChunk:
		c.window = max(2, c.window/2)
	default:
		c.window = min(maxChunks, c.window*2)
	}
	return l.done, l.err
}

func (l *load) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}

// feed cuts what is lacking of a blob into chunks. A blob that cannot be read
// here is set aside.
func (c *Courier) feed(ctx context.Context, l *load, b store.PendingBlob, lack parcel.Lack, pieces chan<- piece) error {
	if lack.Held {
		l.mu.Lock()
		l.done = append(l.done, b.Hash)
		l.mu.Unlock()
		return nil
	}
	content, err := c.store.Blob(ctx, b.Hash)
	if k := fault.KindOf(err); k == fault.Damaged || k == fault.Missing || k == fault.Erased {
		c.setAside(b, err)
		return nil
	}
	if err != nil {
		return err
	}
	offsets, err := cut(lack.Ranges, int64(len(content)))
	if err != nil {
		return err
	}
	u := &blobUnderWay{PendingBlob: b, left: len(offsets)}
	for _, at := range offsets {
		select {
		case pieces <- piece{u, at, content[at:min(int64(len(content)), at+parcel.ChunkSize)]}:
		case <-ctx.Done():
			return nil // whoever ended it says why
		}
	}
	return nil
}

// cut gives the offsets of the chunks that have bytes in some ranges.
func cut(ranges [][2]int64, size int64) ([]int64, error) {
	var out []int64
	last, next := int64(0), int64(0)
	for _, r := range ranges {
		if r[0] < last || r[1] <= r[0] || r[1] > size {
			return nil, fault.New("courier.cut", fault.Untrusted, errors.New("ranges that are none"))
		}
		for at := max(next, r[0]/parcel.ChunkSize*parcel.ChunkSize); at < r[1]; at += parcel.ChunkSize {
			out = append(out, at)
			next = at + parcel.ChunkSize
		}
		last = r[1]
	}
	if len(out) == 0 {
		return nil, fault.New("courier.cut", fault.Untrusted, errors.New("lacking, and nothing is"))
	}
	return out, nil
}

// sendPiece sends a chunk. A blob the centre does not take is set aside; what
// else fails ends the load.
func (c *Courier) sendPiece(ctx context.Context, l *load, p piece) error {
	for wait := c.road.cap.take(len(p.data)); wait > 0; wait = c.road.cap.take(len(p.data)) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	start := time.Now()
	s := sha256.Sum256(p.data)
	status, _, err := c.road.ask(ctx, request{method: "PUT",
		path: fmt.Sprintf("/v1/blob/%s/%d?size=%d", p.blob.Hash, p.offset, p.blob.Size),
		typ:  parcel.TypeChunk, body: p.data, sum: hex.EncodeToString(s[:])})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slowest = max(l.slowest, time.Since(start))
	if err != nil {
		first := !p.blob.settled
		p.blob.settled = true
		var r *refusal
		switch {
		case !errors.As(err, &r):
			return err
		case r.Code == parcel.CodeName && !first:
			return nil // the same refusal, to another chunk
		case r.Code == parcel.CodeName && !l.mixed[p.blob.Hash]:
			// Chunks of another sender may have been among them. The centre
			// has dropped them all: once more, with all of them from here.
			l.mixed[p.blob.Hash] = true
			return nil
		case r.Code == parcel.CodeName, r.status == http.StatusRequestEntityTooLarge:
			c.setAside(p.blob.PendingBlob, err)
			return nil
		}
		return err
	}
	p.blob.left--
	c.sentOf(p.blob.PendingBlob, len(p.data))
	if (p.blob.left == 0 || status == http.StatusCreated) && !p.blob.settled {
		p.blob.settled = true
		l.done = append(l.done, p.blob.Hash)
	}
	return nil
}

func (c *Courier) setAside(b store.PendingBlob, err error) {
	c.log.Warn("blob set aside", "blob", b.Hash.String(), "case", b.Case.String(), "error", err.Error())
	c.mu.Lock()
	c.aside[b.Hash] = Aside{Case: b.Case, Blob: b.Hash, Size: b.Size, Err: err}
	c.mu.Unlock()
	c.update(func(*State) {})
}

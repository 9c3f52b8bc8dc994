package central

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

// Bounds of what streams bring in.
const (
	maxPacked = 1 << 20 // a longer blob gets a file of its own
	roomBytes = 4 << 20 // of memory for blobs that are coming, at once,
	moreRooms = 4       // and for so many long ones once they come
	maxComing = 4096    // blobs that are coming, at most
	idleTime  = 2 * time.Minute
)

// arrivalKey tells counties apart: one must not finish what another began.
type arrivalKey struct {
	county string
	partialKey
}

// arrival is a blob that a stream brings: in memory while it is small and
// there is room, else in a partial file. Any bytes of it count at once, so
// that what a broken connection brought is not sent again.
type arrival struct {
	key   arrivalKey
	users int       // under arrivals.mu
	used  time.Time // under arrivals.mu: when the last user left

	mu    sync.Mutex
	got   spans
	block []byte // a head of a pack, and mem
	mem   []byte
	file  *partial
	whole bool  // nothing is lacking; who saw to that settles it
	from  *lane // that brought the last of it, and hears if it is not kept after all; nil: who asked waits

	done   chan struct{} // closed when it is settled
	result error         // read after done
}

// arrivals are all blobs that streams bring at the moment.
type arrivals struct {
	mu    sync.Mutex
	all   map[arrivalKey]*arrival
	rooms *rooms
}

func newArrivals() *arrivals {
	return &arrivals{all: map[arrivalKey]*arrival{}, rooms: newRooms(roomBytes, moreRooms)}
}

// arrive gives the arrival of a blob, or makes it; leave must follow. Where
// many half blobs fill the memory, an idle one moves to its file.
func (c *Central) arrive(county string, b parcel.BlobSize) (*arrival, error) {
	k := arrivalKey{county, partialKey{b.Hash, b.Size}}
	as := c.arrivals
	as.mu.Lock()
	if a := as.all[k]; a != nil {
		a.users++
		as.mu.Unlock()
		return a, nil
	}
	if len(as.all) >= maxComing {
		as.mu.Unlock()
		c.putAside(true)
		as.mu.Lock()
		if len(as.all) >= maxComing {
			as.mu.Unlock()
			return nil, problemOf("central.arrive", fault.Busy, parcel.CodeBusy)
		}
	}
	a := &arrival{key: k, users: 1, done: make(chan struct{})}
	as.all[k] = a
	a.mu.Lock() // others find it and wait until it is ready
	defer a.mu.Unlock()
	if b.Size <= maxPacked {
		if a.block = as.rooms.take(b.Size); a.block == nil {
			as.mu.Unlock()
			c.putAside(false)
			as.mu.Lock()
			a.block = as.rooms.take(b.Size)
		}
	}
	as.mu.Unlock()
	if a.block != nil {
		if _, err := os.Lstat(c.blobs.partialPath(k.partialKey)); err != nil {
			a.mem = a.block[packHead:]
			return a, nil
		}
		as.rooms.give(a.block)
		a.block = nil
	}
	if err := c.openFile(a); err != nil {
		as.mu.Lock()
		a.result = err
		delete(as.all, k)
		as.mu.Unlock()
		a.whole = true // nobody else settles it
		close(a.done)
		return nil, err
	}
	return a, nil
}

// openFile takes the arrival's partial file and what is in it. The caller holds
// a.mu.
func (c *Central) openFile(a *arrival) error {
	p, err := c.blobs.take(a.key.partialKey)
	if err != nil {
		return err
	}
	a.file = p
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, had := range p.had {
		if had {
			from := int64(i) * parcel.ChunkSize
			a.got = a.got.add(from, from+p.chunkLen(i))
		}
	}
	return nil
}

// leave ends the use of an arrival.
func (c *Central) leave(a *arrival) {
	c.arrivals.mu.Lock()
	defer c.arrivals.mu.Unlock()
	a.users--
	a.used = time.Now()
}

// putAside moves idle arrivals to their files: those that have been idle for
// long are forgotten with it, of the others, for room, the one that has been so
// for longest is moved. With one it is forgotten in any case.
func (c *Central) putAside(one bool) {
	as := c.arrivals
	as.mu.Lock()
	var idle []*arrival
	for _, a := range as.all {
		if a.users == 0 {
			idle = append(idle, a)
		}
	}
	slices.SortFunc(idle, func(a, b *arrival) int { return a.used.Compare(b.used) })
	old := 0
	for _, a := range idle {
		if time.Since(a.used) < idleTime && (!one || old > 0) {
			break
		}
		a.users++ // nobody else puts it aside
		old++
	}
	rest := idle[old:]
	for _, a := range rest {
		a.users++
	}
	as.mu.Unlock()
	held := c.heldAmong(idle[:old])
	for _, a := range idle[:old] {
		c.setAside(a, held[a.key.hash])
	}
	moved := old > 0
	for _, a := range rest {
		if !moved {
			a.mu.Lock()
			if a.mem != nil && !a.whole {
				moved = true
				aside := c.spill
				if c.went(a.key) {
					aside = c.drop
				}
				if err := aside(a); err != nil {
					c.log.Warn("half a blob was not kept", "blob", a.key.hash.String(), "error", err.Error())
				}
			}
			a.mu.Unlock()
		}
		as.mu.Lock()
		a.users--
		as.mu.Unlock()
	}
}

// setAside moves an idle arrival to its file and forgets it; one whose blob is
// held has no file afterwards. The caller is its user.
func (c *Central) setAside(a *arrival, held bool) {
	a.mu.Lock()
	if a.whole {
		a.mu.Unlock()
		c.leave(a)
		return
	}
	var err error
	if held {
		err = c.letFall(a)
	} else {
		err = c.spill(a)
	}
	file := a.file
	a.whole = true // a later taker starts with the file
	a.result = fault.New("central.setAside", fault.Busy, errors.New("put aside"))
	a.mu.Unlock()
	if file != nil {
		c.blobs.give(file)
	}
	if err != nil {
		c.log.Warn("half a blob was not kept", "blob", a.key.hash.String(), "error", err.Error())
	}
	c.forget(a)
	close(a.done)
}

func (c *Central) forget(a *arrival) {
	c.arrivals.mu.Lock()
	defer c.arrivals.mu.Unlock()
	delete(c.arrivals.all, a.key)
}

// spill writes what is in memory into the partial file. The caller holds a.mu.
func (c *Central) spill(a *arrival) error {
	if a.mem == nil {
		return nil
	}
	mem, got := a.mem, a.got
	defer c.arrivals.rooms.give(a.block)
	a.block, a.mem, a.got = nil, nil, nil
	if err := c.openFile(a); err != nil {
		return err
	}
	for _, r := range got {
		if err := a.pour(r[0], mem[r[0]:r[1]]); err != nil {
			return err
		}
	}
	return nil
}

// letFall gives up what came of a blob that is held already. The caller holds
// a.mu.
func (c *Central) letFall(a *arrival) error {
	if a.mem != nil {
		c.arrivals.rooms.give(a.block)
		a.block, a.mem, a.got = nil, nil, nil
	}
	if a.file == nil {
		return nil
	}
	_, err := a.file.dismiss()
	return err
}

// drop gives up what came of a blob so far; it goes on in its file, if it goes on.
// The caller holds a.mu.
func (c *Central) drop(a *arrival) error {
	c.arrivals.rooms.give(a.block)
	a.block, a.mem, a.got = nil, nil, nil
	return c.openFile(a)
}

// pour writes bytes into the partial file. The caller holds a.mu.
func (a *arrival) pour(offset int64, b []byte) error {
	end := offset + int64(len(b))
	got := a.got.add(offset, end)
	var full []int
	for i := offset / parcel.ChunkSize; i*parcel.ChunkSize < end; i++ {
		from := i * parcel.ChunkSize
		if got.has(from, from+a.file.chunkLen(int(i))) {
			full = append(full, int(i))
		}
	}
	if err := a.file.pour(offset, b, full); err != nil {
		return err
	}
	a.got = got
	return nil
}

// put takes bytes of the blob from its sender; whole says that nothing is
// lacking now, and that the caller is to settle it.
func (a *arrival) put(offset int64, b []byte) (whole bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.whole {
		return false, nil // a late one changes nothing
	}
	if a.mem != nil {
		copy(a.mem[offset:], b)
		a.got = a.got.add(offset, offset+int64(len(b)))
	} else if a.file == nil {
		return false, errNoRoom
	} else if err := a.pour(offset, b); err != nil {
		return false, err
	}
	a.whole = a.complete()
	return a.whole, nil
}

// complete says whether nothing is lacking. The caller holds a.mu.
func (a *arrival) complete() bool { return len(a.got) == 1 && a.got[0] == [2]int64{0, a.key.size} }

var errNoRoom = fault.New("central.put", fault.Disk, errors.New("no room and no file"))

// coming gives what is not yet here of a blob that a stream brings.
func (c *Central) coming(county string, b parcel.BlobSize) ([][2]int64, bool) {
	c.arrivals.mu.Lock()
	a := c.arrivals.all[arrivalKey{county, partialKey{b.Hash, b.Size}}]
	c.arrivals.mu.Unlock()
	if a == nil {
		return nil, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.whole {
		return nil, false
	}
	return a.got.gaps(b.Size), true
}

// spillAll moves all half blobs to their files, at the end.
func (c *Central) spillAll() {
	c.arrivals.mu.Lock()
	var all []*arrival
	for _, a := range c.arrivals.all {
		a.users++
		all = append(all, a)
	}
	c.arrivals.mu.Unlock()
	held := c.heldAmong(all)
	for _, a := range all {
		c.setAside(a, held[a.key.hash])
	}
}

// whole gives a whole blob whose content has its name; fault.Missing when it is
// not there, fault.Damaged when its content is another: it then no longer
// counts as held, so that it is asked for again.
func (c *Central) whole(ctx context.Context, county string, h loan.Hash, key *seal.Key) ([]byte, error) {
	const op = "central.whole"
	c.blobs.verify <- struct{}{}
	defer func() { <-c.blobs.verify }()
	b, err := c.shelf.read(ctx, county, h, 0, parcel.MaxBlob)
	if fault.KindOf(err) == fault.Input { // empty
		err = fault.New(op, fault.Damaged, errors.New(h.String()))
	}
	if err == nil && loan.Hash(key.Name(b)) != h {
		err = fault.New(op, fault.Damaged, errors.New(h.String()))
	}
	if fault.KindOf(err) == fault.Damaged && c.lockFile != nil {
		err = errors.Join(err, c.letGo(ctx, county, h))
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return b, nil
}

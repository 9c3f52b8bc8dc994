package courier

import (
	"slices"

	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

// cargo is a blob on its way. It is under the session's lock.
type cargo struct {
	store.PendingBlob
	state   cargoState
	todo    ranges // to be sent; what is under way is among them only where it is lent
	need    ranges // what the centre is not known to have
	turn    int    // how often the centre said what it lacks
	content []byte
	packed  []byte // the content, where it goes packed
	lane    *lane  // that sends of it
	tries   int    // how often a receipt did not name it
	// home is the lane that said what is lacking of a blob that a receipt did
	// not name, and the only one that sends of it. Behind a balancer the lanes
	// may end at several servers, each of which knows alone what came to it.
	home  *lane
	alone bool
	// server is where the bytes went that it lacks no longer; empty: none did, or
	// the centre names no server.
	server string
}

type cargoState uint8

const (
	unasked cargoState = iota // what the centre lacks of it is not known
	asking
	going
	arrived // all of it, as the lanes say: a receipt is to be asked for
	vouched // the receipt is being asked for
	refusedCargo
)

// ranges are byte ranges [from, to), in order.
type ranges [][2]int64

func (r ranges) size() (n int64) {
	for _, x := range r {
		n += x[1] - x[0]
	}
	return n
}

// meet are the parts of r that lie in a range.
func (r ranges) meet(from, to int64) (out ranges) {
	for _, x := range r {
		if a, b := max(x[0], from), min(x[1], to); a < b {
			out = append(out, [2]int64{a, b})
		}
	}
	return out
}

// add puts a range in, which none in r overlaps.
func (r ranges) add(x [2]int64) ranges {
	i, _ := slices.BinarySearchFunc(r, x[0], func(y [2]int64, at int64) int { return int(y[0] - at) })
	return slices.Insert(r, i, x)
}

// without is r without a range.
func (r ranges) without(from, to int64) (out ranges) {
	for _, x := range r {
		if x[0] < from {
			out = append(out, [2]int64{x[0], min(x[1], from)})
		}
		if to < x[1] {
			out = append(out, [2]int64{max(x[0], to), x[1]})
		}
	}
	return out
}

// take takes at most n bytes off the beginning.
func (r *ranges) take(n int64) (x [2]int64) {
	x = (*r)[0]
	if x[1]-x[0] <= n {
		*r = (*r)[1:]
		return x
	}
	x[1] = x[0] + n
	(*r)[0][0] = x[1]
	return x
}

// sent is a part of a blob that was sent over a lane and is not acknowledged.
type sent struct {
	*cargo
	from, to int64
	bytes    int    // of the frame: fewer than the part where it is packed
	end      uint64 // of the lane's bytes, with it
	turn     int    // of the cargo, when it was sent
	lent     bool   // another lane may send it too
}

// freight is what a session is to carry, in the order of sending. It is under
// the session's lock.
type freight struct {
	apart  bool // lanes seem to end at several servers: each sends blobs of its own
	order  []*cargo
	head   int // what stands before it has nothing to be sent
	all    map[loan.Hash]*cargo
	loaded int64    // bytes of content in memory
	spare  [][]byte // memory of contents that were carried, for the next, the smallest first
	kept   int64    // bytes of it
}

const (
	loadAhead = 6 << 20 // bytes of content in memory, but for one long blob
	loadFirst = 512 << 10
	spareSize = 1 << 20  // a piece of memory that is kept has at most so much,
	spareStep = 16 << 10 // and a multiple of this
	askAhead  = 512      // blobs whose lack is asked for in front of the sending
)

// refresh takes over the outbox's order, and what is new in it; gone says which
// blobs wait no longer.
func (f *freight) refresh(blobs []store.PendingBlob) {
	order := make([]*cargo, 0, len(blobs))
	waits := make(map[loan.Hash]bool, len(blobs))
	for _, b := range blobs {
		waits[b.Hash] = true
		c := f.all[b.Hash]
		if c == nil {
			c = &cargo{PendingBlob: b}
			f.all[b.Hash] = c
		}
		c.Urgent = b.Urgent // it may have been set meanwhile
		order = append(order, c)
	}
	for h, c := range f.all {
		if !waits[h] {
			f.unload(c)
			delete(f.all, h)
		}
	}
	f.order, f.head = order, 0
}

// open are the blobs from the first on that has something to be sent.
func (f *freight) open() []*cargo {
	for f.head < len(f.order) {
		if c := f.order[f.head]; c.state < going || c.state == going && len(c.todo) > 0 {
			break
		}
		f.head++
	}
	return f.order[f.head:]
}

func (f *freight) unload(c *cargo) {
	f.loaded -= int64(len(c.content))
	f.giveBack(c.content)
	c.content, c.packed = nil, nil
}

// giveBack keeps the memory of a content that nobody reads any more: as much as
// may be loaded, and rather large pieces, which hold any of the next.
func (f *freight) giveBack(b []byte) {
	if cap(b) == 0 || cap(b) > spareSize {
		return
	}
	i, _ := slices.BinarySearchFunc(f.spare, cap(b), func(s []byte, n int) int { return cap(s) - n })
	f.spare = slices.Insert(f.spare, i, b[:0])
	for f.kept += int64(cap(b)); f.kept > loadAhead; f.spare = slices.Delete(f.spare, 0, 1) {
		f.kept -= int64(cap(f.spare[0]))
	}
}

// room is memory for a content of a size, for the caller alone.
func (f *freight) room(size int64) []byte {
	i, _ := slices.BinarySearchFunc(f.spare, int(size), func(s []byte, n int) int { return cap(s) - n })
	if i < len(f.spare) {
		b := f.spare[i]
		f.spare = slices.Delete(f.spare, i, i+1)
		f.kept -= int64(cap(b))
		return b
	}
	return make([]byte, 0, (size+spareStep-1)/spareStep*spareStep)
}

// next is the blob of which a lane is to send: the one it sends of already,
// unless an urgent case waits, else the first that no other lane sends of, else
// the first. What a lane turns away from keeps what was sent of it, and is gone
// on with where it stopped.
func (f *freight) next(l *lane) *cargo {
	var first *cargo
	for _, c := range f.open() {
		if !c.ready(l) {
			continue
		}
		if c.lane == nil || c.lane == l || !c.lane.works() {
			if l.cargo != nil && l.cargo != c && l.cargo.ready(l) && !c.overtakes(l.cargo) {
				if first != nil && first.overtakes(l.cargo) {
					return first
				}
				return l.cargo
			}
			if first != nil && first.overtakes(c) {
				return first
			}
			return c
		}
		if first == nil && !f.apart {
			first = c
		}
	}
	return first
}

// overtakes says whether a blob goes before another that is being sent.
func (c *cargo) overtakes(o *cargo) bool { return c.Urgent && !o.Urgent }

// ready says whether a lane can send of the blob.
func (c *cargo) ready(l *lane) bool {
	return c.state == going && len(c.todo) > 0 && c.content != nil && (!c.alone || c.home == l) &&
		(c.server == "" || c.server == l.server)
}

// orphans lets those blobs be asked about anew whose lane is gone, or the lanes
// to their server are, with nothing of them under way.
func (f *freight) orphans(stranded func(*cargo) bool) {
	for _, c := range f.order {
		if c.state != going || c.need.size() != c.todo.size() {
			continue
		}
		if c.alone && (c.home == nil || !c.home.works()) || stranded(c) {
			f.anew(c)
		}
	}
}

// anew lets a blob be asked about anew.
func (f *freight) anew(c *cargo) {
	f.unload(c)
	c.state, c.todo, c.lane, c.home = unasked, nil, nil, nil
	f.head = 0
}

// toAsk are the next blobs to ask a server about, when few that are known wait.
func (f *freight) toAsk() []*cargo {
	var out []*cargo
	known := 0
	for _, c := range f.open() {
		switch c.state {
		case asking:
			return nil // one question at a time
		case going:
			if len(c.todo) > 0 {
				known++
			}
		case unasked:
			if len(out) < parcel.MaxAsk && (len(out) == 0 || c.server == out[0].server) {
				out = append(out, c)
			}
		}
		if known > askAhead/2 {
			// Enough is known, but an urgent case that is new stands before it.
			return slices.DeleteFunc(out, func(c *cargo) bool { return !c.Urgent })
		}
	}
	return out
}

// toLoad is the next blob to read from the store.
func (f *freight) toLoad() *cargo {
	for _, c := range f.open() {
		if c.state != going || len(c.todo) == 0 || c.content != nil {
			continue
		}
		if f.loaded > 0 && f.loaded+c.Size > loadAhead && !(c.Urgent && f.makeRoom(c)) {
			return nil
		}
		return c
	}
	return nil
}

// makeRoom takes contents out of memory that an urgent blob goes before, the
// last ones first; they are read again when it is their turn. It says whether
// there is room.
func (f *freight) makeRoom(c *cargo) bool {
	for _, o := range slices.Backward(f.order) {
		if f.loaded == 0 || f.loaded+c.Size <= loadAhead {
			return true
		}
		if o.content != nil && c.overtakes(o) {
			f.unload(o)
		}
	}
	return f.loaded == 0 || f.loaded+c.Size <= loadAhead
}

// got takes in the word that the centre has a part of a blob: how many bytes of
// it are news, and whether they were the last ones.
func (f *freight) got(p sent, from, to int64) (n int64, whole bool) {
	c := p.cargo
	if c.state != going || c.turn != p.turn {
		return 0, false
	}
	n = c.need.meet(from, to).size()
	c.need, c.todo = c.need.without(from, to), c.todo.without(from, to)
	if len(c.need) > 0 {
		return n, false
	}
	c.state = arrived
	f.unload(c)
	return n, true
}

// put puts what the centre lacks of a part in front again, but for what is to be
// sent anyway.
func (f *freight) put(c *cargo, lacking ranges) {
	for _, x := range c.todo {
		lacking = lacking.without(x[0], x[1])
	}
	for _, x := range lacking {
		c.todo = c.todo.add(x)
	}
	f.head = 0
}

// lacks takes in what the centre lacks of a blob, of which nothing is under way.
func (f *freight) lacks(c *cargo, l parcel.Lack) {
	f.head = 0
	c.todo = nil
	for _, r := range l.Ranges {
		c.todo = append(c.todo, r)
	}
	c.need = slices.Clone(c.todo)
	c.turn++
	c.state = going
	if l.Held || len(c.need) == 0 {
		c.state = arrived
	}
}

package central

import (
	"sync"
	"unsafe"
)

// rooms is memory for blobs that are coming, made once and used again and again,
// its beginning first, so that little of it is ever touched. The collector reckons
// with all of it, and so is not called for every few small things; so more of it is
// made only where what there is does not do.
type rooms struct {
	mu     sync.Mutex
	pieces []piece
	more   int // pieces that may be made yet
}

// piece is a part of the memory that hangs together.
type piece struct {
	mem  []byte
	used []bool // of each block
}

// longestRoom is what a blob takes at most.
const longestRoom = (packHead + maxPacked + packBlock - 1) / packBlock * packBlock

// newRooms makes room for n bytes, whole blocks, and for as many of the longest blobs
// as more says once they come.
func newRooms(n int64, more int) *rooms { return &rooms{pieces: []piece{newPiece(n)}, more: more} }

func newPiece(n int64) piece {
	b := make([]byte, n+packBlock)
	off := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (packBlock - 1)
	return piece{mem: b[off : int64(off)+n], used: make([]bool, n/packBlock)}
}

// take gives memory for a head of a pack and size bytes, as packs want it; nil
// where there is not as much in one piece.
func (r *rooms) take(size int64) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.pieces {
		if room := p.take(size); room != nil {
			return room
		}
	}
	if r.more == 0 || packHead+size > longestRoom {
		return nil
	}
	r.more--
	p := newPiece(longestRoom)
	r.pieces = append(r.pieces, p)
	return p.take(size)
}

func (p piece) take(size int64) []byte {
	n := int(blocks(packHead+size) / packBlock)
	run := 0
	for i, used := range p.used {
		if run++; used {
			run = 0
		}
		if run == n {
			from := i + 1 - n
			p.mark(from, n, true)
			return p.mem[from*packBlock:][: packHead+size : n*packBlock]
		}
	}
	return nil
}

// give takes memory back that take gave. Nobody else has it any more.
func (r *rooms) give(room []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.pieces {
		at := uintptr(unsafe.Pointer(unsafe.SliceData(room))) - uintptr(unsafe.Pointer(unsafe.SliceData(p.mem)))
		if at < uintptr(len(p.mem)) {
			p.mark(int(at/packBlock), cap(room)/packBlock, false)
			return
		}
	}
}

func (p piece) mark(from, n int, used bool) {
	for i := range n {
		p.used[from+i] = used
	}
}

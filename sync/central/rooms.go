package central

import (
	"sync"
	"unsafe"
)

// rooms is memory for blobs that are coming, made once and used again and again,
// its beginning first, so that little of it is ever touched. The collector reckons
// with all of it, and so is not called for every few small things.
type rooms struct {
	mu   sync.Mutex
	mem  []byte
	used []bool // of each block
}

// newRooms makes room for n bytes, whole blocks.
func newRooms(n int64) *rooms {
	b := make([]byte, n+packBlock)
	off := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (packBlock - 1)
	return &rooms{mem: b[off : int64(off)+n], used: make([]bool, n/packBlock)}
}

// take gives memory for a head of a pack and size bytes, as packs want it; nil
// where there is not as much in one piece.
func (r *rooms) take(size int64) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := int(blocks(packHead+size) / packBlock)
	run := 0
	for i, used := range r.used {
		if run++; used {
			run = 0
		}
		if run == n {
			from := i + 1 - n
			r.mark(from, n, true)
			return r.mem[from*packBlock:][: packHead+size : n*packBlock]
		}
	}
	return nil
}

// give takes memory back that take gave. Nobody else has it any more.
func (r *rooms) give(room []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := uintptr(unsafe.Pointer(unsafe.SliceData(room))) - uintptr(unsafe.Pointer(unsafe.SliceData(r.mem)))
	r.mark(int(at/packBlock), cap(room)/packBlock, false)
}

func (r *rooms) mark(from, n int, used bool) {
	for i := range n {
		r.used[from+i] = used
	}
}

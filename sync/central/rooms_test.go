package central

import (
	"testing"
	"unsafe"
)

func TestRooms(t *testing.T) {
	r := newRooms(8*packBlock, 0)
	address := func(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }
	one, three, four := r.take(10), r.take(3*packBlock-packHead), r.take(4*packBlock-packHead)
	t.Run("each is of whole blocks, at whole blocks, and of nobody else", func(t *testing.T) {
		for i, b := range [][]byte{one, three, four} {
			n := []int{packHead + 10, 3 * packBlock, 4 * packBlock}[i]
			if len(b) != n || int64(cap(b)) != blocks(int64(n)) || address(b)%packBlock != 0 {
				t.Errorf("%d bytes of %d at %x", len(b), cap(b), address(b)%packBlock)
			}
		}
		if address(one)+packBlock > address(three) || address(three)+3*packBlock > address(four) {
			t.Error("they overlap")
		}
		if b := r.take(1); b != nil || r.left() != 0 {
			t.Errorf("more than there is: %d bytes, %d left", len(b), r.left())
		}
	})
	t.Run("what is given back is used again, the beginning first", func(t *testing.T) {
		r.give(four)
		r.give(one)
		if b := r.take(packBlock); b == nil || address(b) != address(four) {
			t.Error("two blocks are not where four were")
		}
		if b := r.take(1); b == nil || address(b) != address(one) {
			t.Error("one block is not at the beginning")
		}
		if r.left() != 2*packBlock {
			t.Errorf("%d left", r.left())
		}
	})
	t.Run("pieces apart are not one", func(t *testing.T) {
		r := newRooms(3*packBlock, 0)
		a, b := r.take(1), r.take(1)
		r.give(a)
		if r.take(2*packBlock-packHead) != nil {
			t.Error("got two")
		}
		r.give(b)
		if r.take(3*packBlock-packHead) == nil {
			t.Error("got no three")
		}
	})
	t.Run("more is made where there is none, as often as may be", func(t *testing.T) {
		r := newRooms(2*packBlock, 2)
		small := r.take(2*packBlock - packHead)
		if len(r.pieces) != 1 || r.left() != 2*longestRoom {
			t.Fatalf("%d pieces, %d left where the first does", len(r.pieces), r.left())
		}
		if r.take(longestRoom) != nil || len(r.pieces) != 1 {
			t.Error("more was made for what is too long for it")
		}
		a, b := r.take(maxPacked), r.take(maxPacked)
		if a == nil || b == nil || address(a) == address(b) || len(r.pieces) != 3 {
			t.Fatalf("%d pieces for two long ones", len(r.pieces))
		}
		if r.take(1) != nil || r.left() != 0 {
			t.Errorf("more than there may be: %d left", r.left())
		}
		r.give(a)
		r.give(small)
		if b := r.take(packBlock); b == nil || address(b) != address(small) {
			t.Error("what was made first is not used first")
		}
		if b := r.take(maxPacked); b == nil || address(b) != address(a) || len(r.pieces) != 3 {
			t.Errorf("what was made is not used again: %d pieces", len(r.pieces))
		}
	})
}

// left is how many bytes are not in use, made or not.
func (r *rooms) left() (n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.pieces {
		for _, used := range p.used {
			if !used {
				n += packBlock
			}
		}
	}
	n += int64(r.more) * longestRoom
	return n
}

package central

import (
	"testing"
	"unsafe"
)

func TestRooms(t *testing.T) {
	r := newRooms(8 * packBlock)
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
		r := newRooms(3 * packBlock)
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
}

// left is how many bytes are not in use.
func (r *rooms) left() (n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, used := range r.used {
		if !used {
			n += packBlock
		}
	}
	return n
}

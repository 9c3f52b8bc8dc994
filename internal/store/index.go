package store

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/uuid"

	"doorstep/internal/loan"
)

// index is every case's row in memory: the rows themselves as they are stored,
// and beside them columns of what searches look at. A row keeps its slot.
type index struct {
	slots    map[uuid.UUID]uint32
	order    []uint32 // slots, the oldest first
	packed   [][]byte // row.encode
	id       []uuid.UUID
	updated  []int64 // milliseconds
	opened   []int64
	last     []uint64 // counter of this device's last change
	status   []loan.Status
	names    [2][]cell // of the student, of the co-borrower
	long     map[place][]*sound
	numbers  [4][]uint64 // ends of ID number, phone, and the co-borrower's two
	sounds   *sounds
	statuses map[loan.Status]int
}

// cell is a name of at most four characters: the number of each one's sound,
// the first one lowest. tooLong stands for any other name.
type cell uint64

const tooLong = ^cell(0)

// place is where a name stands: which column and which slot.
type place struct {
	column int
	slot   uint32
}

func newIndex() *index {
	return &index{slots: map[uuid.UUID]uint32{}, long: map[place][]*sound{}, sounds: newSounds(), statuses: map[loan.Status]int{}}
}

// load adds a row without keeping the order; sort follows.
func (ix *index) load(r *row) { ix.add(r, bytes.Clone(r.encode())) }

// add is load of a row whose encoding is at hand; the index takes it over.
func (ix *index) add(r *row, packed []byte) {
	slot := uint32(len(ix.id))
	ix.slots[r.ID] = slot
	ix.order = append(ix.order, slot)
	ix.id = append(ix.id, r.ID)
	ix.packed = append(ix.packed, nil)
	ix.updated, ix.opened, ix.last = append(ix.updated, 0), append(ix.opened, 0), append(ix.last, 0)
	ix.status = append(ix.status, 0)
	for i := range ix.names {
		ix.names[i] = append(ix.names[i], 0)
	}
	for i := range ix.numbers {
		ix.numbers[i] = append(ix.numbers[i], 0)
	}
	ix.fill(slot, r, packed)
}

// grow makes room for n more rows.
func (ix *index) grow(n int) {
	ix.order, ix.id, ix.packed = slices.Grow(ix.order, n), slices.Grow(ix.id, n), slices.Grow(ix.packed, n)
	ix.updated, ix.opened, ix.status = slices.Grow(ix.updated, n), slices.Grow(ix.opened, n), slices.Grow(ix.status, n)
	ix.last = slices.Grow(ix.last, n)
	for i := range ix.names {
		ix.names[i] = slices.Grow(ix.names[i], n)
	}
	for i := range ix.numbers {
		ix.numbers[i] = slices.Grow(ix.numbers[i], n)
	}
}

func (ix *index) fill(slot uint32, r *row, packed []byte) {
	ix.packed[slot] = packed
	ix.updated[slot], ix.opened[slot] = r.Updated.UnixMilli(), r.Opened.UnixMilli()
	ix.status[slot], ix.last[slot] = r.Status, r.last
	ix.statuses[r.Status]++
	for i, name := range [...]string{r.Name, r.Coborrower} {
		ix.names[i][slot] = ix.cellOf(name, place{i, slot})
	}
	for i, number := range [...]string{r.IDNo, r.Phone, r.CoborrowerIDNo, r.coPhone} {
		ix.numbers[i][slot] = endOf(number)
	}
}

// cellOf gives a name's cell; the sounds of a longer name it puts aside.
func (ix *index) cellOf(name string, at place) cell {
	delete(ix.long, at)
	var c cell
	n := 0
	for _, r := range name {
		if !part(r) {
			continue
		}
		s := ix.sounds.number(r)
		if n == 4 || s == 0 {
			ix.long[at] = ix.sounds.spell(name)
			return tooLong
		}
		c |= cell(s) << (16 * n)
		n++
	}
	return c
}

// urgent says whether a case goes to the centre before others; its flags stand
// where they are found without reading the row.
func (ix *index) urgent(id uuid.UUID) bool {
	slot, there := ix.slots[id]
	return there && urgencyOf(ix.packed[slot][18]) != loan.NotUrgent
}

func (ix *index) sort() { slices.SortFunc(ix.order, ix.compare) }

// compare orders slots by age.
func (ix *index) compare(a, b uint32) int {
	return cmp.Or(cmp.Compare(ix.updated[a], ix.updated[b]), bytes.Compare(ix.id[a][:], ix.id[b][:]))
}

// put adds or replaces a row in its place.
func (ix *index) put(r *row) {
	slot, there := ix.slots[r.ID]
	if !there {
		ix.load(r)
		slot = ix.slots[r.ID]
		ix.order = ix.order[:len(ix.order)-1]
	} else {
		if i, ok := slices.BinarySearchFunc(ix.order, slot, ix.compare); ok {
			ix.order = slices.Delete(ix.order, i, i+1)
		}
		ix.statuses[ix.status[slot]]--
		ix.fill(slot, r, bytes.Clone(r.encode()))
	}
	i, _ := slices.BinarySearchFunc(ix.order, slot, ix.compare)
	ix.order = slices.Insert(ix.order, i, slot)
}

// drop takes a row out, and what it says out of memory. Its slot stays empty.
func (ix *index) drop(id uuid.UUID) {
	slot, there := ix.slots[id]
	if !there {
		return
	}
	if i, ok := slices.BinarySearchFunc(ix.order, slot, ix.compare); ok {
		ix.order = slices.Delete(ix.order, i, i+1)
	}
	ix.statuses[ix.status[slot]]--
	delete(ix.slots, id)
	clear(ix.packed[slot])
	ix.packed[slot] = nil
	for i := range ix.names {
		ix.names[i][slot] = 0
		delete(ix.long, place{i, slot})
	}
	for i := range ix.numbers {
		ix.numbers[i][slot] = endOf("")
	}
}

// row is the row of a slot, the caller's own.
func (ix *index) row(slot uint32) *row {
	r, err := decodeSummary(ix.packed[slot])
	if err != nil {
		panic(err) // what encode wrote, or decodeSummary has read before
	}
	return r
}

// endOf packs the last 16 characters of a number, four bits each, the last one
// lowest: a digit as itself, x as 10, nothing and anything else as 15.
func endOf(number string) uint64 {
	v := ^uint64(0)
	for i := range min(len(number), 16) {
		v = v&^(15<<(4*i)) | uint64(digit(number[len(number)-1-i]))<<(4*i)
	}
	return v
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c == 'x' || c == 'X':
		return 10
	}
	return 15
}

package store

import "math/bits"

// hearing is how one word of a query is heard in names. For every sound there
// is, it knows where in the word one comes to from each place, as a set of
// places; the place behind the word stands for all of it heard.
type hearing struct {
	word   string
	sounds *sounds
	to     [][]uint64     // to[place][sound]; nil for a word too long for sets
	parts  [1 << 16]uint8 // by sound: what it can be of the word
}

// What a sound can be of a word.
const (
	begins = 1 << iota // at its begin
	goesOn             // behind its begin
	whole              // all of it
)

const longest = 63 // bytes of a word that has sets

func newHearing(word string, d *sounds) *hearing {
	h := &hearing{word: word, sounds: d}
	h.parts[uint16(tooLong&(1<<16-1))] = whole // it must be looked at
	if len(word) > longest {
		for n := range d.list {
			h.parts[n] = whole // it must be looked at
		}
		return h
	}
	h.to = make([][]uint64, len(word))
	all := make([]uint64, len(word)*len(d.list))
	for at := range h.to {
		h.to[at] = all[at*len(d.list) : (at+1)*len(d.list)]
		for n, s := range d.list[1:] {
			if s.begins&letter(word[at]) == 0 && s.char[0] != word[at] {
				continue // as most do
			}
			h.to[at][n+1] = s.leads(word, at)
			h.parts[n+1] |= h.part(at, h.to[at][n+1])
		}
	}
	return h
}

// leads is the set of places a sound leads to from one.
func (s *sound) leads(word string, at int) uint64 {
	var next places
	if s.takes(word[at:], at, &next) {
		next.add(len(word))
	}
	return next[0]
}

func (h *hearing) part(at int, to uint64) (p uint8) {
	switch {
	case to == 0:
		return 0
	case at > 0:
		return goesOn
	case to>>len(h.word) != 0:
		return begins | whole
	}
	return begins
}

// may says whether the word may be heard in a name: some sound is all of it,
// or begins it and the next one goes on.
func (h *hearing) may(c cell) uint8 {
	p := &h.parts
	a, b, x, y := p[uint16(c)], p[uint16(c>>16)], p[uint16(c>>32)], p[uint16(c>>48)]
	return ((a|b|x|y)>>2 | a&(b>>1) | b&(x>>1) | x&(y>>1)) & 1
}

// sift keeps of slots those in which the word is heard.
func (h *hearing) sift(ix *index, slots []uint32) []uint32 {
	kept, of, co := slots[:0], ix.names[0], ix.names[1]
	for _, slot := range slots {
		a, b := of[slot], co[slot]
		if h.may(a)|h.may(b) != 0 && (h.in(a, ix, place{0, slot}) || h.in(b, ix, place{1, slot})) {
			kept = append(kept, slot)
		}
	}
	return kept
}

// in says whether the word is heard in a name.
func (h *hearing) in(c cell, ix *index, at place) bool {
	if c == tooLong {
		return heard(h.word, ix.long[at])
	}
	if h.to == nil {
		var name []*sound
		for ; c != 0; c >>= 16 {
			name = append(name, h.sounds.list[uint16(c)])
		}
		return heard(h.word, name)
	}
	for at := uint64(0); c != 0; c >>= 16 {
		n := uint16(c)
		next := h.to[0][n]
		for rest := at; rest != 0; rest &= rest - 1 {
			next |= h.to[bits.TrailingZeros64(rest)][n]
		}
		if next>>len(h.word) != 0 {
			return true
		}
		at = next
	}
	return false
}

package store

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// sound is how a character of a name can be typed.
type sound struct {
	char     string   // lower case
	readings []string // pinyin without tones: every reading
	initials []string // first letters and zh, ch, sh of the readings, each once
	begins   uint32   // set of the letters a to z that any of them begins with
}

// sounds is every character met in a name, each with a number from 1.
type sounds struct {
	of   map[rune]uint16
	list []*sound // list[0] is nobody's
}

// maxSounds is how many characters have numbers; what comes after has none.
const maxSounds = 1<<16 - 2

func newSounds() *sounds { return &sounds{of: map[rune]uint16{}, list: []*sound{nil}} }

// number is the number of a character; 0 when there are too many of them.
func (d *sounds) number(c rune) uint16 {
	n, ok := d.of[c]
	if !ok && len(d.list) <= maxSounds {
		n = uint16(len(d.list))
		d.list = append(d.list, newSound(c))
		d.of[c] = n
	}
	return n
}

// spell gives the sounds of a name's characters.
func (d *sounds) spell(name string) []*sound {
	var out []*sound
	for _, c := range name {
		if !part(c) {
			continue
		}
		if n := d.number(c); n != 0 {
			out = append(out, d.list[n])
		} else {
			out = append(out, newSound(c))
		}
	}
	return out
}

// part says whether a character counts in a name: not the dot between
// segments, and not a space.
func part(c rune) bool { return !unicode.IsSpace(c) && !unicode.IsPunct(c) }

func newSound(c rune) *sound {
	s := &sound{char: string(unicode.ToLower(c))}
	s.begins = letter(s.char[0])
	args := pinyin.NewArgs()
	args.Heteronym = true
	for _, p := range pinyin.SinglePinyin(c, args) {
		s.add(p)
		if strings.Contains(p, "v") {
			s.add(strings.ReplaceAll(p, "v", "u")) // 吕 is typed lv or lu
		}
	}
	return s
}

func (s *sound) add(reading string) {
	if reading == "" || slices.Contains(s.readings, reading) {
		return
	}
	s.readings = append(s.readings, reading)
	s.begins |= letter(reading[0])
	heads := []string{reading[:1]}
	if len(reading) > 2 && reading[1] == 'h' {
		heads = append(heads, reading[:2])
	}
	for _, h := range heads {
		if !slices.Contains(s.initials, h) {
			s.initials = append(s.initials, h)
		}
	}
}

// letter is the set of one letter; empty for any other byte.
func letter(c byte) uint32 {
	if c < 'a' || c > 'z' {
		return 0
	}
	return 1 << (c - 'a')
}

// heard says whether q is some run of the name's characters, each given as
// itself, as a whole reading or as its initial; of the last a part will do.
// It walks the name once with the set of places in q it may have come to.
func heard(q string, name []*sound) bool {
	var at places
	for _, s := range name {
		at.add(0)
		var next places
		for i := range len(q) {
			if !at.has(i) {
				continue
			}
			if s.takes(q[i:], i, &next) {
				return true
			}
		}
		if next.has(len(q)) {
			return true
		}
		at = next
	}
	return false
}

// takes adds to next every place behind what the character can stand for at
// the head of rest, which begins at i; true when rest is a part of a reading.
func (s *sound) takes(rest string, i int, next *places) bool {
	if strings.HasPrefix(rest, s.char) {
		next.add(i + len(s.char))
	}
	if s.begins&letter(rest[0]) == 0 {
		return false
	}
	for _, r := range s.readings {
		if strings.HasPrefix(r, rest) {
			return true
		}
		if strings.HasPrefix(rest, r) {
			next.add(i + len(r))
		}
	}
	for _, h := range s.initials {
		if strings.HasPrefix(rest, h) {
			next.add(i + len(h))
		}
	}
	return false
}

// places is a set of offsets in a query word, which has at most maxWord bytes.
type places [2]uint64

func (p *places) add(i int)      { p[i>>6] |= 1 << (i & 63) }
func (p *places) has(i int) bool { return p[i>>6]&(1<<(i&63)) != 0 }

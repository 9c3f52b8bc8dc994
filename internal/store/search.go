package store

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"github.com/mozillazg/go-pinyin"

	"doorstep/internal/loan"
)

// index is every case's row in memory, newest first.
type index struct {
	rows   map[uuid.UUID]*row
	order  []*row
	sounds map[rune]*sound
	status map[loan.Status]int
}

// sound is how a character of a name can be typed.
type sound struct {
	char     string   // lower case
	readings []string // pinyin without tones: every reading
	initials []string // first letters and zh, ch, sh of the readings, each once
	begins   uint32   // set of the letters a to z that any of them begins with
}

func newIndex() *index {
	return &index{rows: map[uuid.UUID]*row{}, sounds: map[rune]*sound{}, status: map[loan.Status]int{}}
}

// load adds a row without keeping the order; sort follows.
func (ix *index) load(r *row) {
	ix.dress(r)
	ix.rows[r.ID] = r
	ix.order = append(ix.order, r)
	ix.status[r.Status]++
}

func (ix *index) sort() { slices.SortFunc(ix.order, newer) }

func newer(a, b *row) int {
	if c := b.Updated.Compare(a.Updated); c != 0 {
		return c
	}
	return bytes.Compare(b.ID[:], a.ID[:])
}

// put adds or replaces a row in its place.
func (ix *index) put(r *row) {
	if old := ix.rows[r.ID]; old != nil {
		if i, ok := slices.BinarySearchFunc(ix.order, old, newer); ok {
			ix.order = slices.Delete(ix.order, i, i+1)
		}
		ix.status[old.Status]--
	}
	ix.dress(r)
	ix.rows[r.ID] = r
	ix.status[r.Status]++
	i, _ := slices.BinarySearchFunc(ix.order, r, newer)
	ix.order = slices.Insert(ix.order, i, r)
}

func (ix *index) dress(r *row) { r.name, r.co = ix.soundsOf(r.Name), ix.soundsOf(r.Coborrower) }

func (ix *index) soundsOf(name string) []*sound {
	var out []*sound
	for _, c := range name {
		if !part(c) {
			continue
		}
		s := ix.sounds[c]
		if s == nil {
			s = newSound(c)
			ix.sounds[c] = s
		}
		out = append(out, s)
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

// query is what was typed, taken apart at spaces; every word must be found.
type query []word

type word struct {
	text   string
	number bool // the end of an ID or phone number
}

const (
	maxWord  = 100 // bytes; longer ones are cut
	maxWords = 8
)

func parseQuery(text string) query {
	var q query
	for w := range strings.FieldsSeq(strings.ToLower(narrow(text))) {
		number := strings.Trim(strings.TrimSuffix(w, "x"), "0123456789") == ""
		if !number {
			w = strings.Map(func(r rune) rune {
				if part(r) {
					return r
				}
				return -1
			}, w)
		}
		if w != "" && len(q) < maxWords {
			q = append(q, word{w[:min(len(w), maxWord)], number && w != "x"})
		}
	}
	return q
}

// narrow turns full-width letters and digits, which an input method may
// write, into plain ones.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, s)
}

func (q query) finds(r *row) bool {
	for _, w := range q {
		switch {
		case w.number:
			if !ends(r.IDNo, w.text) && !ends(r.Phone, w.text) && !ends(r.coIDNo, w.text) && !ends(r.coPhone, w.text) {
				return false
			}
		case !heard(w.text, r.name) && !heard(w.text, r.co):
			return false
		}
	}
	return true
}

func ends(number, tail string) bool {
	n, m := len(number), len(tail)
	return n >= m && number[n-1]|0x20 == tail[m-1]|0x20 && strings.EqualFold(number[len(number)-len(tail):], tail)
}

// Search lists the cases that match, newest first, at most limit of them; a
// limit of 0 or less is none. A word of the query is a part of a student's or
// co-borrower's name as characters, pinyin of any reading, initials, or a mix
// of them; a number is the end of an ID or phone number. Empty lists all.
func (s *Store) Search(query string, limit int) []Summary {
	q := parseQuery(query)
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Summary
	for _, r := range s.index.order {
		if limit > 0 && len(out) == limit {
			break
		}
		if q.finds(r) {
			out = append(out, s.summary(r))
		}
	}
	return out
}

func (s *Store) summary(r *row) Summary {
	out := r.Summary
	out.Sent = r.last <= s.acked && s.outbox.waiting[r.ID] == 0
	return out
}

// Summary is one case's row; false when there is no such case.
func (s *Store) Summary(id uuid.UUID) (Summary, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.index.rows[id]
	if r == nil {
		return Summary{}, false
	}
	return s.summary(r), true
}

// Counts is the store in numbers.
type Counts struct {
	Cases    int
	ByStatus map[loan.Status]int
	Changes  uint64 // not acknowledged
	Blobs    int    // not acknowledged
	Bytes    int64  // of those blobs
}

// Count gives the store in numbers, from memory.
func (s *Store) Count() Counts {
	s.mu.RLock()
	defer s.mu.RUnlock()
	by := map[loan.Status]int{}
	for st, n := range s.index.status {
		if n > 0 {
			by[st] = n
		}
	}
	return Counts{Cases: len(s.index.rows), ByStatus: by, Changes: s.tip.counter - min(s.acked, s.tip.counter),
		Blobs: len(s.outbox.blobs), Bytes: s.outbox.bytes}
}

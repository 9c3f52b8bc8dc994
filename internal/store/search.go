package store

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"doorstep/internal/loan"
)

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

// Narrows says whether a query is about one person, by what is searched for of it:
// two characters of a name, its pinyin beyond one syllable, or four of the end of a
// number. Signs, a surname alone and an empty query are not.
func Narrows(text string) bool {
	return slices.ContainsFunc(parseQuery(text), func(w word) bool {
		n := utf8.RuneCountInString(w.text)
		return n >= 4 && (w.number || !syllable.MatchString(w.text)) || n >= 2 && n < len(w.text)
	})
}

// syllable is one syllable of pinyin, or its beginning.
var syllable = regexp.MustCompile(`^([zcs]h?|[bpmfdtnlgkhjqxryw])?[aeiouv]{0,3}(n?g?|r)$`)

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

// seeker is a query made ready for an index.
type seeker struct {
	ix    *index
	ends  []ending
	names []*hearing
}

// ending is the end of a number: as packed by endOf, and the bits that count.
type ending struct {
	bits, mask uint64
	text       string
}

func (ix *index) seek(q query) *seeker {
	s := &seeker{ix: ix}
	for _, w := range q {
		if !w.number {
			s.names = append(s.names, newHearing(w.text, ix.sounds))
			continue
		}
		mask := ^uint64(0)
		if len(w.text) < 16 {
			mask = 1<<(4*len(w.text)) - 1
		}
		s.ends = append(s.ends, ending{endOf(w.text) & mask, mask, w.text})
	}
	return s
}

// sift keeps of slots those in which every word of the query is found.
func (s *seeker) sift(slots []uint32) []uint32 {
	for i := range s.ends {
		slots = s.ends[i].sift(s.ix, slots)
	}
	for _, h := range s.names {
		slots = h.sift(s.ix, slots)
	}
	return slots
}

func (e *ending) sift(ix *index, slots []uint32) []uint32 {
	n, kept := &ix.numbers, slots[:0]
	for _, slot := range slots {
		if (n[0][slot]^e.bits)&e.mask != 0 && (n[1][slot]^e.bits)&e.mask != 0 &&
			(n[2][slot]^e.bits)&e.mask != 0 && (n[3][slot]^e.bits)&e.mask != 0 {
			continue
		}
		if len(e.text) <= 16 || e.of(ix.row(slot)) {
			kept = append(kept, slot)
		}
	}
	return kept
}

func (e *ending) of(r *row) bool {
	return ends(r.IDNo, e.text) || ends(r.Phone, e.text) || ends(r.CoborrowerIDNo, e.text) || ends(r.coPhone, e.text)
}

func ends(number, tail string) bool {
	return len(number) >= len(tail) && strings.EqualFold(number[len(number)-len(tail):], tail)
}

// each calls fn for what the query finds, the newest first, until fn says no.
// With statuses it finds cases of these alone.
func (ix *index) each(text string, of []loan.Status, fn func(slot uint32) bool) {
	s := ix.seek(parseQuery(text))
	var batch [512]uint32
	for n := 0; n < len(ix.order); {
		slots := batch[:0]
		for ; n < len(ix.order) && len(slots) < len(batch); n++ {
			slot := ix.order[len(ix.order)-1-n]
			if len(of) == 0 || slices.Contains(of, ix.status[slot]) {
				slots = append(slots, slot)
			}
		}
		for _, slot := range s.sift(slots) {
			if !fn(slot) {
				return
			}
		}
	}
}

// Search lists the cases that match, newest first, at most limit of them; a
// limit of 0 or less is none. A word of the query is a part of a student's or
// co-borrower's name as characters, pinyin of any reading, initials, or a mix
// of them; a number is the end of an ID or phone number. Empty lists all.
// With statuses only cases of these are listed.
func (s *Store) Search(query string, limit int, of ...loan.Status) []Summary {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Summary
	s.index.each(query, of, func(slot uint32) bool {
		out = append(out, s.summary(slot))
		return len(out) != limit
	})
	return out
}

// SearchWhere is Search among the cases that keep says yes to. keep must be
// quick, and must not call the store.
func (s *Store) SearchWhere(query string, limit int, keep func(*Summary) bool, of ...loan.Status) (found []Summary, matches int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.index.each(query, of, func(slot uint32) bool {
		if !keep(&s.index.row(slot).Summary) {
			return true
		}
		matches++
		if limit <= 0 || len(found) < limit {
			found = append(found, s.summary(slot))
		}
		return true
	})
	return found, matches
}

// Matches is how many cases Search would list without a limit.
func (s *Store) Matches(query string, of ...loan.Status) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := 0
	s.index.each(query, of, func(uint32) bool { n++; return true })
	return n
}

// OpenedIn is how many cases were opened from one moment to before another.
func (s *Store) OpenedIn(from, to time.Time) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, a, b := 0, from.UnixMilli(), to.UnixMilli()
	for _, slot := range s.index.order {
		if at := s.index.opened[slot]; at >= a && at < b {
			n++
		}
	}
	return n
}

func (s *Store) summary(slot uint32) Summary {
	r := s.index.row(slot)
	r.Sent = r.last <= s.acked && s.outbox.waiting[r.ID] == 0 &&
		!slices.ContainsFunc(s.refused, func(x Refused) bool { return x.Case == r.ID })
	return r.Summary
}

// Summary is one case's row; false when there is no such case.
func (s *Store) Summary(id uuid.UUID) (Summary, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	slot, ok := s.index.slots[id]
	if !ok {
		return Summary{}, false
	}
	return s.summary(slot), true
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
	for st, n := range s.index.statuses {
		if n > 0 {
			by[st] = n
		}
	}
	return Counts{Cases: len(s.index.order), ByStatus: by, Changes: uint64(s.unacked()),
		Blobs: len(s.outbox.blobs), Bytes: s.outbox.bytes}
}

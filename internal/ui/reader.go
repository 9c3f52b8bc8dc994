package ui

import (
	"time"

	"doorstep/internal/loan"
)

// reader keeps which pages were shown to whom, and for how long.
type reader struct {
	now   func() time.Time
	pages int
	away  map[loan.Party]bool // who is not before the screen
	spent map[loan.Party]map[int]time.Duration
	page  int
	since time.Time // zero while no page is on the screen
}

func newReader(now func() time.Time) *reader {
	r := &reader{now: now}
	r.start(0)
	return r
}

func (r *reader) start(pages int) {
	*r = reader{now: r.now, pages: pages, away: map[loan.Party]bool{}, spent: map[loan.Party]map[int]time.Duration{}, page: -1}
	for _, p := range parties() {
		r.spent[p] = map[int]time.Duration{}
	}
}

// turn is called when a page has been drawn: from now on it counts as seen by
// those who look.
func (r *reader) turn(page int) {
	r.pause()
	r.page = page
	for _, p := range parties() {
		if !r.away[p] {
			r.spent[p][page] += 0
		}
	}
	r.since = r.now()
}

// look says that a party came before the screen or left it.
func (r *reader) look(p loan.Party, on bool) {
	running := !r.since.IsZero()
	r.pause()
	r.away[p] = !on
	if running {
		r.turn(r.page)
	}
}

func (r *reader) pause() {
	if !r.since.IsZero() && r.page >= 0 {
		for _, p := range parties() {
			if !r.away[p] {
				r.spent[p][r.page] += r.now().Sub(r.since)
			}
		}
	}
	r.since = time.Time{}
}

func (r *reader) resume() {
	if r.page >= 0 && r.since.IsZero() {
		r.since = r.now()
	}
}

// seen is how many pages a party has seen, count how many both have.
func (r *reader) seen(p loan.Party) int { return len(r.spent[p]) }

func (r *reader) count() (n int) {
	for page := range r.spent[loan.StudentParty] {
		if _, ok := r.spent[loan.CoborrowerParty][page]; ok {
			n++
		}
	}
	return n
}

func (r *reader) all(p loan.Party) bool { return r.pages > 0 && r.seen(p) >= r.pages }

// unseen is the first page that was not shown to a party.
func (r *reader) unseen(p loan.Party) (int, bool) {
	for page := range r.pages {
		if _, ok := r.spent[p][page]; !ok {
			return page, true
		}
	}
	return 0, false
}

// millis is how long each page was shown to a party; one that was shown for less
// counts as one.
func (r *reader) millis(p loan.Party) []int {
	if !r.since.IsZero() {
		r.pause()
		r.since = r.now()
	}
	out := make([]int, r.pages)
	for page, spent := range r.spent[p] {
		if page < r.pages {
			out[page] = max(1, int(spent.Milliseconds()))
		}
	}
	return out
}

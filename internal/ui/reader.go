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
	shown map[loan.Party]map[int]edges
	page  int
	part  edges     // of the page, what is in view
	since time.Time // zero while no page is on the screen
}

// edges are those of a page that were in view.
type edges struct{ head, foot bool }

func newReader(now func() time.Time) *reader {
	r := &reader{now: now}
	r.start(0)
	return r
}

func (r *reader) start(pages int) {
	*r = reader{now: r.now, pages: pages, away: map[loan.Party]bool{}, spent: map[loan.Party]map[int]time.Duration{},
		shown: map[loan.Party]map[int]edges{}, page: -1}
	for _, p := range parties() {
		r.spent[p], r.shown[p] = map[int]time.Duration{}, map[int]edges{}
	}
}

// show is called when a page has been drawn, and when another part of it came into
// view. Those who look have seen it once its head was in view and, from then on, its
// foot. It says whether anything is new.
func (r *reader) show(page int, part edges) bool {
	news := page != r.page || part != r.part
	if page != r.page || r.since.IsZero() {
		r.pause()
		r.since = r.now()
	}
	r.page, r.part = page, part
	for _, p := range parties() {
		if was := r.shown[p][page]; !r.away[p] {
			head := was.head || part.head
			r.shown[p][page] = edges{head, was.foot || head && part.foot}
			news = news || r.shown[p][page] != was
		}
	}
	return news
}

// look says that a party came before the screen or left it. Who left in the middle
// of a page begins it anew.
func (r *reader) look(p loan.Party, on bool) {
	running := !r.since.IsZero()
	r.pause()
	r.away[p] = !on
	if !on && !r.saw(p, r.page) {
		delete(r.shown[p], r.page)
	}
	if running {
		r.show(r.page, r.part)
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

// saw says whether a party has seen a page from its head to its foot.
func (r *reader) saw(p loan.Party, page int) bool { return r.shown[p][page] == edges{true, true} }

// seen is how many pages a party has seen, count how many both have.
func (r *reader) seen(p loan.Party) (n int) {
	for page := range r.pages {
		if r.saw(p, page) {
			n++
		}
	}
	return n
}

func (r *reader) count() (n int) {
	for page := range r.pages {
		if r.saw(loan.StudentParty, page) && r.saw(loan.CoborrowerParty, page) {
			n++
		}
	}
	return n
}

func (r *reader) all(p loan.Party) bool { return r.pages > 0 && r.seen(p) >= r.pages }

// unseen is the page that is to be shown to a party: the one on the screen, if it
// was not shown to its foot, or else the first that was not.
func (r *reader) unseen(p loan.Party) (int, bool) {
	if r.page >= 0 && r.page < r.pages && !r.saw(p, r.page) {
		return r.page, true
	}
	for page := range r.pages {
		if !r.saw(p, page) {
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
	for page := range r.pages {
		if r.saw(p, page) {
			out[page] = max(1, int(r.spent[p][page].Milliseconds()))
		}
	}
	return out
}

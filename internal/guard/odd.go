package guard

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Act is a line of the record, as a pattern is looked for in it.
type Act struct {
	At       time.Time
	Device   uuid.UUID
	Operator string
	Case     uuid.UUID
	Kind     loan.ChangeKind
	Detail   string
}

// OddKind is what is odd.
type OddKind string

// What can be odd.
const (
	OddLooks    OddKind = "looks"    // one operator's many looks past the own queue on one day, cases taken over by force among them
	OddNight    OddKind = "night"    // work between ten at night and six
	OddSearches OddKind = "searches" // a search after the day's were used up
	OddRefused  OddKind = "refused"  // refused again and again on one day
	OddPassword OddKind = "password" // wrong passwords
	OddGlass    OddKind = "glass"    // emergencies
	OddPhone    OddKind = "phone"    // one phone in many cases
	OddPortrait OddKind = "portrait" // one portrait in several cases
)

// Oddity is something for a person to look at; it proves nothing.
type Oddity struct {
	Kind     OddKind     `json:"kind"`
	Operator string      `json:"operator,omitempty"`
	Day      loan.Date   `json:"day,omitempty"`
	Count    int         `json:"count"`
	Cases    []uuid.UUID `json:"cases,omitempty"`   // at most 20
	Devices  []uuid.UUID `json:"devices,omitempty"` // where it was done, at most 20
}

// SearchRefused is what the record says of a search beyond the own queue that was
// refused because the day's were used up.
const SearchRefused = "beyond refused: the day's searches are used up"

// From how many on something is odd, on one day.
const (
	manyLooks   = 15
	manyRefused = 3
	// ManyPhones and ManyPortraits are from how many cases on one phone, or one
	// portrait, is odd: brothers and sisters share a phone.
	ManyPhones    = 4
	ManyPortraits = 2
)

// Odd looks for patterns in the record, and gives them by day, the newest first.
func Odd(acts []Act) []Oddity {
	var w Watch
	for _, a := range acts {
		w.See(a)
	}
	return w.Found()
}

// Watch looks for patterns in a record that is read line by line: what it keeps
// grows with people and days, not with lines.
type Watch struct{ by map[oddKey]*Oddity }

func (w *Watch) add(k OddKind, a Act, times int) {
	key := oddKey{k, a.Operator, loan.DateOf(a.At.In(beijing()))}
	o := w.by[key]
	if o == nil {
		if w.by == nil {
			w.by = map[oddKey]*Oddity{}
		}
		o = &Oddity{Kind: k, Operator: a.Operator, Day: key.day}
		w.by[key] = o
	}
	o.Count += times
	o.Cases, o.Devices = noted(o.Cases, a.Case), noted(o.Devices, a.Device)
}

// noted adds an id to a short list.
func noted(list []uuid.UUID, id uuid.UUID) []uuid.UUID {
	if id == uuid.Nil || len(list) >= 20 || slices.Contains(list, id) {
		return list
	}
	return append(list, id)
}

// See takes the next line.
func (w *Watch) See(a Act) {
	refused := strings.Contains(a.Detail, "refused")
	if strings.HasPrefix(a.Detail, SearchRefused) {
		w.add(OddSearches, a, timesOf(a.Detail))
	}
	switch {
	case refused:
		w.add(OddRefused, a, timesOf(a.Detail))
	case a.Kind == loan.ChangeReveal, a.Kind == loan.ChangeTake, a.Kind == loan.ChangeSearch && strings.HasPrefix(a.Detail, "beyond"):
		w.add(OddLooks, a, 1)
	case a.Kind == loan.ChangeSignIn && strings.HasPrefix(a.Detail, "failed"):
		w.add(OddPassword, a, 1)
	case a.Kind == loan.ChangeView:
		if g, ok := GlassOf(a.Detail); ok && !g.Reviewed {
			w.add(OddGlass, a, 1)
		}
	}
	if h := a.At.In(beijing()).Hour(); (h >= 22 || h < 6) && a.Operator != "" && !unattended(a.Kind) {
		w.add(OddNight, a, 1)
	}
}

// Found gives what is odd so far.
func (w *Watch) Found() []Oddity {
	least := map[OddKind]int{OddLooks: manyLooks, OddRefused: manyRefused}
	var out []Oddity
	for _, o := range w.by {
		if o.Count >= least[o.Kind] {
			out = append(out, *o)
		}
	}
	slices.SortFunc(out, func(a, b Oddity) int {
		return cmp.Or(cmp.Compare(b.Day, a.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Operator, b.Operator))
	})
	return out
}

// timesOf is how often a refusal came that a line tells of: "…; 12 times more"
// stands for what was counted and not written one by one.
func timesOf(detail string) int {
	_, more, ok := strings.Cut(detail, "; ")
	if !ok {
		return 1
	}
	n, err := strconv.Atoi(strings.TrimSuffix(more, " times more"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// oddKey is what oddities of one sort are gathered under.
type oddKey struct {
	kind     OddKind
	operator string
	day      loan.Date
}

// unattended says whether a change is also written with nobody at the desk.
func unattended(k loan.ChangeKind) bool {
	switch k {
	case loan.ChangeErase, loan.ChangeRepair, loan.ChangeRestore, loan.ChangeBackup, loan.ChangeReceive, loan.ChangeAccept, loan.ChangeReturn, loan.ChangeNotice:
		return true
	}
	return false
}

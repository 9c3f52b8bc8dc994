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
	OddLooks    OddKind = "looks"    // one operator's many looks past the own queue on one day, cases taken over by force among them, and cases filled in from a roster that were then made void or filled in anew, or beyond a day's work
	OddNight    OddKind = "night"    // work between ten at night and six
	OddSearches OddKind = "searches" // a search after the day's were used up
	OddTakes    OddKind = "takes"    // taking a case over after the day's were used up
	OddRefused  OddKind = "refused"  // refused again and again on one day
	OddPassword OddKind = "password" // wrong passwords; under Unknown many tries at one laptop by no account that it knows
	OddGlass    OddKind = "glass"    // emergencies
	OddPhone    OddKind = "phone"    // one phone with many students
	OddPortrait OddKind = "portrait" // one portrait in several cases, or of both parties
	OddPassed   OddKind = "passed"   // one operator's many hand-overs on one day: of cases that he had passed on that day already, or beyond what a room does
	OddIdle     OddKind = "idle"     // cases that one operator opened, printed or showed on one day and did nothing else with on it, beyond what people ask for at a counter
	OddAsks     OddKind = "asks"     // one operator's many requests for grants on one day
	OddLent     OddKind = "lent"     // temporary passwords that one officer gave at the centre, and uses of one before its owner set his own
	OddBack     OddKind = "back"     // at the centre alone: a laptop went on from older data, a backup or a copy put back by hand
	OddCopied   OddKind = "copied"   // at the centre alone: a laptop sent another record than the centre has of it, as older data put back that was worked on, or a copy, and it was not taken
	OddSignIns  OddKind = "signins"  // one operator's many sign-ins on one day with nobody else between, as where the clock is put each morning to where it stood, or more than changes of person at a desk bring
)

// Oddity is something for a person to look at; it proves nothing.
type Oddity struct {
	Kind     OddKind     `json:"kind"`
	Operator string      `json:"operator,omitempty"`
	Day      loan.Date   `json:"day,omitempty"`
	Count    int         `json:"count"`
	Cases    []uuid.UUID `json:"cases,omitempty"`   // at most 20
	Devices  []uuid.UUID `json:"devices,omitempty"` // where it was done, at most 20
	// Of emergencies, once Judge was asked: how many were found to be not right, and how
	// many nobody looked at yet.
	NotRight   int `json:"not_right,omitempty"`
	Unreviewed int `json:"unreviewed,omitempty"`
	glasses    []glass
}

// SearchRefused is what the record says of a search beyond the own queue that was
// refused because the day's were used up.
const SearchRefused = "beyond refused: the day's searches are used up"

// ExportRefused begins what the record says of an export that was refused.
const ExportRefused = "export refused"

// How what the centre's record says of temporary passwords ends: that one was given,
// that somebody tried to act or sign in by one when it opens nothing, and that one's own
// took the place of one that was used before.
const (
	TemporaryGiven = ", temporary"
	ByTemporary    = ", by a temporary password"
	TemporaryUsed  = ", of a temporary one that was used before"
)

// lent says whether a line of the centre's record is of a temporary password.
func lent(a Act) bool {
	switch a.Kind {
	case loan.ChangeView:
		return strings.HasSuffix(a.Detail, TemporaryGiven) && !strings.Contains(a.Detail, "refused") ||
			strings.HasSuffix(a.Detail, ByTemporary) || strings.HasSuffix(a.Detail, TemporaryUsed)
	case loan.ChangeSignIn:
		return strings.HasSuffix(a.Detail, ByTemporary)
	}
	return false
}

// Compared begins what the record of an earlier case says when its values were shown
// beside those of a case under review; that one's id follows.
const Compared = "compared with case "

// PersonRecord begins what the record says of who asked for that of one person.
const PersonRecord = "record of a person"

// CaseOpened is what the record says when somebody opened a case.
const CaseOpened = "case"

// OwnShown is what the record says when a party's own data was shown to that person.
const OwnShown = "own data shown to the person"

// RosterTaken begins what the record says of a case that was filled in from a
// roster; the roster's group follows.
const RosterTaken = "roster "

// From how many on something is odd, on one day.
const (
	manyLooks   = 15
	manyRefused = 3
	// fullDay is how many cases one operator fills in from rosters on a busy day; each
	// beyond counts as a look.
	fullDay = 60
	// fullRoom is how many cases one operator passes on where a room of laptops works as
	// a line on a busy day; each beyond counts, and so does each that he passes on again.
	// A line passes a case on and back now and then.
	fullRoom   = 200
	manyPassed = 15
	manyAsks   = MaxOwn // whoever asks so often and is not answered may ask no more
	// manyIdle is from how many cases on that were only looked at: who reviews them, works
	// on them or passes them on did something with them.
	manyIdle = 60
	// manySignIns is from how many sign-ins on of one operator: what locked itself while
	// nobody was at it stays below on most days. Where two change places at a desk for each
	// case of a fullDay, that is not counted.
	manySignIns = 40
	// manyUnknown is from how many tries on by no known account: a name is mistyped now
	// and then.
	manyUnknown = 5
	// ManyPhones is from how many students on one phone is odd, ManyPortraits from
	// how many cases on one portrait: brothers and sisters share a phone.
	ManyPhones    = 4
	ManyPortraits = 2
)

// How a portrait is in use already.
const (
	SameFile = "same file" // byte for byte
	SameShot = "same shot" // cut otherwise or pressed anew, as far as can be told
)

// PortraitAgain begins what the record says of a portrait that was attached
// although it is in use already.
const PortraitAgain = "portrait again: "

// AgainWords is what the record says of it: how, whose portrait, and the other
// case where it is known.
func AgainWords(how, party string, other uuid.UUID) string {
	words := PortraitAgain + how + " of " + party
	if other != uuid.Nil {
		words += ", case " + other.String()
	}
	return words
}

// AgainIn is the other case of which a line of the record says that its portrait
// came again, Nil where it names none.
func AgainIn(detail string) uuid.UUID {
	_, id, _ := strings.Cut(detail, ", case ")
	u, err := uuid.Parse(id)
	if err != nil {
		return uuid.Nil
	}
	return u
}

// Odd looks for patterns in the record, and gives them by day, the newest first.
func Odd(acts []Act) []Oddity {
	var w Watch
	for _, a := range acts {
		w.See(a)
	}
	return w.Found()
}

// Watch looks for patterns in a record that is read line by line: what it keeps
// grows with people, days and cases that were filled in from a roster or passed on, not
// with lines.
type Watch struct {
	passed map[passKey]bool // cases that an operator passed on, by days
	passes map[oddKey]int   // and how often he did
	by     map[oddKey]*Oddity
	taken  map[uuid.UUID]Act    // the last filling in from a roster of each case
	day    map[oddKey]int       // fillings in, of each operator and day
	looks  map[oddKey]looked    // what each operator had open on each day
	in     map[uuid.UUID]string // who signed in last at each laptop
	swaps  map[oddKey]int       // sign-ins after somebody else's
}

// looked are the cases that one operator looked at or worked on, on one day.
type looked struct {
	cases   map[uuid.UUID]bool // true where something was done with it
	devices []uuid.UUID
}

// add counts an act, and gives what it counts in.
func (w *Watch) add(k OddKind, a Act, times int) *Oddity {
	key := keyOf(k, a)
	if a.Operator == Unknown {
		key.device = a.Device // of several laptops it is not one person
	}
	o := w.by[key]
	if o == nil {
		if w.by == nil {
			w.by = map[oddKey]*Oddity{}
		}
		o = &Oddity{Kind: k, Operator: a.Operator, Day: key.day}
		w.by[key] = o
	}
	o.Count += times
	o.Cases, o.Devices = noted(noted(o.Cases, a.Case), AgainIn(a.Detail)), noted(o.Devices, a.Device)
	return o
}

// passKey is one operator's handing over of a case on a day.
type passKey struct {
	by oddKey
	of uuid.UUID
}

// passedOn sees that a case was passed on, to another laptop or station.
func (w *Watch) passedOn(a Act) {
	if w.passed == nil {
		w.passed, w.passes = map[passKey]bool{}, map[oddKey]int{}
	}
	by := keyOf(OddPassed, a)
	key := passKey{by, a.Case}
	w.passes[by]++
	if w.passed[key] || w.passes[by] > fullRoom {
		w.add(OddPassed, a, 1)
	}
	w.passed[key] = true
}

// lookedAt sees that a case was looked at, or that something was done with it.
func (w *Watch) lookedAt(a Act) {
	if a.Case == uuid.Nil || a.Operator == "" || unattended(a.Kind) {
		return
	}
	switch a.Kind {
	case loan.ChangeReveal, loan.ChangeExport, loan.ChangeUrgent, loan.ChangeSearch:
		return
	case loan.ChangeView:
		if a.Detail != CaseOpened && a.Detail != OwnShown {
			return
		}
	}
	if w.looks == nil {
		w.looks = map[oddKey]looked{}
	}
	key := keyOf(OddIdle, a)
	l, ok := w.looks[key]
	if !ok {
		l.cases = map[uuid.UUID]bool{}
	}
	l.cases[a.Case] = l.cases[a.Case] || a.Kind != loan.ChangeView && a.Kind != loan.ChangePrint
	l.devices = noted(l.devices, a.Device)
	w.looks[key] = l
}

// idle are the days on which somebody looked at many cases and did nothing with them.
func (w *Watch) idle() (out []Oddity) {
	for key, l := range w.looks {
		o := Oddity{Kind: OddIdle, Operator: key.operator, Day: key.day, Devices: l.devices}
		for id, done := range l.cases {
			if !done {
				o.Count++
				o.Cases = noted(o.Cases, id)
			}
		}
		if o.Count >= manyIdle {
			out = append(out, o)
		}
	}
	return out
}

// fromRoster sees that a case was filled in from a roster.
func (w *Watch) fromRoster(a Act) {
	if w.taken == nil {
		w.taken, w.day = map[uuid.UUID]Act{}, map[oddKey]int{}
	}
	_, again := w.taken[a.Case]
	w.taken[a.Case] = a
	key := keyOf(OddLooks, a)
	w.day[key]++
	if again || w.day[key] > fullDay {
		w.add(OddLooks, a, 1)
	}
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
	w.lookedAt(a)
	refused := strings.Contains(a.Detail, "refused")
	if a.Kind == loan.ChangeExport { // what was exported went, whatever the recipient is called
		refused = strings.HasPrefix(a.Detail, ExportRefused)
	}
	if strings.HasPrefix(a.Detail, SearchRefused) {
		w.add(OddSearches, a, timesOf(a.Detail))
	}
	if strings.HasPrefix(a.Detail, TakeRefused) {
		w.add(OddTakes, a, timesOf(a.Detail))
	}
	switch {
	case strings.HasPrefix(a.Detail, PortraitAgain):
		w.add(OddPortrait, a, 1)
	case lent(a):
		w.add(OddLent, a, 1)
	case refused:
		w.add(OddRefused, a, timesOf(a.Detail))
	case a.Kind == loan.ChangeReveal, a.Kind == loan.ChangeTake, a.Kind == loan.ChangeSearch && strings.HasPrefix(a.Detail, "beyond"):
		w.add(OddLooks, a, 1)
	case a.Kind == loan.ChangeView && lookPast(a.Detail):
		w.add(OddLooks, a, 1)
	case a.Kind == loan.ChangeView && asks(a.Detail):
		w.add(OddAsks, a, 1)
	case failed(a):
		w.add(OddPassword, a, failures(a.Detail))
	case a.Kind == loan.ChangeSignIn:
		w.signedIn(a)
	case a.Kind == loan.ChangeView && strings.HasPrefix(a.Detail, RosterTaken):
		w.fromRoster(a)
	case a.Kind == loan.ChangePass:
		w.passedOn(a)
	case a.Kind == loan.ChangeVoid:
		if t, ok := w.taken[a.Case]; ok {
			delete(w.taken, a.Case)
			w.add(OddLooks, t, 1)
		}
	case a.Kind == loan.ChangeView:
		if g, ok := GlassOf(a.Detail); ok && !g.Reviewed {
			w.emergency(a, g.ID)
		}
	}
	if h := a.At.In(beijing()).Hour(); (h >= 22 || h < 6) && a.Operator != "" && !unattended(a.Kind) {
		w.add(OddNight, a, 1)
	}
}

// lookPast says whether the detail of a look tells of one past the own queue.
func lookPast(detail string) bool {
	return detail == PersonRecord || strings.HasPrefix(detail, PersonRecord+shownMark) || strings.HasPrefix(detail, onePersonAct) || strings.HasPrefix(detail, Compared) || strings.HasPrefix(detail, erasureMark)
}

// Found gives what is odd so far.
func (w *Watch) Found() []Oddity {
	least := map[OddKind]int{OddLooks: manyLooks, OddRefused: manyRefused, OddPassed: manyPassed, OddAsks: manyAsks, OddSignIns: manySignIns}
	out := w.idle()
	for _, o := range w.by {
		if o.Count >= least[o.Kind] && (o.Kind != OddPassword || o.Operator != Unknown || o.Count >= manyUnknown) {
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
	device   uuid.UUID // Nil for what one operator did anywhere
}

func keyOf(k OddKind, a Act) oddKey {
	return oddKey{kind: k, operator: a.Operator, day: RecordDay(a.At)}
}

// unattended says whether a change is also written with nobody at the desk.
func unattended(k loan.ChangeKind) bool {
	switch k {
	case loan.ChangeErase, loan.ChangeRepair, loan.ChangeRestore, loan.ChangeBackup, loan.ChangeReceive, loan.ChangeAccept, loan.ChangeReturn, loan.ChangeNotice:
		return true
	}
	return false
}

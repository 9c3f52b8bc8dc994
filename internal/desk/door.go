package desk

import (
	"context"
	"errors"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// The nouns of lower layers that a screen handles, under this package's name.
type (
	Operator = guard.Operator
	Grant    = guard.Grant
	Stroke   = contract.Stroke
	Point    = contract.Point
)

// The roles, as a screen tells them apart.
const (
	Clerk     = guard.Clerk
	DataAdmin = guard.DataAdmin
	Auditor   = guard.Auditor
	Reviewer  = guard.Reviewer
)

// Person is someone who can sign in at this laptop.
type Person struct{ ID, Name string }

// Door is the data folder before anyone has signed in.
type Door struct {
	options store.Options
	tools   Tools
	locked  *store.Locked
	trouble error    // why the store does not open
	menders []Person // who could mend it
}

// OpenDoor opens the data folder. A folder without a store is new; one whose
// store another process holds is fault.Busy, a damaged one fault.Damaged, one
// of a newer program fault.Newer.
func OpenDoor(ctx context.Context, o store.Options, t Tools) (*Door, error) {
	d := &Door{options: o, tools: t}
	return d, d.reopen(ctx)
}

func (d *Door) reopen(ctx context.Context) error {
	if !store.Exists(d.options.Dir) {
		return nil
	}
	l, err := store.Open(ctx, d.options)
	if err != nil {
		return fault.Wrap("open data folder", err)
	}
	d.locked = l
	return nil
}

// New says whether the folder has no store yet, so that the laptop must enrol.
func (d *Door) New() bool { return d.locked == nil && !store.Exists(d.options.Dir) }

// People lists who can sign in, or who could mend a damaged store.
func (d *Door) People() []Person {
	if d.locked == nil {
		return d.menders
	}
	var out []Person
	for _, o := range d.locked.Operators() {
		out = append(out, Person{ID: o.ID, Name: o.Name})
	}
	return out
}

// Last is who signed in at the counter last, of those who can sign in; "" where that is
// not known.
func (d *Door) Last() string {
	if d.locked == nil {
		return ""
	}
	return d.locked.Last()
}

// SignIn unlocks the store for one operator. The door stays: after the desk
// has been closed, Reopen lets the next one sign in.
func (d *Door) SignIn(ctx context.Context, operator string, password []byte) (*Desk, error) {
	if d.locked == nil {
		if err := d.reopen(ctx); err != nil { // it was closed behind a password, and did not open again then
			return nil, err
		}
	}
	if d.locked == nil {
		return nil, fault.New("sign in", fault.Missing, nil)
	}
	desk, err := SignIn(ctx, d.locked, operator, password, d.tools)
	return d.entered(ctx, desk, err)
}

// entered is how a sign-in ended: where the folder was given to a store that is closed
// again, the door opens it anew, for the next try.
func (d *Door) entered(ctx context.Context, desk *Desk, err error) (*Desk, error) {
	switch {
	case err == nil:
		d.locked, d.tools.told = nil, true
	case d.locked.Spent():
		d.locked = nil
		_ = d.reopen(context.WithoutCancel(ctx)) // tried again at the next sign-in
	}
	return desk, err
}

// Reopen is for after a desk was closed: the door is as after OpenDoorAnyway,
// but a damage is an error too.
func (d *Door) Reopen(ctx context.Context) error { return d.opened(ctx, "reopen data folder", nil) }

// Enrolment is what the centre gave a new laptop: who it is, and the people
// of its point.
type Enrolment struct {
	Profile  store.Profile
	Roster   []Operator
	Standing []byte // the bulletin with their levels, where there is one
}

// Settle makes the store of a new folder for an enrolled laptop, with its
// first operator, and signs that operator in. The other people of the roster
// are enabled at this laptop with passwords of their own, later.
func (d *Door) Settle(ctx context.Context, e Enrolment, first Operator, password []byte) (*Desk, error) {
	const op = "settle laptop"
	if err := guard.CheckPassword(first.ID, password); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := e.mayBegin(first); err != nil {
		return nil, fault.Wrap(op, err)
	}
	s, err := store.Create(ctx, d.options, e.Profile, first, password)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	for _, o := range e.Roster {
		if o.ID == first.ID {
			continue
		}
		if err := s.AddOperator(ctx, o); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	if len(e.Standing) > 0 {
		if _, _, err := s.TakeBulletin(ctx, e.Standing); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	if first, err = s.Account(ctx, first.ID); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return At(ctx, s, first, d.tools)
}

// mayBegin is fault.Denied for a first operator of another organisation than the
// laptop's; another of the roster may begin.
func (e Enrolment) mayBegin(first Operator) error {
	const op = "settle laptop"
	if len(e.Standing) == 0 {
		return nil
	}
	b, err := bulletin.Open(e.Standing, e.Profile.Centre, e.Profile.County)
	if err != nil {
		return err
	}
	if b.Kind != bulletin.Standing {
		return fault.New(op, fault.Untrusted, errors.New("a bulletin of another kind"))
	}
	list, err := guard.ParseStandings(b.Content)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.ID == first.ID {
			first.Level, first.Org = p.Level, p.Org
		}
	}
	if !first.Within(guard.Site{County: e.Profile.County, Point: e.Profile.Point}) {
		return fault.Tell(op, fault.Denied, first.Name+"属于"+first.Where()+"，不能在"+e.Profile.Point+"的电脑上办理。请由本受理点的人员设置密码。", errors.New("another organisation"))
	}
	return nil
}

// Close gives the folder free.
func (d *Door) Close() error {
	if d.locked == nil {
		return nil
	}
	err := d.locked.Close()
	d.locked = nil
	return fault.Wrap("close data folder", err)
}

// Row is a case in a list, masked.
type Row struct {
	ID         uuid.UUID
	Name       string // masked
	IDTail     string // the last four characters
	PhoneTail  string
	School     string
	Kind       loan.Kind
	Supplement bool
	Status     loan.Status
	Amount     int // yuan
	Opened     time.Time
	Updated    time.Time
	Problems   int
	Mine       bool // opened by the operator signed in
	Held       []Held
	Here       bool   // this laptop holds it in the room's pipeline
	Ticket     string // the number its people are called by
	Urgency    loan.Urgency
	Veiled     bool // what tells of the people is left out: not the operator's to see in a list
}

// Held is where in the room a case is.
type Held struct {
	Station loan.Station
	Name    string // of the laptop
	Own     bool   // it is this one
}

// row is a summary, masked.
func (d *Desk) row(s store.Summary) Row {
	return Row{ID: s.ID, Name: guard.MaskName(s.Name), IDTail: s.IDTail, PhoneTail: s.PhoneTail,
		School: s.School, Kind: s.Kind, Supplement: s.Supplementary, Status: s.Status, Amount: s.Amount, Urgency: s.Urgency,
		Opened: s.Opened, Updated: s.Updated, Problems: s.Problems, Mine: s.Operator == d.operator.ID,
		Here: s.HeldBy(d.device()), Ticket: s.Ticket, Held: d.heldBy(s)}
}

// heldBy are the places of a case in the room.
func (d *Desk) heldBy(s store.Summary) (out []Held) {
	for _, h := range s.Holders {
		out = append(out, Held{h.Station, h.Name, h.Device == d.device()})
	}
	return out
}

// Tally counts cases by status, and those opened today.
type Tally struct {
	Today    int
	ByStatus map[loan.Status]int
}

// Count tallies all cases of the laptop.
func (d *Desk) Count() Tally {
	now := d.now()
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	return Tally{ByStatus: d.store.Count().ByStatus, Today: d.store.OpenedIn(day, day.AddDate(0, 0, 1))}
}

// Reviewers lists people of this laptop who may review the case.
func (d *Desk) Reviewers(ctx context.Context, c *loan.Case) ([]Person, error) {
	return d.could(ctx, "list reviewers", guard.Review, c)
}

// could lists people who can sign in at this laptop and may do a verb to the case.
func (d *Desk) could(ctx context.Context, op string, v guard.Verb, c *loan.Case) ([]Person, error) {
	ops, err := d.store.Operators(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out []Person
	for _, o := range ops {
		if !d.store.CanSignIn(o.ID) || guard.MayAt(o, v, c, d.site()) != nil {
			continue
		}
		switch err := d.noWord(ctx, o, v, c); {
		case fault.KindOf(err) == fault.Denied:
			continue
		case err != nil:
			return nil, fault.Wrap(op, err)
		}
		out = append(out, Person{ID: o.ID, Name: o.Name})
	}
	return out, nil
}

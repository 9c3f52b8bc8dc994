package desk

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// Desk is one operator signed in at this laptop.
type Desk struct {
	store *store.Store
	press *contract.Press
	now   func() time.Time

	steady func() time.Duration // runs whatever the clock is set to

	mu       sync.Mutex // one change of this desk after another
	uses     sync.Mutex // one use of a grant, and one request for one, after another
	operator guard.Operator
	account  atomic.Pointer[guard.Operator] // as the roster had it when it was last asked
	stood    atomic.Pointer[guard.Operator] // the same, when Out last found nothing taken away

	shown   revealed
	refused refusals
	found   found
	looked  looked
	words   wordsSeen
	tenure  tenure

	asked []*Recovery // of the county, at this desk; guarded by mu

	mustChange atomic.Bool // the password is another person's choice

	base       *loan.Reference // without what the county sent down
	rulesMu    sync.Mutex      // guards rules and templates
	rules      *loan.Reference
	templates  []rulebook.Template // the county's
	preapplied preapplied
	untaken    error

	folder       sync.Mutex // one at the files in the open after another
	notOurs      []string   // of them, by name, what was not used; guarded by rulesMu
	registerGone bool       // the county's is not kept; guarded by rulesMu
	started      string     // which register of the folder the program was started with; empty where that is not to be told
}

// Tools are what a desk works with.
type Tools struct {
	Rules *loan.Reference
	Press *contract.Press
	Now   func() time.Time
	// Steady is a time that runs whatever the clock is set to, from any beginning;
	// nil is that which Now carries.
	Steady func() time.Duration
	// Counter says that a person signs in at the counter, whose name is to be chosen
	// there at the next start.
	Counter bool

	told bool // somebody signed in since Rules were read
}

// SignIn unlocks the store for an operator and notes it in the chain.
// fault.Password when name or password is wrong, fault.Locked after five
// failures. Where it fails behind the password, as on a full disk, the store is closed
// again and l is spent.
func SignIn(ctx context.Context, l *store.Locked, operator string, password []byte, t Tools) (*Desk, error) {
	s, op, err := l.Unlock(ctx, operator, password)
	if err != nil {
		return nil, fault.Wrap("sign in", err)
	}
	d, err := At(ctx, s, op, t)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return d, nil
}

// At is a desk over a store that is open already, such as one just made. What
// the county sent down and cannot be taken up now is Untaken. Where the laptop's
// or the account's time is over it is Lapsed, and allows nothing but to sync.
func At(ctx context.Context, s *store.Store, op guard.Operator, t Tools) (*Desk, error) {
	// By the wall alone: compared by the time that it carries beside, a clock that is
	// set back would be none.
	now := func() time.Time { return t.Now().Round(0) }
	if began := t.Now(); t.Steady == nil {
		t.Steady = func() time.Duration { return t.Now().Sub(began) }
	}
	d := &Desk{store: s, press: t.Press, now: now, steady: t.Steady, operator: op, base: t.Rules, rules: t.Rules}
	d.account.Store(&op)
	if t.Rules != nil && t.Rules.Schools != nil && !t.told {
		d.started = t.Rules.Schools.File
	}
	lent, err := d.temporary(ctx, op.ID)
	if err != nil {
		return nil, fault.Wrap("sign in", err)
	}
	d.mustChange.Store(lent)
	if err := d.enter(ctx); err != nil {
		return nil, fault.Wrap("sign in", err)
	}
	in := loan.ViewBody{}
	if d.Lapsed() != nil {
		in.Detail = "to sync alone"
	}
	if lent {
		in.Detail = "by a temporary password"
	}
	var entries []store.Entry
	missed := s.Misses()
	for _, m := range missed {
		entries = append(entries, store.Entry{Kind: loan.ChangeSignIn, Operator: m.Operator,
			Body: loan.ViewBody{Detail: guard.FailedWords(m.Operator, m.Count, m.Last)}})
	}
	odd, keep, err := d.foundOdd(ctx)
	if err != nil {
		return nil, fault.Wrap("sign in", err)
	}
	entries = append(append(append(entries, odd...), d.behind()...), d.ahead()...)
	entries = append(entries, store.Entry{Kind: loan.ChangeSignIn, Operator: op.ID, Body: in})
	if _, err := d.store.Commit(ctx, entries, nil); err != nil {
		return nil, fault.Wrap("sign in", err)
	}
	s.Told(missed)
	if err := keep(); err != nil {
		return nil, fault.Wrap("sign in", err)
	}
	if t.Counter {
		s.NoteLast(op.ID)
	}
	d.untaken = d.TakeUp(ctx)
	d.stood.Store(d.account.Load())
	return d, nil
}

// Operator is who is signed in.
func (d *Desk) Operator() guard.Operator { return d.operator }

// Store is the open store, for the courier.
func (d *Desk) Store() *store.Store { return d.store }

// Rules is the reference the verdict is judged by now.
func (d *Desk) Rules() *loan.Reference {
	d.rulesMu.Lock()
	defer d.rulesMu.Unlock()
	return d.rules
}

// Today is the day by the laptop's clock.
func (d *Desk) Today() loan.Date { return loan.DateOf(d.now()) }

// Place is where this laptop takes cases in, as the rail shows it.
func (d *Desk) Place() string { return d.store.Profile().Point }

// Close locks the store: its keys are wiped, and those of what was asked of the county.
func (d *Desk) Close() error {
	d.forgetAsked()
	_ = d.stands(context.Background()) // keeps how late it was, before more is written
	d.flushRefusals(context.Background())
	return d.store.Close()
}

// NewCase opens a case of a kind; supplement marks a 补充申请.
func (d *Desk) NewCase(ctx context.Context, kind loan.Kind, supplement bool) (*loan.Case, error) {
	const op = "new case"
	id, open, err := d.opening(ctx, kind, supplement)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d.commit(ctx, op, id, open)
}

// opening is the change that opens a new case.
func (d *Desk) opening(ctx context.Context, kind loan.Kind, supplement bool) (uuid.UUID, pending, error) {
	if err := d.permit(ctx, guard.OpenCase, nil); err != nil {
		return uuid.Nil, pending{}, err
	}
	p := d.store.Profile()
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, pending{}, fault.New("desk.opening", fault.Other, err)
	}
	year := loan.AcademicYearOf(d.Today())
	app := loan.Application{
		AcademicYear: year, Kind: kind, Channel: loan.OnSite,
		Intake:  loan.Intake{CountyCode: p.County, CountyName: p.CountyName, PointType: p.PointType, Device: p.Device.String()},
		Student: loan.Person{IDType: loan.ResidentCard, HukouCode: p.County},
		Study:   loan.Study{Mode: loan.FullTime},
		Loan:    loan.Terms{Supplementary: supplement, Purpose: []string{"学费", "住宿费"}},
	}
	app.Coborrowers = []loan.Coborrower{{Person: loan.Person{IDType: loan.ResidentCard, HukouCode: p.County}}}
	if kind == loan.First && !supplement {
		app.Study.EntryYear = year
	}
	return id, entry(loan.ChangeOpen, loan.OpenBody{Application: app}), nil
}

// MayOpen says whether the operator may open new cases here now: nil, or why not.
func (d *Desk) MayOpen(ctx context.Context) error {
	return fault.Wrap("new case", d.would(ctx, guard.OpenCase, nil))
}

// MayImport is nil when the operator may bring new cases in from elsewhere;
// a refusal is noted.
func (d *Desk) MayImport(ctx context.Context) error {
	return fault.Wrap("bring cases in", d.permit(ctx, guard.OpenCase, nil))
}

// MayCarry is nil when the operator's signing in may let this laptop send what waits and
// take the centre's word, which renews his account too; a refusal is noted.
func (d *Desk) MayCarry(ctx context.Context) error {
	return fault.Wrap("carry", d.permit(ctx, guard.Carry, nil))
}

// MaySync is nil when the operator may say how and by which way this laptop sends and
// takes; a refusal is noted.
func (d *Desk) MaySync(ctx context.Context) error {
	return fault.Wrap("sync", d.permit(ctx, guard.Sync, nil))
}

// Open reads a case for work on it, and notes the look. One that is masked, is not in
// the operator's own queue, was not shown by a search before and is in no grant of his is
// opened by OpenBeyond: AsksReason says so of the failure.
func (d *Desk) Open(ctx context.Context, id uuid.UUID) (*loan.Case, error) {
	const op = "open case"
	c, err := d.stored(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.View, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if beyond, err := d.isBeyond(ctx, c); err != nil || beyond {
		return nil, fault.Wrap(op, cmp.Or(err, guard.AskReason()))
	}
	shown, err := d.commit(ctx, op, id, entry(loan.ChangeView, loan.ViewBody{Detail: guard.CaseOpened}))
	if err == nil {
		err = d.sawBack(ctx, c)
	}
	return shown, fault.Wrap(op, err)
}

// Check is the verdict on a case as it stands today. Of a masked one it tells no ages:
// they are the years of birth.
func (d *Desk) Check(c *loan.Case) loan.Report {
	a := d.whole(c).Application(d.Today())
	r := d.Rules().Check(&a)
	if c.Veiled {
		r.Derived.StudentAge, r.Derived.CoborrowerAge = nil, nil
	}
	return r
}

// CheckEntry is Check without what only the signing brings: the verdict a
// clerk and a reviewer decide by before the contract is signed.
func (d *Desk) CheckEntry(c *loan.Case) loan.Report {
	return d.Check(c).Without(func(f loan.Finding) bool {
		return f.Code == "E-SG-001" || f.Code == "E-SG-002" || f.Code == "E-SG-003"
	})
}

type pending struct {
	kind loan.ChangeKind
	body any
}

func entry(kind loan.ChangeKind, body any) pending { return pending{kind, body} }

// commit writes changes to a case and gives the case as it is afterwards, as the
// operator signed in may have it.
func (d *Desk) commit(ctx context.Context, op string, id uuid.UUID, p pending, blobs ...store.Blob) (*loan.Case, error) {
	return d.commitAs(ctx, op, d.operator, id, []pending{p}, blobs...)
}

func (d *Desk) commitAs(ctx context.Context, op string, who guard.Operator, id uuid.UUID, ps []pending, blobs ...store.Blob) (*loan.Case, error) {
	d.mu.Lock()
	c, err := d.commitLocked(ctx, op, who, id, ps, blobs...)
	d.mu.Unlock()
	return d.handed(c), err // without mu: what is asked for that may note a refusal
}

// commitLocked writes changes for who holds mu, and gives the case with all its values.
func (d *Desk) commitLocked(ctx context.Context, op string, who guard.Operator, id uuid.UUID, ps []pending, blobs ...store.Blob) (*loan.Case, error) {
	if err := d.holds(ctx, id, ps); err != nil {
		return nil, fault.Wrap(op, err)
	}
	entries := make([]store.Entry, len(ps))
	for i, p := range ps {
		entries[i] = store.Entry{Case: id, Kind: p.kind, Operator: who.ID, Body: p.body}
	}
	c, err := d.store.CommitCase(ctx, entries, blobs)
	return c, fault.Wrap(op, err)
}

// act is one permitted change to a case that is there.
func (d *Desk) act(ctx context.Context, op string, id uuid.UUID, v guard.Verb, p pending, blobs ...store.Blob) (*loan.Case, error) {
	if err := d.may(ctx, v, id); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d.commit(ctx, op, id, p, blobs...)
}

// permit is guard's word on whether the operator signed in may do a verb, by the
// roster as it stands: who was switched off, or lost a role, while signed in
// may no more from then on. That it was refused is noted in the chain.
func (d *Desk) permit(ctx context.Context, v guard.Verb, c *loan.Case) error {
	err := d.would(ctx, v, c)
	if err != nil {
		d.refuse(ctx, d.operator, c, err)
	}
	d.tellClock(ctx)
	return err
}

// would is permit for what only asks, and notes nothing.
func (d *Desk) would(ctx context.Context, v guard.Verb, c *loan.Case) error {
	if d.MustChange() {
		return guard.MustChange(v)
	}
	// Also before what carries: what it writes bears the clock's time.
	if err := d.stands(ctx); err != nil && v != guard.Sync && v != guard.Carry {
		return err
	}
	o, err := d.store.Account(ctx, d.operator.ID)
	if err != nil {
		return err
	}
	d.account.Store(&o)
	if err := guard.MayAt(o, v, c, d.site()); err != nil {
		return err
	}
	if err := d.noWord(ctx, o, v, c); err != nil {
		return err
	}
	return d.restsOn(ctx, v, c)
}

// site is where this laptop works. Its cases were opened at it, or passed on to
// it, so they lie there too.
func (d *Desk) site() guard.Site {
	p := d.store.Profile()
	return guard.Site{County: p.County, Point: p.Point, Device: p.Device}
}

// permitOther is permit for a second person who gave name and password here.
func (d *Desk) permitOther(ctx context.Context, who guard.Operator, v guard.Verb, c *loan.Case) error {
	err := guard.MayAt(who, v, c, d.site())
	if err == nil {
		err = d.noWord(ctx, who, v, c)
	}
	if err != nil {
		d.refuse(ctx, who, c, err)
	}
	return err
}

// acting is the operator signed in, as permit last found the account; switched
// off while the laptop's or the account's time is over, or the password is temporary.
func (d *Desk) acting() guard.Operator {
	o := *d.account.Load()
	o.Enabled = o.Enabled && d.stands(context.Background()) == nil && !d.MustChange() && o.Within(d.site())
	return o
}

func (d *Desk) may(ctx context.Context, v guard.Verb, id uuid.UUID) error {
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return err
	}
	return d.permit(ctx, v, c)
}

var errEmpty = errors.New("empty")

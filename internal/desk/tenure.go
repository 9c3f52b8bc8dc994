package desk

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"slices"
	"sync"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// tenure is whether this laptop may be worked at, and how that is renewed.
type tenure struct {
	mu    sync.Mutex
	lapse error // why no work may be done; nil when it may
	ask   *renewal

	keep    sync.Mutex // one change of what is kept after another
	high    time.Time  // the latest moment seen, here and before, while work might be done
	checked time.Time  // when lapse was found, by the clock
	word    uint64     // the county's list of laptops shut out, by which it was found
	told    bool       // the record says that the clock fell behind
	anchor  anchor
}

// renewal is a request to the county, with the latest moment seen when it was made.
type renewal struct {
	guard.Renewal
	high time.Time
	ran  time.Duration // by the time that runs whatever the clock is set to
	shut time.Time     // when the county had shut the laptop out, as was known here then
}

// renewalFor is how long a request may be answered.
const renewalFor = 24 * time.Hour

// leaseSetting keeps what renewals by code gave, and how late it has been here.
const leaseSetting = "desk.lease"

type leaseKept struct {
	At       time.Time            `json:"at,omitzero"`
	Since    time.Time            `json:"since,omitzero"` // the county gave the last code after this, and after every shut-out up to it
	Accounts map[string]time.Time `json:"accounts,omitempty"`
	High     time.Time            `json:"high,omitzero"`    // the latest moment seen at signing in
	After    uint64               `json:"after,omitempty"`  // times of changes up to it say nothing: the clock may have been wrong
	Lapsed   bool                 `json:"lapsed,omitempty"` // no work might be done at last
	Was      time.Time            `json:"was,omitzero"`     // what the clock would have shown then, where it was set forward
}

// highEvery is how much later it must be for the moment to be kept anew.
const highEvery = time.Hour

// Lapsed is why no work may be done at this laptop: its lease or the account's
// time is over, the clock runs behind the chain, or the county shut it out. The
// operator is signed in, and nothing is allowed but to sync, which may end it;
// Renew ends it too. nil when work may be done.
func (d *Desk) Lapsed() error {
	d.tenure.mu.Lock()
	defer d.tenure.mu.Unlock()
	return d.tenure.lapse
}

// LapsedAsShutOut says whether Lapsed is that the county shut this laptop out: no code
// renews it until the county lets it in again, or it enrols again.
func (d *Desk) LapsedAsShutOut() bool { return guard.IsShutOut(d.Lapsed()) }

// Recheck looks again whether work may be done, as after a sync.
func (d *Desk) Recheck(ctx context.Context) error {
	word, now := d.shutOutVersion(), d.now()
	t, _, err := d.readTenure(ctx, d.operator.ID)
	if err == nil {
		err = t.Check(now)
		err = cmp.Or(err, d.seen(ctx, t, now, err == nil))
	}
	if !now.Before(t.Latest.Add(-guard.ClockSlack)) {
		d.begin(now)
	}
	d.tenure.mu.Lock()
	d.tenure.lapse, d.tenure.checked, d.tenure.word = err, now, word
	d.tenure.mu.Unlock()
	return fault.Wrap("tenure", err)
}

// Tenure is until when this laptop and the operator's account are good without
// a word of the county; free says that nothing ends, as on a laptop for practice.
func (d *Desk) Tenure(ctx context.Context) (laptop, account time.Time, free bool, err error) {
	if d.free() {
		return laptop, account, true, nil
	}
	t, _, err := d.readTenure(ctx, d.operator.ID)
	laptop, account = t.Until()
	return laptop, account, false, fault.Wrap("tenure", err)
}

// free says whether the laptop is bound to no county's word: it is for practice,
// or never had a centre.
func (d *Desk) free() bool {
	p := d.store.Profile()
	return p.Practice || len(p.CertDER) == 0
}

// enter decides at signing in whether work may be done. It is called before
// anything is written, for what is written bears the clock's time.
func (d *Desk) enter(ctx context.Context) error {
	if d.free() {
		return d.Recheck(ctx)
	}
	var kept leaseKept
	if _, err := d.setting(ctx, leaseSetting, &kept); err != nil {
		return err
	}
	if !kept.Was.IsZero() {
		d.settle(kept.Was)
		d.tenure.anchor.again = true
	}
	if kept.Lapsed {
		// What was written then bears the time of a clock that may have been wrong;
		// how late it had been before is kept.
		kept.After, _ = d.store.Head()
		kept.Lapsed, kept.Was = false, time.Time{}
		if err := d.store.SetSetting(ctx, leaseSetting, kept); err != nil {
			return err
		}
	}
	t, kept, err := d.readTenure(ctx, d.operator.ID)
	if err != nil {
		return err
	}
	now := d.now()
	if d.tenure.anchor.again && t.Was.IsZero() {
		d.settle(now)
	}
	if d.tenure.lapse = t.Check(now); d.tenure.lapse != nil {
		kept.High, kept.Lapsed = t.Latest, true
		return d.store.SetSetting(ctx, leaseSetting, kept)
	}
	if now.Sub(kept.High) >= highEvery {
		kept.High = later(t.Latest, now)
		if err := d.store.SetSetting(ctx, leaseSetting, kept); err != nil {
			return err
		}
	}
	return d.Recheck(ctx)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (d *Desk) readTenure(ctx context.Context, operator string) (guard.Tenure, leaseKept, error) {
	var t guard.Tenure
	var kept leaseKept
	if _, err := d.setting(ctx, leaseSetting, &kept); err != nil {
		return t, kept, err
	}
	var err error
	t.Was = d.leapt(d.now())
	if t.Latest, err = d.latest(ctx, kept); err != nil {
		return t, kept, err
	}
	if d.free() {
		t.Centre, t.Free = t.Latest, true
		return t, kept, nil
	}
	p := d.store.Profile()
	cert, err := x509.ParseCertificate(p.CertDER)
	if err != nil {
		return t, kept, fault.New("tenure", fault.Damaged, errors.New("certificate"))
	}
	t.Centre = seal.IssuedAt(cert)
	switch r, err := d.store.LastReceipt(ctx); fault.KindOf(err) {
	case fault.Missing:
	default:
		if err != nil {
			return t, kept, err
		}
		t.Centre = later(t.Centre, r.At)
	}
	t.Latest = later(t.Latest, t.Centre)
	for _, h := range d.store.Bulletins() {
		t.Latest = later(t.Latest, h.Issued)
	}
	t.Lease, t.Account, t.Since = kept.At, kept.Accounts[operator], kept.Since
	// Of what the county sends down these two alone say who still stands. All else is for
	// everybody, and a stick brings it also to a laptop that was lost.
	for _, h := range d.store.Bulletins(bulletin.Devices) {
		t.Lease = later(t.Lease, h.Issued)
	}
	named, err := d.listed(ctx, operator)
	if err != nil {
		return t, kept, err
	}
	t.Account = later(t.Account, named)
	t.ShutOut, err = d.store.ShutOutAt(ctx, p.Device)
	return t, kept, err
}

// listed is when the county's roster of operators, as it came down, was issued, where it
// names the account as one that may work; else the zero time.
func (d *Desk) listed(ctx context.Context, operator string) (time.Time, error) {
	for _, h := range d.store.Bulletins(bulletin.Operators) {
		b, err := d.store.Bulletin(ctx, h.Kind, h.Name)
		if fault.KindOf(err) == fault.Missing {
			continue // it was withdrawn meanwhile
		}
		if err != nil {
			return time.Time{}, err
		}
		list, err := guard.ParseListed(b)
		if err != nil {
			return time.Time{}, err
		}
		if slices.ContainsFunc(list, func(o guard.Operator) bool { return o.ID == operator && o.Enabled }) {
			return h.Issued, nil
		}
	}
	return time.Time{}, nil
}

// latest is the latest moment seen at this laptop: what is kept, the chain's last
// and what this desk saw.
func (d *Desk) latest(ctx context.Context, kept leaseKept) (time.Time, error) {
	d.tenure.mu.Lock()
	out := later(kept.High, d.tenure.high)
	leapt := d.tenure.anchor.ahead > 0
	d.tenure.mu.Unlock()
	n, _ := d.store.Head()
	if n <= kept.After || kept.Lapsed || leapt {
		return out, nil
	}
	last, err := d.store.Pending(ctx, n-1, 1)
	if err == nil && len(last) == 1 {
		out = later(out, last[0].At)
	}
	return out, err
}

// second is a second person whose name and password are given at this desk,
// once guard allows the verb and the account's time is not over.
func (d *Desk) second(ctx context.Context, id string, password []byte) (guard.Operator, error) {
	if err := d.stands(ctx); err != nil {
		return guard.Operator{}, err
	}
	if d.MustChange() {
		return guard.Operator{}, guard.MustChange(guard.View)
	}
	who, err := d.store.Verify(ctx, id, password)
	if err != nil {
		return who, err
	}
	if lent, err := d.temporary(ctx, who.ID); err != nil || lent {
		return who, cmp.Or(err, fault.Tell("second person", fault.Denied, who.Name+"用的是由他人代设的临时密码。请本人先在本机登录，换成自己的新密码，再来办理。", errors.New("temporary password")))
	}
	t, _, err := d.readTenure(ctx, who.ID)
	if err == nil {
		err = t.Check(d.now())
	}
	return who, err
}

// AskRenewal makes a request to the county to renew this laptop and the
// operator's account, as a code to be read out by telephone. An earlier request
// is void.
func (d *Desk) AskRenewal() string {
	r := &renewal{Renewal: guard.Renewal{Device: d.device(), Operator: d.operator.ID}}
	_, _ = rand.Read(r.Nonce[:])
	// Where it cannot be read, no shut-out counts as known.
	r.shut, _ = d.store.ShutOutAt(context.Background(), d.device())
	d.tenure.mu.Lock()
	defer d.tenure.mu.Unlock()
	r.high, r.ran = d.tenure.high, d.steady()
	d.tenure.ask = r
	return seal.Spoken(r.Nonce[:])
}

// farDays is how many days a clock may be wrong for the county's answer to be
// known all the same, so that the person can be told the right date.
const farDays = 3650

// Renew takes the county's answer to the last request, and ends the lapse. It
// opens nothing twice. fault.Input for a slip of the pen, and for a computer
// whose date is not the county's, which is told; fault.Untrusted for an answer
// that is not the county's to this request, which the chain notes; fault.Refused for
// one whose day was over since, whatever the clock shows now, or which the county may
// have given before it shut the laptop out, which ends the request; fault.Missing
// without a request.
func (d *Desk) Renew(ctx context.Context, typed string) error {
	const op = "renew"
	d.tenure.mu.Lock()
	ask := d.tenure.ask
	d.tenure.mu.Unlock()
	if ask == nil {
		return fault.Tell(op, fault.Missing, "请先生成申请码，再向县资助中心要续期码；用过的续期码不能再用。", errors.New("no request"))
	}
	answer, err := spokenAnswer(typed)
	if err != nil {
		return fault.Wrap(op, err)
	}
	now := d.now()
	day, ok, err := d.answered(guard.RenewalLabel, answer, func(day int) ([]byte, error) { return ask.Message(day), nil }, now, farDays)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if !ok {
		d.noteRefusal(ctx, loan.ChangeSetting, d.operator.ID, uuid.Nil, loan.ViewBody{Detail: "renewal refused"})
		return fault.Tell(op, fault.Untrusted, "续期码不是对本次申请的答复。请把申请码重新报给县资助中心，再试一次。", errors.New("the answer does not hold"))
	}
	if today := guard.DayOf(now); day < today-1 || day > today+1 {
		return fault.Tell(op, fault.Input, "续期码没有错，但电脑的日期不对：县资助中心今天是 "+guard.DayName(day)+"。请先校正电脑的日期和时间，再输一次。",
			errors.New("the clock is wrong"))
	}
	if d.outlived(ask, day) {
		return fault.Tell(op, fault.Refused, "这份续期申请之后，本机已经过了续期码的日期，续期码不能再用。请返回登录，重新生成申请码，再向县资助中心要续期码。", errors.New("an answer of a day that is over"))
	}
	since, err := d.answeredSince(ctx, ask, day)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := d.note(ctx, op, loan.ChangeSetting, loan.ViewBody{Detail: "renewed by code"}); err != nil {
		return err
	}
	if err := d.keepRenewal(ctx, now, since); err != nil {
		return fault.Wrap(op, err)
	}
	d.tenure.mu.Lock()
	d.tenure.ask, d.tenure.high = nil, now
	d.tenure.mu.Unlock()
	d.settle(now)
	return d.Recheck(ctx)
}

// outlived says whether this laptop saw the day of an answer end since it asked, or
// more than a day go by, and if so lets go of the request. What it saw before may have
// been a wrong clock's, and the answer sets that right.
func (d *Desk) outlived(ask *renewal, day int) bool {
	d.tenure.mu.Lock()
	defer d.tenure.mu.Unlock()
	seen := d.tenure.high.After(ask.high) && guard.DayOf(d.tenure.high) > day+1
	if !seen && d.steady()-ask.ran <= renewalFor {
		return false
	}
	d.tenure.ask = nil
	return true
}

// answeredSince is a moment that the county's answer of a day is later than: the day's
// begin, or a shut-out that was known here when it was asked. The clock here has no
// say in it. fault.Refused, which ends the request, where a shut-out of this laptop
// became known since and the answer may be from before it.
func (d *Desk) answeredSince(ctx context.Context, ask *renewal, day int) (time.Time, error) {
	const op = "answered since"
	since := guard.DayBegin(day)
	shut, err := d.store.ShutOutAt(ctx, d.device())
	if err != nil {
		return since, fault.Wrap(op, err)
	}
	if !shut.After(ask.shut) {
		since = later(since, shut)
	}
	if !shut.After(since) {
		return since, nil
	}
	d.tenure.mu.Lock()
	d.tenure.ask = nil
	d.tenure.mu.Unlock()
	d.noteRefusal(ctx, loan.ChangeSetting, d.operator.ID, uuid.Nil, loan.ViewBody{Detail: "renewal refused, asked before shut out"})
	return since, fault.Tell(op, fault.Refused, "申请续期之后，本机收到了停用本机的通知，这个续期码不能再用。请返回登录，重新生成申请码，再联系县资助中心。", errors.New("an answer from before the shut-out"))
}

// keepRenewal keeps what a code gave at a moment, which is the right one, and since
// when the county's answer is.
func (d *Desk) keepRenewal(ctx context.Context, now, since time.Time) error {
	d.tenure.keep.Lock()
	defer d.tenure.keep.Unlock()
	var kept leaseKept
	if _, err := d.setting(ctx, leaseSetting, &kept); err != nil {
		return err
	}
	if kept.Accounts == nil {
		kept.Accounts = map[string]time.Time{}
	}
	kept.At, kept.High, kept.Accounts[d.operator.ID] = now.UTC(), now.UTC(), now.UTC()
	kept.Since = later(kept.Since, since.UTC())
	kept.After, _ = d.store.Head()
	kept.Lapsed, kept.Was = false, time.Time{}
	return d.store.SetSetting(ctx, leaseSetting, kept)
}

// spokenAnswer is an answer as it was read out or scanned.
func spokenAnswer(typed string) ([]byte, error) {
	return seal.ParseSpoken(guard.AnswerOf(typed), seal.AnswerSize)
}

// answered looks for the day on which the centre gave an answer to a message,
// the nearest to a moment's first.
func (d *Desk) answered(label string, answer []byte, message func(day int) ([]byte, error), around time.Time, far int) (day int, ok bool, err error) {
	p := d.store.Profile()
	k, err := p.Signer.Agree(p.Centre, label)
	if err != nil {
		return 0, false, err
	}
	defer k.Wipe()
	today := guard.DayOf(around)
	for off := 0; off <= far; off++ {
		for _, day := range []int{today - off, today + off} {
			m, err := message(day)
			if err != nil {
				return 0, false, err
			}
			if k.Answers(m, answer) {
				return day, true, nil
			}
		}
	}
	return 0, false, nil
}

// note writes a word of the operator into the chain that is about no case.
func (d *Desk) note(ctx context.Context, op string, kind loan.ChangeKind, body loan.ViewBody) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.store.Commit(ctx, []store.Entry{{Kind: kind, Operator: d.operator.ID, Body: body}}, nil)
	return fault.Wrap(op, err)
}

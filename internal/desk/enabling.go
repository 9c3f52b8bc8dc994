package desk

import (
	"context"
	"errors"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Enabling is a request to the county that a person of the roster be let in at
// this laptop. It is in memory alone, serves once, and must not be used from two
// goroutines at once.
type Enabling struct {
	*Recovery
	who   guard.Operator
	day   int // of the county's answer by telephone; 0 is none
	wrong int
}

// wrongAnswers end a request.
const wrongAnswers = 5

// MayEnable says whether the operator signed in may let people in at this laptop
// without a word of the county: a data administrator may, and at a laptop for
// practice everybody at the counter.
func (d *Desk) MayEnable() bool {
	return guard.MayAt(d.acting(), d.enabling(), nil, d.site()) == nil
}

// enabling is the verb by which people are let in without the county's word.
func (d *Desk) enabling() guard.Verb {
	if d.store.Profile().Practice {
		return guard.AdmitOperator
	}
	return guard.EnableOperator
}

// newcomer is a person of the roster who may be let in here: fault.Exists for one
// who is, fault.Missing for one whom the county did not send, and fault.Denied for
// one of another organisation or switched off.
func (d *Desk) newcomer(ctx context.Context, op, id string) (guard.Operator, error) {
	if d.store.CanSignIn(id) {
		return guard.Operator{}, fault.Say(op, fault.Exists, "该人员已在本机启用。", nil)
	}
	who, err := d.store.Account(ctx, id)
	if fault.KindOf(err) == fault.Denied {
		return who, fault.Say(op, fault.Missing, "人员名册中没有该账号。请县资助中心先登记，再同步一次。", err)
	}
	if err != nil {
		return who, fault.Wrap(op, err)
	}
	if err := d.BelongsHere(who); err != nil {
		return who, fault.Wrap(op, err)
	}
	return who, nil
}

// BelongsHere is nil for a person of the roster who can be let in at this laptop at all,
// by whatever word; fault.Denied, with a sentence, for one of another organisation or
// switched off.
func (d *Desk) BelongsHere(who Operator) error {
	const op = "let a person in here"
	if !who.Enabled {
		return fault.Tell(op, fault.Denied, who.Name+"的账号已由县资助中心停用，不能启用。", errors.New("switched off"))
	}
	if !who.Within(d.site()) {
		return fault.Tell(op, fault.Denied, who.Name+"属于"+who.Where()+"，不能在"+d.site().Point+"的电脑上启用。请在所属机构的电脑上启用；调动了的，请县资助中心先改所属机构。", errors.New("another organisation"))
	}
	return nil
}

// AskEnabling makes a request to the county for a person of the roster, and notes
// it in the chain. It is brought to the county over the network or by a file, or
// its digits are read out; what comes back is taken by Take or TakeAnswer, and
// Admit lets the person in. Close forgets it.
func (d *Desk) AskEnabling(ctx context.Context, id string) (*Enabling, error) {
	const op = "ask to enable operator"
	if err := d.permit(ctx, guard.AdmitOperator, nil); err != nil {
		return nil, fault.Wrap(op, err)
	}
	who, err := d.newcomer(ctx, op, id)
	if err != nil {
		return nil, err
	}
	r, err := d.store.AskEnabling(who.ID, d.operator.ID)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	e := &Enabling{Recovery: r, who: who}
	d.mu.Lock()
	d.asked = append(d.asked, r)
	d.mu.Unlock()
	return e, d.notePassword(ctx, op, "enabling "+who.ID+" asked, request "+r.Code())
}

// forgetAsked drops what was asked of the county and is not spent.
func (d *Desk) forgetAsked() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.asked {
		r.Forget()
	}
	d.asked = nil
}

// EnablingScan is what the QR code of a request says.
func (d *Desk) EnablingScan(e *Enabling) string {
	r := d.request(e.Code())
	r.Operator = e.who.ID
	return r.EnableScan()
}

// TakeAnswer takes the county's answer to a request, as it was read out or
// scanned. fault.Input for a slip of the pen; fault.Untrusted for an answer that
// is not the county's to this request, by this account, at this laptop, today,
// which is noted in the chain; five of those end the request, which is then
// fault.Refused.
func (d *Desk) TakeAnswer(ctx context.Context, e *Enabling, typed string) error {
	const op = "take answer"
	if e.Spent() {
		return fault.Tell(op, fault.Refused, "本次申请已失效，请重新申请。", errors.New("the request is spent"))
	}
	answer, err := spokenAnswer(typed)
	if err != nil {
		return fault.Wrap(op, err)
	}
	ask := guard.Enabling{Device: d.device(), Operator: e.who.ID, Digits: e.Code()}
	day, ok, err := d.answered(guard.EnableLabel, answer, func(day int) ([]byte, error) { return ask.Message(day), nil }, d.moment(), 1)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if ok {
		e.day = day
		return nil
	}
	d.noteRefusal(ctx, loan.ChangeRecover, d.operator.ID, uuid.Nil, loan.ViewBody{Detail: "enabling " + e.who.ID + " refused: a wrong answer"})
	if e.wrong++; e.wrong >= wrongAnswers {
		e.Forget()
		return fault.Tell(op, fault.Refused, "批准码连续输错五次，本次申请已失效，请重新申请。", errors.New("too many wrong answers"))
	}
	return fault.Tell(op, fault.Untrusted, "批准码不是对本次申请的答复。请核对电脑的日期，把核对码重新报给县资助中心，再试一次。", errors.New("the answer does not hold"))
}

// Admitted says whether the county's word to a request is here.
func (e *Enabling) Admitted() bool { return !e.Spent() && (e.day != 0 || e.Approved()) }

// Admit lets the person of a request in at this laptop by the county's word, with
// a temporary password, and notes in the chain by which word. The request is spent.
// fault.Refused without the county's word, or when its time is over; a weak
// password is fault.Input, and may be tried again.
func (d *Desk) Admit(ctx context.Context, e *Enabling, password []byte) error {
	const op = "admit operator"
	if err := d.permit(ctx, guard.AdmitOperator, nil); err != nil {
		return fault.Wrap(op, err)
	}
	if !e.Admitted() {
		return fault.Tell(op, fault.Refused, "还没有县资助中心对本次申请的批准。", errors.New("no word of the county"))
	}
	if err := guard.CheckPassword(e.who.ID, password); err != nil {
		return fault.Wrap(op, err)
	}
	who, err := d.newcomer(ctx, op, e.who.ID)
	if err != nil {
		return err
	}
	word := "answer of " + guard.DayName(e.day)
	switch today := guard.DayOf(d.moment()); {
	case !e.Approved() && (e.day < today-1 || e.day > today+1):
		e.Forget()
		return fault.Tell(op, fault.Refused, "批准只在当天有效，本次申请已失效，请重新申请。", errors.New("an answer of another day"))
	case e.Approved():
		id, err := d.store.Approval(e.Recovery)
		if err != nil {
			return fault.Wrap(op, err)
		}
		word = "approval " + id
	}
	if err := d.letIn(ctx, op, who, "enable "+who.ID+" by the county's "+word+" to request "+e.Code(), password); err != nil {
		return err
	}
	e.Forget()
	return nil
}

// letIn notes what is done, marks the password as temporary, and sets it.
func (d *Desk) letIn(ctx context.Context, op string, who guard.Operator, what string, password []byte) error {
	// Noted first: a password set without a word of it must not be.
	if err := d.notePassword(ctx, op, what); err != nil {
		return err
	}
	if err := d.markTemporary(ctx, who.ID, &lent{By: d.operator.ID, At: d.now().UTC()}); err != nil {
		return fault.Wrap(op, err)
	}
	return fault.Wrap(op, d.store.EnableOperator(ctx, who, password))
}

// temporarySetting keeps whose password another person chose.
const temporarySetting = "desk.temporary"

// lent is by whom a password was set, and when.
type lent struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// markTemporary keeps that an account's password is temporary, or, with nil, that
// it is not.
func (d *Desk) markTemporary(ctx context.Context, id string, by *lent) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all map[string]lent
	if _, err := d.setting(ctx, temporarySetting, &all); err != nil {
		return err
	}
	if _, is := all[id]; by == nil && !is {
		return nil
	}
	if all == nil {
		all = map[string]lent{}
	}
	if delete(all, id); by != nil {
		all[id] = *by
	}
	return d.store.SetSetting(ctx, temporarySetting, all)
}

// temporary says whether an account's password here was chosen by another.
func (d *Desk) temporary(ctx context.Context, id string) (bool, error) {
	var all map[string]lent
	_, err := d.setting(ctx, temporarySetting, &all)
	_, is := all[id]
	return is, err
}

// MustChange says whether the operator signed in has a password that another
// chose: nothing is allowed before ChangePassword.
func (d *Desk) MustChange() bool { return d.mustChange.Load() }

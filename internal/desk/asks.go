package desk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// Wanted is what a grant is asked for: fields of one case, or of Count cases,
// for so many hours, and why.
type Wanted struct {
	Fields []string
	Case   uuid.UUID // Nil: of any cases
	Count  int
	Hours  int
	Reason string
	Export bool // to export them, and not to see them
}

// Asked is a request for a grant that was not answered yet.
type Asked struct {
	Code     string // to be read out
	Scan     string // what a QR code of it says
	Operator string
	Wanted
	At time.Time
	To *Release `json:",omitempty"` // of an export: to whom, once it was called by telephone

	Grant    string `json:"-"` // the id of what it becomes
	Declined string `json:"-"` // who declined it at the centre or at another laptop; empty while it waits
	Word     string `json:"-"` // and why
	Back     bool   `json:"-"` // it was approved, and the grant taken back before it came to this laptop
	Behind   bool   `json:"-"` // it goes to other laptops once others of the county's list are answered
}

// asksSetting keeps what is asked for and not answered.
const asksSetting = "desk.asks"

const askFor = guard.WaitFor

// AskGrant makes a request for a grant, and notes it in the chain, with which it
// goes up to who may answer it. The answer is given at this laptop by ApproveAsk,
// by a code for TakeGrant, or comes down as a grant. fault.Denied while ten of the
// operator's, to see or to export, wait here, and where he took twenty back within a day;
// fault.Exists, with the request, where one of his for the same waits.
func (d *Desk) AskGrant(ctx context.Context, w Wanted) (Asked, error) {
	const op = "ask for a grant"
	if err := d.permit(ctx, guard.AskGrant, nil); err != nil {
		return Asked{}, fault.Wrap(op, err)
	}
	if err := guard.CheckReason(w.Reason); err != nil {
		return Asked{}, fault.Wrap(op, err)
	}
	if w.Case != uuid.Nil {
		if _, err := d.read(ctx, w.Case); err != nil {
			return Asked{}, fault.Wrap(op, err)
		}
	}
	b, err := w.ask().Encode()
	if err == nil && w.Export { // the recipient gets it, and it is read out word by word
		w.Reason, err = d.unnaming().text(ctx, w.Reason, w.Case)
	}
	if err != nil {
		return Asked{}, fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	all, err := d.asks(ctx)
	if err == nil {
		err = d.mayAskMore(ctx, all)
	}
	if err == nil {
		var same Asked
		if same, err = d.waitsAlready(ctx, all, w); err != nil {
			return same, fault.Wrap(op, err)
		}
	}
	if err == nil {
		err = d.mayAskAgain(ctx)
	}
	if err != nil {
		return Asked{}, fault.Wrap(op, err)
	}
	code := seal.Spoken(b)
	a := Asked{Code: code, Scan: d.request(code).AskScan(), Operator: d.operator.ID, Wanted: w, At: d.moment().UTC()}
	if _, a.Grant, err = d.becomes(a); err != nil {
		return Asked{}, fault.Wrap(op, err)
	}
	detail := guard.AskedDetail(b)
	if w.Export {
		detail = guard.ExportAsked
	}
	if err := d.noteOf(ctx, op, d.operator.ID, w.Case, loan.ViewBody{Fields: w.Fields, Reason: w.Reason, Detail: detail}); err != nil {
		return Asked{}, err
	}
	return a, fault.Wrap(op, d.store.SetSetting(ctx, asksSetting, append(all, a)))
}

// MayAskGrant is nil where the operator signed in may ask for a grant at all; fault.Denied
// with a sentence that says who may.
func (d *Desk) MayAskGrant() error {
	return guard.MayAt(d.acting(), guard.AskGrant, nil, d.site())
}

// mayAskMore is fault.Denied, and noted, while as many requests of the operator wait
// here as may: nobody's are many enough to hide those of others.
func (d *Desk) mayAskMore(ctx context.Context, all []Asked) error {
	all, err := d.answeredAbove(ctx, all)
	if err != nil {
		return err
	}
	wait := 0
	for _, a := range all {
		if a.Operator == d.operator.ID && !a.Over() {
			wait++
		}
	}
	if wait < guard.MaxOwn {
		return nil
	}
	d.noteRefusal(ctx, loan.ChangeView, d.operator.ID, uuid.Nil, loan.ViewBody{Detail: "refused " + string(guard.AskGrant) + ": as many wait as may"})
	return fault.Tell("count requests", fault.Denied, fmt.Sprintf("您已有 %d 份申请等待答复，不能再申请。请先打电话报申请码，或请系统数据管理员到本机批准；填错的可以在“管理”的“授权”里撤回；72 小时没有答复的申请自动失效。", wait), errors.New("as many wait as may"))
}

// request is a code of the operator signed in at this laptop.
func (d *Desk) request(code string) guard.Request {
	return guard.Request{Device: loan.ShortID(d.device()), Operator: d.operator.ID, Code: code}
}

// RenewalScan is what a QR code says of a code of AskRenewal.
func (d *Desk) RenewalScan(code string) string { return d.request(code).RenewScan() }

// Scanned takes what a QR code of a request says apart; false for anything else.
func Scanned(text string) (Request, bool) { return guard.ParseRequest(text) }

// Request is a request of another laptop, as its QR code says it.
type Request = guard.Request

// AnswerScan is what a QR code of an answer says.
func AnswerScan(code string) string { return guard.AnswerScan(code) }

// IsAnswerScan says whether a text is what a QR code of an answer says.
func IsAnswerScan(text string) bool { return guard.IsAnswerScan(text) }

// ask is the request, with a name of its own.
func (w Wanted) ask() guard.Ask {
	a := guard.Ask{Fields: w.Fields, Hours: w.Hours, Count: w.Count}
	if w.Case != uuid.Nil {
		a.Case = guard.TagOf(w.Case)
	}
	_, _ = rand.Read(a.Nonce[:])
	return a
}

// asks are the requests that still wait; of an erased case none does.
func (d *Desk) asks(ctx context.Context) ([]Asked, error) {
	var all []Asked
	if _, err := d.setting(ctx, asksSetting, &all); err != nil {
		return nil, err
	}
	began, err := d.eraBegan(ctx)
	now := d.moment()
	// What was asked before the file was set back may have been granted and used.
	all = slices.DeleteFunc(all, func(a Asked) bool { return now.Sub(a.At) > askFor || a.At.Before(began) || d.gone(ctx, a.Case) })
	for i := 0; err == nil && i < len(all); i++ {
		_, all[i].Grant, err = d.becomes(all[i])
	}
	return all, err
}

// Asks lists the operator's requests that still wait or were declined; a data
// administrator sees those of all at this laptop. In the reasons the cases' people are
// masked.
func (d *Desk) Asks(ctx context.Context) ([]Asked, error) {
	const op = "list requests"
	all, err := d.asks(ctx)
	if err == nil {
		all, err = d.answeredAbove(ctx, all)
	}
	if guard.MayAt(d.acting(), guard.ApproveGrant, nil, d.site()) != nil {
		all = slices.DeleteFunc(all, func(a Asked) bool { return a.Operator != d.operator.ID })
	}
	people := d.unnaming()
	for i := 0; err == nil && i < len(all); i++ {
		if all[i].Reason, err = people.text(ctx, all[i].Reason, all[i].Case); err == nil {
			all[i].Word, err = people.text(ctx, all[i].Word, all[i].Case)
		}
	}
	return all, fault.Wrap(op, err)
}

// taken finds a request that waits, by its code.
func (d *Desk) taken(ctx context.Context, code string) (Asked, guard.Plea, error) {
	b, err := seal.ParseSpoken(code, guard.AskSize)
	if err != nil {
		return Asked{}, guard.Plea{}, err
	}
	if _, err := guard.ParseAsk(b); err != nil {
		return Asked{}, guard.Plea{}, err
	}
	all, err := d.asks(ctx)
	if err != nil {
		return Asked{}, guard.Plea{}, err
	}
	i := slices.IndexFunc(all, func(a Asked) bool { return a.Code == seal.Spoken(b) })
	if i < 0 {
		return Asked{}, guard.Plea{}, d.noSuchRequest(ctx, seal.Spoken(b))
	}
	plea, _, err := d.becomes(all[i])
	return all[i], plea, err
}

// TakeGrant takes the answer to a request of the operator signed in: a code of
// the centre, or of a data administrator at another laptop of the county. It
// serves once. fault.Untrusted for an answer that is not to this request, which
// the chain notes; fault.Missing for a request that does not wait any more.
func (d *Desk) TakeGrant(ctx context.Context, code, answer string) (guard.Grant, error) {
	const op = "take grant"
	if err := d.permit(ctx, guard.AskGrant, nil); err != nil {
		return guard.Grant{}, fault.Wrap(op, err)
	}
	b, err := seal.ParseSpoken(guard.AnswerOf(answer), seal.AnswerSize)
	if err != nil {
		return guard.Grant{}, fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	a, plea, err := d.taken(ctx, code)
	if err == nil && a.Operator != d.operator.ID {
		d.noteRefusal(ctx, loan.ChangeView, d.operator.ID, uuid.Nil, loan.ViewBody{Detail: "grant refused: another operator's request"})
		err = fault.Tell(op, fault.Denied, "这份申请是另一个账号的，请由本人登录后输入批准码。", errors.New("another operator's request"))
	}
	if err == nil && a.Export && a.To == nil {
		err = fault.Tell(op, fault.Denied, "导出申请还没有写明接收单位：请在“批准导出”里填写接收单位和公钥，再按“打电话批准…”。", errors.New("an export to nobody yet"))
	}
	if err != nil {
		d.noteNoRequest(ctx, d.operator.ID, err)
		return guard.Grant{}, fault.Wrap(op, err)
	}
	by, err := d.approver(ctx, a.Operator, a.proves(plea), b)
	if err != nil {
		return guard.Grant{}, fault.Wrap(op, err)
	}
	if by == "" {
		d.noteRefusal(ctx, loan.ChangeView, d.operator.ID, a.Case, loan.ViewBody{Detail: "grant refused: the answer does not hold"})
		return guard.Grant{}, fault.Tell(op, fault.Untrusted, "批准码不是对这份申请的答复，或者不是今天给出的。请核对申请码后，请对方重新给出。", errors.New("the answer does not hold"))
	}
	// The case may not have been where the answer was given.
	if err := d.apartOf(ctx, guard.Operator{ID: by}, guard.ApproveGrant, a.Case); err != nil {
		d.noteRefusal(ctx, loan.ChangeView, d.operator.ID, a.Case, loan.ViewBody{Detail: "grant refused: approved by one who had a part in the case"})
		return guard.Grant{}, fault.Wrap(op, err)
	}
	if err := d.notBack(ctx, d.operator.ID, a); err != nil {
		return guard.Grant{}, fault.Wrap(op, err)
	}
	return d.granted(ctx, op, a, plea, by, d.operator.ID, a.To)
}

// approver is the data administrator by whom an answer to an operator's request
// was given, at the centre or at a laptop of the county; "" when it was nobody's.
// proves is what an answer proves.
func (d *Desk) approver(ctx context.Context, operator string, proves func(by string, day int) ([]byte, error), answer []byte) (string, error) {
	people, err := d.store.Operators(ctx)
	if err != nil {
		return "", err
	}
	asker, err := d.store.Account(ctx, operator)
	if err != nil {
		return "", err
	}
	room := d.roomKey()
	defer room.Wipe()
	now := d.moment()
	today := guard.DayOf(now)
	for _, o := range people {
		if guard.Answers(o, guard.ApproveGrant, asker, d.site()) != nil {
			continue
		}
		message := func(day int) ([]byte, error) { return proves(o.ID, day) }
		_, ok, err := d.answered(guard.GrantLabel, answer, message, now, 1)
		if err != nil {
			return "", err
		}
		for day := today - 1; !ok && day <= today+1; day++ {
			m, err := message(day)
			if err != nil {
				return "", err
			}
			ok = room.Answers(m, answer)
		}
		if ok {
			return o.ID, nil
		}
	}
	return "", nil
}

// roomKey is what laptops of the county prove answers to each other by.
func (d *Desk) roomKey() *seal.Key {
	p := d.store.Profile()
	return p.CountyKey.Derive("doorstep grant answer 1")
}

// ApproveAsk is a data administrator's word on a request, given at this laptop
// with name and password; the operator stays signed in. Nobody approves his own.
// to is whom an export goes to, as the administrator names it, and nil for what is
// to be seen.
func (d *Desk) ApproveAsk(ctx context.Context, code, admin string, password []byte, to *Release) (guard.Grant, error) {
	const op = "approve grant"
	who, err := d.second(ctx, admin, password)
	if err != nil {
		return guard.Grant{}, fault.Wrap(op, err)
	}
	if err := d.permitOther(ctx, who, guard.ApproveGrant, nil); err != nil {
		return guard.Grant{}, fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	a, plea, err := d.taken(ctx, code)
	if err != nil {
		d.noteNoRequest(ctx, who.ID, err)
		return guard.Grant{}, fault.Wrap(op, err)
	}
	if err := d.apart(ctx, who, guard.ApproveGrant, a.Case); err != nil {
		return guard.Grant{}, fault.Wrap(op, err)
	}
	if err := d.answersFor(ctx, who, guard.ApproveGrant, plea.Operator); err != nil {
		return guard.Grant{}, fault.Wrap(op, err)
	}
	if err := d.notBack(ctx, who.ID, a); err != nil {
		return guard.Grant{}, fault.Wrap(op, err)
	}
	if a.Export != (to != nil) {
		return guard.Grant{}, fault.Tell(op, fault.Input, "导出申请须写明接收单位和公钥；查看申请不需要。", errors.New("a recipient is for an export"))
	}
	if to != nil {
		if err := CheckRelease(*to); err != nil {
			return guard.Grant{}, fault.Wrap(op, err)
		}
	}
	return d.granted(ctx, op, a, plea, who.ID, who.ID, to)
}

// AnswerAsk gives the answer to a request of another laptop of the county, named
// by the last eight characters of its id. Only a data administrator may; the
// chain notes what was granted to whom, and from then on he had a word on the case.
func (d *Desk) AnswerAsk(ctx context.Context, device, operator, code, reason string) (answer string, err error) {
	const op = "answer request"
	if err := d.permit(ctx, guard.ApproveGrant, nil); err != nil {
		return "", fault.Wrap(op, err)
	}
	ask, tag, err := d.ReadAsk(device, code)
	if err != nil {
		return "", err
	}
	if err := guard.CheckReason(reason); err != nil {
		return "", fault.Wrap(op, err)
	}
	if err := d.apartTag(ctx, guard.ApproveGrant, ask.Case); err != nil {
		return "", fault.Wrap(op, err)
	}
	if err := d.answersFor(ctx, d.acting(), guard.ApproveGrant, operator); err != nil {
		return "", fault.Wrap(op, err)
	}
	plea := guard.Plea{Device: tag, Operator: operator, Ask: ask}
	if err := d.notAgain(ctx, plea); err != nil {
		return "", fault.Wrap(op, err)
	}
	m, err := plea.Message(d.operator.ID, guard.DayOf(d.moment()))
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	if reason, err = d.unnaming().text(ctx, reason, d.ofTag(ask.Case)...); err != nil { // the line is of no case
		return "", fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	if err := d.answerNoted(ctx, op, ask.Case, loan.ViewBody{Fields: ask.Fields, Reason: reason, Detail: plea.AnsweredDetail()}); err != nil {
		return "", err
	}
	if err := d.keepApproved(ctx, plea, approvedHere{Reason: reason, Code: true}); err != nil {
		return "", fault.Wrap(op, err)
	}
	if err := d.noteAnsweredByCode(ctx, plea); err != nil {
		return "", fault.Wrap(op, err)
	}
	k := d.roomKey()
	defer k.Wipe()
	return seal.Spoken(k.Answer(m)), nil
}

// ReadAsk tells what another laptop asks for by a code. fault.Input for a slip
// of the pen in either.
func (d *Desk) ReadAsk(device, code string) (guard.Ask, [4]byte, error) {
	const op = "read request"
	tag, err := tagIn(device)
	if err != nil {
		return guard.Ask{}, tag, fault.Wrap(op, err)
	}
	b, err := seal.ParseSpoken(code, guard.AskSize)
	if err != nil {
		return guard.Ask{}, tag, fault.Wrap(op, err)
	}
	a, err := guard.ParseAsk(b)
	return a, tag, fault.Wrap(op, err)
}

// tagIn is the end of a laptop's id as it is read out.
func tagIn(device string) (tag [4]byte, err error) {
	end, err := hex.DecodeString(strings.TrimSpace(device))
	if err != nil || copy(tag[:], end) != len(end) || len(end) != len(tag) {
		return tag, fault.Tell("read device", fault.Input, "请输入对方设备编号的末 8 位。", errors.New("device"))
	}
	return tag, nil
}

// granted keeps what a request became, once: first the chain, then the grant,
// and with it the request goes. uses is held.
func (d *Desk) granted(ctx context.Context, op string, a Asked, plea guard.Plea, by, noter string, to *guard.Release) (guard.Grant, error) {
	g, err := plea.Grant(a.Case, a.Reason, by, d.moment())
	if err != nil {
		return g, fault.Wrap(op, err)
	}
	g.Device, g.Release = d.device(), to
	body := loan.ViewBody{Fields: g.Fields, Reason: a.Reason, Detail: "grant " + g.ID + " for " + g.Operator + " by " + by}
	if to != nil {
		body.Detail += " to export to " + to.Fingerprint()
	}
	if err := d.noteOf(ctx, op, noter, a.Case, body); err != nil {
		return g, err
	}
	all, err := d.asks(ctx)
	if err != nil {
		return g, fault.Wrap(op, err)
	}
	all = slices.DeleteFunc(all, func(o Asked) bool { return o.Code == a.Code })
	if err := d.store.SetSetting(ctx, asksSetting, all); err != nil {
		return g, fault.Wrap(op, err)
	}
	return g, fault.Wrap(op, d.store.SetSetting(ctx, grantSetting+g.ID, g))
}

// noteOf writes a look of an operator into the chain, about a case or none.
func (d *Desk) noteOf(ctx context.Context, op, operator string, id uuid.UUID, body loan.ViewBody) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.store.Commit(ctx, []store.Entry{{Case: id, Kind: loan.ChangeView, Operator: operator, Body: body}}, nil)
	return fault.Wrap(op, err)
}

// noteNoRequest notes that a code was given that stands for no request that
// waits: it was never made here, was answered already, or is too old.
func (d *Desk) noteNoRequest(ctx context.Context, operator string, err error) {
	if fault.KindOf(err) == fault.Missing {
		d.noteRefusal(ctx, loan.ChangeView, operator, uuid.Nil, loan.ViewBody{Detail: "grant refused: no such request"})
	}
}

// answersFor is guard's word on whether a person may answer what an operator of
// the county asked for, or look at what he did; that he may not is noted.
func (d *Desk) answersFor(ctx context.Context, who guard.Operator, v guard.Verb, operator string) error {
	asker, err := d.store.Account(ctx, operator)
	if fault.KindOf(err) == fault.Denied {
		return fault.Tell("find operator", fault.Missing, "本机的人员名册上没有账号 "+operator+"，请核对账号；新加的人员在下次同步后才有。", errors.New("no such operator"))
	}
	if err != nil {
		return err
	}
	if err := guard.Answers(who, v, asker, d.site()); err != nil {
		d.refuse(ctx, who, nil, err)
		return err
	}
	return nil
}

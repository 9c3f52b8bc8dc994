package desk

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Leave is a grant that a data administrator may take back: one in force at this
// laptop, or one that was approved here for another and may still be.
type Leave struct {
	Grant    string // its id
	Operator string
	Name     string // of the operator, where he is known here
	Where    string // the end of the other laptop's id; empty of this one
	Fields   []string
	Case     string // the end of the case's id; empty: of any
	Count    int
	Until    time.Time // no later than this; where Hours is 0, then
	Hours    int       // how long it serves at the other laptop, from when it came there; 0 at this one
	By       string
	Reason   string
	Export   bool
}

// approvedSetting keeps what was approved here for other laptops, as long as it may be in
// force.
const approvedSetting = "desk.approved"

// takenBackSetting goes on with a grant's id: it was taken back here.
const takenBackSetting = "desk.grant.back."

// approvedHere is one of them.
type approvedHere struct {
	Grant    string    `json:"grant"`
	Device   [4]byte   `json:"device"`
	Operator string    `json:"operator"`
	Fields   []string  `json:"fields"`
	Case     [4]byte   `json:"case"`
	Count    int       `json:"count"`
	Hours    int       `json:"hours"`
	By       string    `json:"by"`
	Reason   string    `json:"reason"`
	Export   bool      `json:"export,omitempty"`
	Code     bool      `json:"code,omitempty"` // by a code, which serves whatever the centre says of another answer
	At       time.Time `json:"at"`
}

// until is when what was approved is over, whenever the answer was used.
func (a approvedHere) until() time.Time {
	return a.At.Add(guard.WaitFor + time.Duration(a.Hours)*time.Hour)
}

// keepApproved keeps what the operator approved for another laptop, so that it can be taken
// back: how, and why, is in how. uses is held.
func (d *Desk) keepApproved(ctx context.Context, p guard.Plea, how approvedHere) error {
	id, err := p.ID()
	if err != nil {
		return err
	}
	var all []approvedHere
	if _, err := d.setting(ctx, approvedSetting, &all); err != nil {
		return err
	}
	now := d.moment().UTC()
	how.Grant, how.Device, how.Operator, how.Fields, how.Case = id, p.Device, p.Operator, p.Ask.Fields, p.Ask.Case
	how.Count, how.Hours, how.By, how.At = p.Ask.Count, p.Ask.Hours, d.operator.ID, now
	// A code is out, whatever came after it.
	how.Code = how.Code || slices.ContainsFunc(all, func(a approvedHere) bool { return a.Grant == id && a.Code })
	all = slices.DeleteFunc(all, func(a approvedHere) bool { return a.Grant == id || now.After(a.until()) })
	return d.store.SetSetting(ctx, approvedSetting, append(all, how))
}

// Leaves lists the grants that the operator may take back, those of this laptop first. In
// the reasons the people of cases that are here are masked. Only a data administrator may.
func (d *Desk) Leaves(ctx context.Context) ([]Leave, error) {
	const op = "list approved grants"
	if err := d.permit(ctx, guard.ApproveGrant, nil); err != nil {
		return nil, fault.Wrap(op, err)
	}
	out, err := d.leaves(ctx)
	return out, fault.Wrap(op, err)
}

func (d *Desk) leaves(ctx context.Context) ([]Leave, error) {
	known, err := d.known(ctx)
	if err != nil {
		return nil, err
	}
	l := &leaveList{d: d, people: d.unnaming()}
	here, now := map[string]bool{}, d.moment()
	for _, g := range known {
		here[g.ID] = !g.Elsewhere
		if g.Revoked || g.Elsewhere || g.By == guard.Emergency || !now.Before(g.Until) || g.Release != nil && g.Release.Centre {
			continue
		}
		var tag [4]byte
		if len(g.Cases) == 1 {
			tag = guard.TagOf(g.Cases[0])
		}
		err := l.add(ctx, Leave{Grant: g.ID, Operator: g.Operator, Fields: g.Fields, Count: max(g.Count, len(g.Cases)), Until: g.Until, By: g.By, Reason: g.Reason, Export: g.Release != nil},
			tag, slices.Concat(g.Cases, g.Used)...)
		if err != nil {
			return nil, err
		}
	}
	var all []approvedHere
	if _, err := d.setting(ctx, approvedSetting, &all); err != nil {
		return nil, err
	}
	none, err := d.noEffect(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		back, err := d.backHere(ctx, a.Grant)
		if err != nil {
			return nil, err
		}
		if back || here[a.Grant] || now.After(a.until()) || !a.Code && none[answerOf{a.By, a.Grant}].After(a.At) {
			continue
		}
		if err := l.add(ctx, Leave{Grant: a.Grant, Operator: a.Operator, Where: hex.EncodeToString(a.Device[:]), Fields: a.Fields, Count: max(a.Count, 1), Until: a.until(), Hours: a.Hours, By: a.By,
			Reason: a.Reason, Export: a.Export}, a.Case, d.ofTag(a.Case)...); err != nil {
			return nil, err
		}
	}
	return l.out, nil
}

// leaveList are the grants that the operator may take back, as they are found.
type leaveList struct {
	d      *Desk
	people *unnaming
	out    []Leave
}

// add adds one, where the operator may answer whose it is; tag is the end of its case's id.
func (l *leaveList) add(ctx context.Context, a Leave, tag [4]byte, cases ...uuid.UUID) error {
	asker, err := l.d.store.Account(ctx, a.Operator)
	if k := fault.KindOf(err); k == fault.Denied || err == nil && guard.Answers(l.d.acting(), guard.ApproveGrant, asker, l.d.siteOf(asker)) != nil {
		return nil
	}
	if err != nil {
		return err
	}
	a.Name = asker.Name
	if tag != ([4]byte{}) {
		a.Case = hex.EncodeToString(tag[:])
	}
	if a.Reason, err = l.people.text(ctx, a.Reason, cases...); err != nil {
		return err
	}
	l.out = append(l.out, a)
	return nil
}

// backHere says whether a grant was taken back, here or by the county.
func (d *Desk) backHere(ctx context.Context, id string) (back bool, err error) {
	if d.store.Withdrawn(bulletin.Grant, id) {
		return true, nil
	}
	_, err = d.setting(ctx, takenBackSetting+id, &back)
	return back, err
}

// notAgain is fault.Denied for a request of another laptop whose grant was taken back by
// what is known here: no code gives it again.
func (d *Desk) notAgain(ctx context.Context, plea guard.Plea) error {
	id, err := plea.ID()
	if err != nil {
		return err
	}
	back, err := d.backHere(ctx, id)
	if err != nil || !back {
		return err
	}
	return fault.Tell("answer request", fault.Denied, "这份申请的授权已撤销，不能再批准。仍有需要的，请申请人重新申请。", errors.New("the grant was taken back"))
}

// notBack is fault.Denied, and noted of who brings it, for the answer to a request whose
// grant was taken back before it was used; the request waits no more. uses is held.
func (d *Desk) notBack(ctx context.Context, who string, a Asked) error {
	back, err := d.backHere(ctx, a.Grant)
	if err != nil || !back {
		return err
	}
	d.noteRefusal(ctx, loan.ChangeView, who, a.Case, loan.ViewBody{Detail: "grant refused: it was taken back"})
	all, err := d.asks(ctx)
	if err == nil {
		err = d.store.SetSetting(ctx, asksSetting, slices.DeleteFunc(all, func(o Asked) bool { return o.Code == a.Code }))
	}
	if err != nil {
		return err
	}
	return fault.Tell("take grant", fault.Denied, "这份批准已由系统数据管理员撤销，没有生效。仍有需要的，请重新申请。", errors.New("the grant was taken back"))
}

// TakeBack takes a grant back, of those of Leaves, or one by which an answer of the
// operator's took no effect: at this laptop it serves nothing more from then on, and at any
// other once the centre, to which the chain says so, has sent that down. Who asked for the
// grant takes none back. fault.Missing for one that is not in force by what is known here.
func (d *Desk) TakeBack(ctx context.Context, grant, reason string) error {
	const op = "take grant back"
	if err := d.permit(ctx, guard.ApproveGrant, nil); err != nil {
		return fault.Wrap(op, err)
	}
	if err := guard.CheckReason(reason); err != nil {
		return fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	a, tag, err := d.toTakeBack(ctx, grant)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := d.answersFor(ctx, d.acting(), guard.ApproveGrant, a.Operator); err != nil {
		return fault.Wrap(op, err)
	}
	var about [4]byte
	_, _ = hex.Decode(about[:], []byte(a.Case))
	cases := d.ofTag(about)
	if reason, err = d.unnaming().text(ctx, reason, cases...); err != nil { // the line outlives the case
		return fault.Wrap(op, err)
	}
	of := uuid.Nil
	if len(cases) == 1 && a.Where == "" {
		if _, err := d.store.Case(ctx, cases[0]); err == nil {
			of = cases[0]
		}
	}
	detail := guard.TakenBackDetail(grant, a.Operator, tag)
	if of == uuid.Nil {
		detail = guard.AboutCase(detail, about)
	}
	if err := d.noteOf(ctx, op, d.operator.ID, of, loan.ViewBody{Fields: a.Fields, Reason: reason, Detail: detail}); err != nil {
		return err
	}
	if err := d.store.SetSetting(ctx, takenBackSetting+grant, true); err != nil {
		return fault.Wrap(op, err)
	}
	return fault.Wrap(op, d.putAway(ctx, func(b guard.AnswerBack) bool { return b.Grant == grant }))
}

// toTakeBack finds a grant that the operator may take back, and the laptop where it is good.
func (d *Desk) toTakeBack(ctx context.Context, grant string) (Leave, [4]byte, error) {
	all, err := d.leaves(ctx)
	if err != nil {
		return Leave{}, [4]byte{}, err
	}
	if i := slices.IndexFunc(all, func(a Leave) bool { return a.Grant == grant }); i >= 0 {
		tag := guard.TagOf(d.device())
		if all[i].Where != "" {
			_, _ = hex.Decode(tag[:], []byte(all[i].Where))
		}
		return all[i], tag, nil
	}
	list, _, err := d.answersBack(ctx)
	if err != nil {
		return Leave{}, [4]byte{}, err
	}
	back, err := d.backHere(ctx, grant)
	if err != nil {
		return Leave{}, [4]byte{}, err
	}
	for _, b := range list {
		if b.Grant != grant || b.Why != guard.WhyApproved || back {
			continue
		}
		raw, err := hex.DecodeString(b.Ask)
		if err != nil {
			return Leave{}, [4]byte{}, err
		}
		ask, err := guard.ParseAsk(raw)
		if err != nil {
			return Leave{}, [4]byte{}, err
		}
		device := guard.TagOf(b.Device)
		a := Leave{Grant: grant, Operator: b.Asker, Where: hex.EncodeToString(device[:]), Fields: ask.Fields, By: b.By}
		if tag, ok := ask.Tag(); ok {
			a.Case = hex.EncodeToString(tag[:])
		}
		return a, device, nil
	}
	return Leave{}, [4]byte{}, fault.Tell("find grant", fault.Missing, "这份授权已经撤销、到期，或不在您的管辖范围内。", errors.New("no such grant in force"))
}

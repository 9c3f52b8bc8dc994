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
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// Plea is a request of another laptop of the county that waits for an answer,
// as the centre sent it down.
type Plea struct {
	Device   uuid.UUID
	Operator string
	Name     string // of the operator
	Where    string // level and organisation
	Fields   []string
	Case     uuid.UUID // Nil: of any cases
	Count    int
	Hours    int
	Reason   string
	At       time.Time

	ask string
}

// Of says whether it is a request of this laptop, as it came back on the centre's list.
func (p Plea) Of(a Asked) bool {
	raw, err := seal.ParseSpoken(a.Code, guard.AskSize)
	return err == nil && p.Operator == a.Operator && p.ask == hex.EncodeToString(raw)
}

// answeredSetting keeps what was answered here and stands on the centre's list
// until it hears of it.
const answeredSetting = "desk.answered"

// waiting is the centre's list; none where none came down yet.
func (d *Desk) waiting(ctx context.Context) ([]guard.Waiting, error) {
	b, err := d.store.Bulletin(ctx, bulletin.Asks, bulletin.AsksName)
	if fault.KindOf(err) == fault.Missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return guard.ParseWaiting(b)
}

// Pleas lists the requests of the county's laptops that the operator may answer,
// the newest first. In the reasons the people of cases that are here are masked. Only a
// data administrator may.
func (d *Desk) Pleas(ctx context.Context) ([]Plea, error) {
	const op = "list requests of other laptops"
	if err := d.permit(ctx, guard.ApproveGrant, nil); err != nil {
		return nil, fault.Wrap(op, err)
	}
	all, err := d.waiting(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var done map[string]time.Time
	if _, err := d.setting(ctx, answeredSetting, &done); err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out []Plea
	people := d.unnaming()
	for _, w := range all {
		asker, err := d.store.Account(ctx, w.Operator)
		if fault.KindOf(err) == fault.Denied {
			continue // not on the roster here yet
		}
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		p, err := w.Plea()
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if _, ok := done[w.Device.String()+w.Ask]; ok || w.Declined || d.moment().Sub(w.At) > guard.WaitFor || guard.Answers(d.acting(), guard.ApproveGrant, asker, d.siteOf(asker)) != nil {
			continue
		}
		reason, err := people.text(ctx, w.Reason, w.Case)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		out = append(out, Plea{Device: w.Device, Operator: w.Operator, Name: asker.Name, Where: asker.Where(), Fields: p.Ask.Fields, Case: w.Case,
			Count: p.Ask.Count, Hours: p.Ask.Hours, Reason: reason, At: w.At, ask: w.Ask})
	}
	return out, nil
}

// siteOf is where an operator of the county works, as far as it is known here.
func (d *Desk) siteOf(o guard.Operator) guard.Site {
	s := d.site()
	if o.Level == guard.PointLevel {
		s.Point = o.Org
	}
	return s
}

// AnswerPlea gives the operator's answer to a request of another laptop: it is
// noted in the chain and goes up with it, and the centre makes the grant, once it
// has looked itself whether the operator may. Whoever approves had a word on the case
// from then on. fault.Missing for a request that was answered meanwhile.
func (d *Desk) AnswerPlea(ctx context.Context, p Plea, approve bool, reason string) error {
	const op = "answer request of another laptop"
	d.uses.Lock()
	defer d.uses.Unlock()
	all, err := d.Pleas(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := guard.CheckReason(reason); err != nil {
		return fault.Wrap(op, err)
	}
	i := slices.IndexFunc(all, func(o Plea) bool { return o.Device == p.Device && o.ask == p.ask })
	if i < 0 {
		return fault.Tell(op, fault.Missing, "这份申请已经答复、由本人撤回或超过了 72 小时。", errors.New("no such request"))
	}
	if err := d.apart(ctx, d.acting(), guard.ApproveGrant, all[i].Case); err != nil {
		return fault.Wrap(op, err)
	}
	if reason, err = d.unnaming().text(ctx, reason, all[i].Case); err != nil { // the line is of no case
		return fault.Wrap(op, err)
	}
	var tag [4]byte // a refusal is no word on the case
	if approve {
		tag = guard.TagOf(all[i].Case)
	}
	if err := d.answerNoted(ctx, op, tag, loan.ViewBody{Fields: p.Fields, Reason: reason, Detail: guard.AnswerDetail(approve, p.Device, p.ask)}); err != nil {
		return err
	}
	if approve {
		plea, err := guard.Waiting{Device: p.Device, Operator: all[i].Operator, Ask: p.ask, Case: all[i].Case}.Plea()
		if err == nil {
			err = d.keepApproved(ctx, plea, approvedHere{Reason: reason})
		}
		if err != nil {
			return fault.Wrap(op, err)
		}
	}
	return fault.Wrap(op, d.noteAnswered(ctx, p.Device, p.ask))
}

// noteAnswered notes that a request was answered here: it waits for no other answer,
// whatever the centre's list says.
func (d *Desk) noteAnswered(ctx context.Context, device uuid.UUID, ask string) error {
	done := map[string]time.Time{}
	if _, err := d.setting(ctx, answeredSetting, &done); err != nil {
		return err
	}
	for key, at := range done {
		if d.moment().Sub(at) > 2*guard.WaitFor {
			delete(done, key)
		}
	}
	done[device.String()+ask] = d.moment().UTC()
	return d.store.SetSetting(ctx, answeredSetting, done)
}

// noteAnsweredByCode is noteAnswered for a request that was read out, where it stands on the
// centre's list too.
func (d *Desk) noteAnsweredByCode(ctx context.Context, p guard.Plea) error {
	raw, err := p.Ask.Encode()
	if err != nil {
		return err
	}
	all, err := d.waiting(ctx)
	if err != nil {
		return err
	}
	ask := hex.EncodeToString(raw)
	for _, w := range all {
		if guard.TagOf(w.Device) == p.Device && w.Operator == p.Operator && w.Ask == ask {
			return d.noteAnswered(ctx, w.Device, ask)
		}
	}
	return nil
}

// answeredAbove takes out of requests of this laptop those whose grant came down, and says
// of others that they were declined, approved and taken back, or wait behind others.
func (d *Desk) answeredAbove(ctx context.Context, all []Asked) ([]Asked, error) {
	if err := d.keepGrants(ctx); err != nil {
		return nil, err
	}
	list, err := d.waiting(ctx)
	if err != nil {
		return nil, err
	}
	var out []Asked
	for _, a := range all {
		if a.Export {
			out = append(out, a)
			continue
		}
		var have guard.Grant
		if found, err := d.setting(ctx, grantSetting+a.Grant, &have); err != nil {
			return nil, err
		} else if found {
			continue
		}
		if a.Back, err = d.backHere(ctx, a.Grant); err != nil {
			return nil, err
		}
		raw, err := seal.ParseSpoken(a.Code, guard.AskSize)
		if err != nil {
			return nil, err
		}
		a.heard(list, d.device(), hex.EncodeToString(raw))
		out = append(out, a)
	}
	return out, nil
}

// heard is what the centre's list says of a request of this laptop. One that is not on
// it, where it is full or has as many of the operator's as it holds, waits until others
// are answered.
func (a *Asked) heard(list []guard.Waiting, own uuid.UUID, ask string) {
	his := 0
	for _, w := range list {
		if w.Device == own && w.Ask == ask {
			a.Declined, a.Word = w.By, w.Word
			return
		}
		if w.Operator == a.Operator && !w.Declined {
			his++
		}
	}
	a.Behind = his >= guard.MaxOwn || len(list) >= guard.MaxWaiting
}

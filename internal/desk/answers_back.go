package desk

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// What was answered and why it took no effect, under this package's names.
type (
	Answer  = guard.Answer
	BackWhy = guard.Why
)

const (
	SaidYes  = guard.SaidYes
	SaidNo   = guard.SaidNo
	SaidBack = guard.SaidBack

	BackApproved = guard.WhyApproved
	BackDeclined = guard.WhyDeclined
	BackGone     = guard.WhyGone
	BackOver     = guard.WhyOver
	BackMayNot   = guard.WhyMayNot
	BackDamaged  = guard.WhyDamaged
)

// AnswerBack is an answer of the operator's to a request, or a taking back, that the centre
// says took no effect.
type AnswerBack struct {
	guard.AnswerBack
	Name   string // of who asked, where he is known here
	Fields []string
	Count  int
	Hours  int
}

// heardSetting goes on with an operator: which answers without effect he was told of.
const heardSetting = "desk.answers.heard."

// heardBack is one that was told.
type heardBack struct {
	Grant string    `json:"grant"`
	At    time.Time `json:"at"` // when the centre found it so
	Read  bool      `json:"read,omitempty"`
}

func (h heardBack) of(a guard.AnswerBack) bool { return h.Grant == a.Grant && h.At.Equal(a.At) }

// toldBack is what the centre says of answers that took no effect, whosever.
func (d *Desk) toldBack(ctx context.Context) ([]guard.AnswerBack, error) {
	b, err := d.store.Bulletin(ctx, bulletin.Answers, bulletin.AnswersName)
	if fault.KindOf(err) == fault.Missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return guard.ParseAnswersBack(b)
}

// answerOf is whose answer it was, and the grant that it was to give.
type answerOf struct{ by, grant string }

// noEffect is when the centre found of approvals that they gave no grant. Another's, of the
// same request, may give it all the same.
func (d *Desk) noEffect(ctx context.Context) (map[answerOf]time.Time, error) {
	all, err := d.toldBack(ctx)
	out := map[answerOf]time.Time{}
	for _, a := range all {
		of := answerOf{a.Operator, a.Grant}
		if a.Answer == guard.SaidYes && a.Why != guard.WhyApproved && a.At.After(out[of]) {
			out[of] = a.At
		}
	}
	return out, err
}

// answersBack is what the centre says of the operator's answers that he has not put away,
// and what he was told of before. Nothing is noted.
func (d *Desk) answersBack(ctx context.Context) (list []guard.AnswerBack, heard []heardBack, err error) {
	all, err := d.toldBack(ctx)
	if err == nil && len(all) > 0 {
		_, err = d.setting(ctx, heardSetting+d.operator.ID, &heard)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, a := range all {
		if a.Operator != d.operator.ID || d.moment().Sub(a.At) > guard.BackFor || slices.ContainsFunc(heard, func(h heardBack) bool { return h.Read && h.of(a) }) {
			continue
		}
		if a.Answer == guard.SaidNo && a.Why == guard.WhyApproved {
			back, err := d.backHere(ctx, a.Grant)
			if err != nil {
				return nil, nil, err
			}
			if back {
				continue // what nobody may see any more is no answer without effect
			}
		}
		list = append(list, a)
	}
	return list, heard, nil
}

// AnswersBack lists the operator's answers to requests that took no effect, wherever he
// gave them, but for those he put away and refusals of what was taken back since; the
// newest first. The chain says, once of each,
// that he was told. Only a data administrator may.
func (d *Desk) AnswersBack(ctx context.Context) ([]AnswerBack, error) {
	const op = "list answers without effect"
	if err := d.permit(ctx, guard.ApproveGrant, nil); err != nil {
		return nil, fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	list, heard, err := d.answersBack(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	var out []AnswerBack
	for _, a := range list {
		told := AnswerBack{AnswerBack: a}
		if raw, err := hex.DecodeString(a.Ask); err == nil && a.Ask != "" {
			ask, err := guard.ParseAsk(raw)
			if err != nil {
				return nil, fault.Wrap(op, err)
			}
			told.Fields, told.Count, told.Hours = ask.Fields, ask.Count, ask.Hours
		}
		if o, err := d.store.Account(ctx, a.Asker); err == nil {
			told.Name = o.Name
		}
		out = append(out, told)
		if slices.ContainsFunc(heard, func(h heardBack) bool { return h.of(a) }) {
			continue
		}
		if err := d.noteOf(ctx, op, d.operator.ID, uuid.Nil, loan.ViewBody{Fields: told.Fields, Detail: a.Detail()}); err != nil {
			return nil, err
		}
		heard = append(heard, heardBack{Grant: a.Grant, At: a.At})
		if err := d.keepHeard(ctx, heard); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	return out, nil
}

// PutAway takes an answer without effect off the operator's list, which he read; nothing
// where it does not stand on it.
func (d *Desk) PutAway(ctx context.Context, a AnswerBack) error {
	const op = "put answer without effect away"
	if err := d.permit(ctx, guard.ApproveGrant, nil); err != nil {
		return fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	return fault.Wrap(op, d.putAway(ctx, func(b guard.AnswerBack) bool { return b.Grant == a.Grant }))
}

// putAway takes those off the operator's list. uses is held.
func (d *Desk) putAway(ctx context.Context, those func(guard.AnswerBack) bool) error {
	list, heard, err := d.answersBack(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	for _, b := range list {
		if !those(b) {
			continue
		}
		heard = slices.DeleteFunc(heard, func(h heardBack) bool { return h.of(b) })
		heard = append(heard, heardBack{Grant: b.Grant, At: b.At, Read: true})
	}
	return d.keepHeard(ctx, heard)
}

// keepHeard keeps what the operator was told of, as long as the centre may tell of it.
func (d *Desk) keepHeard(ctx context.Context, heard []heardBack) error {
	now := d.moment()
	heard = slices.DeleteFunc(heard, func(h heardBack) bool { return now.Sub(h.At) > 2*guard.BackFor })
	return d.store.SetSetting(ctx, heardSetting+d.operator.ID, heard)
}

package desk

import (
	"context"
	"encoding/json"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// Edit sets fields of a case; values are what their JSON holds. After the
// contract is signed a field of it changes through Correct alone. Where both name
// and number become another's, or are emptied, the party's consents and portrait go
// with the former person; so in Resolve, Correct and TakeOffer.
func (d *Desk) Edit(ctx context.Context, id uuid.UUID, fields map[string]any) (*loan.Case, error) {
	const op = "edit"
	body, err := editBody(fields)
	if err != nil {
		return nil, err
	}
	return d.setFields(ctx, op, id, guard.Edit, body.Fields, entry(loan.ChangeEdit, body))
}

// setFields is act for fields, by which a party may become another person.
func (d *Desk) setFields(ctx context.Context, op string, id uuid.UUID, v guard.Verb, fields map[string]json.RawMessage, ps ...pending) (*loan.Case, error) {
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, v, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if v == guard.Correct && c.Contract == nil {
		return nil, fault.Say(op, fault.Denied, "本案没有签过的合同，直接修改即可，不必办理补正。", errors.New("no contract"))
	}
	if err := mayCollect(c, c.Collects(fields)...); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d.commitAs(ctx, op, d.operator, id, append(ps, ofAnother(c, fields)...))
}

// Resolve ends a conflict: a person chose the value.
func (d *Desk) Resolve(ctx context.Context, id uuid.UUID, field string, value json.RawMessage) (*loan.Case, error) {
	fields := map[string]json.RawMessage{field: value}
	return d.setFields(ctx, "resolve", id, guard.Resolve, fields, entry(loan.ChangeResolve, loan.EditBody{Fields: fields}))
}

func editBody(fields map[string]any) (loan.EditBody, error) {
	b := loan.EditBody{Fields: map[string]json.RawMessage{}}
	for path, v := range fields {
		raw, err := json.Marshal(v)
		if err != nil {
			return b, fault.New("edit", fault.Input, errors.New("value of "+path))
		}
		b.Fields[path] = raw
	}
	return b, nil
}

// Attach puts a picture or paper into a slot of the case. content is an
// encoded file as capture and photo made it; it is stored encrypted in the
// same transaction; so is the note that a portrait is in use already. A page of which it is not said what it shows counts for the
// whole paper; AttachPage says it.
func (d *Desk) Attach(ctx context.Context, id uuid.UUID, slot loan.Slot, content []byte, media, source string) (*loan.Case, error) {
	return d.AttachPage(ctx, id, loan.AttachBody{Attachment: loan.Attachment{Slot: slot, Media: media}, Source: source}, content)
}

// AttachPage is Attach of a page as its body says: what the page shows, and in
// the place of which other it stands. The name and size of the content are put
// into the body here. fault.Denied for a portrait in the place of another that the
// sealed contract holds: SignAgain comes before it.
func (d *Desk) AttachPage(ctx context.Context, id uuid.UUID, body loan.AttachBody, content []byte) (*loan.Case, error) {
	const op = "attach"
	if len(content) == 0 {
		return nil, fault.New(op, fault.Input, errEmpty)
	}
	h := d.store.BlobName(content)
	body.Blob, body.Size = h, int64(len(content))
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Attach, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := keepsPortrait(c, body.Slot, h); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := mayCollect(c, c.SensitiveIn(body.Slot)...); err != nil {
		return nil, fault.Wrap(op, err)
	}
	all := append([]pending{entry(loan.ChangeAttach, body)}, d.noteAgain(ctx, c, body.Slot, content, h)...)
	return d.commitAs(ctx, op, d.operator, id, all, store.Blob{Hash: h, Content: content})
}

// Arrange puts the pages of a paper in order, or says what they show.
func (d *Desk) Arrange(ctx context.Context, id uuid.UUID, body loan.ArrangeBody) (*loan.Case, error) {
	return d.act(ctx, "arrange pages", id, guard.Attach, entry(loan.ChangeArrange, body))
}

// Detach takes a picture or paper out of a slot. The change that attached it
// stays in the chain. fault.Denied, as by AttachPage, for a portrait that the sealed
// contract holds.
func (d *Desk) Detach(ctx context.Context, id uuid.UUID, slot loan.Slot, blob loan.Hash) (*loan.Case, error) {
	const op = "detach"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Detach, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := keepsPortrait(c, slot, loan.Hash{}); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d.commit(ctx, op, id, entry(loan.ChangeDetach, loan.DetachBody{Slot: slot, Blob: blob}))
}

// KeepCard keeps what the chip of a party's card said, and which of the person's
// fields the operator left as they were typed against it, for the second person to
// decide by. fault.Denied, as in Edit and AttachPage, once the party took back its
// consent that sensitive data be handled.
func (d *Desk) KeepCard(ctx context.Context, id uuid.UUID, p loan.Party, card loan.Card, kept []string) (*loan.Case, error) {
	const op = "keep card"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Edit, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := mayCollect(c, p); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d.act(ctx, op, id, guard.Edit, entry(loan.ChangeCard, loan.CardBody{Form: loan.CardForm, Party: p, Card: card, Kept: kept}))
}

// Attest notes that the operator found the person, the card and the portrait
// to be one: 人证一致.
func (d *Desk) Attest(ctx context.Context, id uuid.UUID, p loan.Party) (*loan.Case, error) {
	return d.act(ctx, "attest", id, guard.Attest, entry(loan.ChangeAttest, loan.PartyBody{Party: p}))
}

// Consent notes a party's consent to a purpose, or that it is taken back, as Withdraw
// does; text is id and version of what was shown. fault.Input for any other than the
// text of the purpose that is in force.
func (d *Desk) Consent(ctx context.Context, id uuid.UUID, p loan.Party, purpose, text string, given bool) (*loan.Case, error) {
	const op = "consent"
	if !given {
		return d.Withdraw(ctx, id, p, purpose)
	}
	if err := d.may(ctx, guard.Consent, id); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := textInForce(purpose, text); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d.act(ctx, op, id, guard.Consent, entry(loan.ChangeConsent, loan.ConsentBody{Party: p, Purpose: purpose, Text: text, Given: true}))
}

// ConsentAgain notes that a party consents to a purpose once a contract of the case is
// signed, as after the consent was taken back: a correction, with its reason, by which
// no value becomes another and the signatures are voided. fault.Denied where nothing is
// signed or waits to be, and fault.Input as Consent and Correct.
func (d *Desk) ConsentAgain(ctx context.Context, id uuid.UUID, p loan.Party, purpose, text, reason string) (*loan.Case, error) {
	const op = "consent again"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Correct, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := guard.CheckReason(reason); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := textInForce(purpose, text); err != nil {
		return nil, fault.Wrap(op, err)
	}
	body, err := editBody(map[string]any{"loan.amount": c.App.Loan.Amount})
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d.setFields(ctx, op, id, guard.Correct, body.Fields, entry(loan.ChangeCorrect, loan.CorrectBody{Fields: body.Fields, Reason: reason}),
		entry(loan.ChangeConsent, loan.ConsentBody{Party: p, Purpose: purpose, Text: text, Given: true}))
}

// textInForce is nil for the text of a purpose that is shown to people now.
func textInForce(purpose, text string) error {
	const op = "look at the text"
	shown, err := rulebook.ConsentText(purpose)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if text != shown.ID {
		return fault.Tell(op, fault.Input, "《"+shown.Title+"》现行的是 "+shown.Version+" 版，请把这一版给本人看过，再登记同意。", errors.New("not the text in force"))
	}
	return nil
}

// Submit hands the case to a reviewer. fault.Input when a required field is
// missing or a code rejects it.
func (d *Desk) Submit(ctx context.Context, id uuid.UUID) (*loan.Case, error) {
	const op = "submit"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.Submit, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.ready(c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d.act(ctx, op, id, guard.Submit, entry(loan.ChangeSubmit, nil))
}

func (d *Desk) ready(c *loan.Case) error {
	const op = "check entry"
	switch {
	case len(c.Conflicts) > 0:
		return fault.New(op, fault.Conflict, nil)
	case c.Unlike():
		return unlike(op)
	case len(loan.Missing(&c.App)) > 0:
		return fault.Say(op, fault.Input, "还有必填项没有填写。", nil)
	case d.CheckEntry(c).Verdict == loan.RejectVerdict:
		return fault.Say(op, fault.Input, "还有不符合规定的内容，请按右侧提示改正。", nil)
	}
	return nil
}

// Review is a reviewer's word, given at this desk with name and password, the
// clerk staying signed in. Who entered the case cannot review it. shown is the
// submission that he was shown, loan.Case.Submitted; where the case was submitted anew
// since, fault.Conflict with a sentence. Without it the word is on the case as it stands.
func (d *Desk) Review(ctx context.Context, id uuid.UUID, reviewer string, password []byte, pass bool, note string, shown ...uuid.UUID) (*loan.Case, error) {
	const op = "review"
	who, err := d.second(ctx, reviewer, password)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permitOther(ctx, who, guard.Review, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if pass {
		if err := d.ready(c); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	if !pass || note != "" {
		if err := CheckReview(note); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	if len(shown) > 0 && shown[0] != c.Submitted {
		return nil, fault.Say(op, fault.Conflict, "案件刚有改动，已重新提交。请再核对一遍后复核。", errors.New("another submission than was shown"))
	}
	return d.commitAs(ctx, op, who, id, []pending{entry(loan.ChangeReview, loan.ReviewBody{Pass: pass, Note: note})})
}

// CheckReason is fault.Input, with a sentence, for a reason that the record does not
// take.
func CheckReason(s string) error { return guard.CheckReason(s) }

// CheckReview is CheckReason for what a reviewer writes.
func CheckReview(s string) error { return guard.CheckReturn(s) }

// Void ends a case for good, with a reason; nothing is deleted.
func (d *Desk) Void(ctx context.Context, id uuid.UUID, reason string) (*loan.Case, error) {
	if err := guard.CheckReason(reason); err != nil {
		return nil, fault.Wrap("void", err)
	}
	return d.act(ctx, "void", id, guard.VoidCase, entry(loan.ChangeVoid, loan.ReasonBody{Reason: reason}))
}

// Correct changes fields after signing. The signatures are void afterwards and
// the former contract stays readable. What cards said that were read for it is kept
// in the same step, as KeepCard does.
func (d *Desk) Correct(ctx context.Context, id uuid.UUID, fields map[string]any, reason string, cards ...loan.CardBody) (*loan.Case, error) {
	body, err := editBody(fields)
	if err != nil {
		return nil, err
	}
	if err := guard.CheckReason(reason); err != nil {
		return nil, fault.Wrap("correct", err)
	}
	ps := []pending{entry(loan.ChangeCorrect, loan.CorrectBody{Fields: body.Fields, Reason: reason})}
	for _, k := range cards {
		ps = append(ps, entry(loan.ChangeCard, k))
	}
	return d.setFields(ctx, "correct", id, guard.Correct, body.Fields, ps...)
}

package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// Own is what this laptop keeps of one person of a case, as the person may see
// it: 本人信息查询.
type Own struct {
	Person    loan.Person
	App       loan.Application // what of the application is the person's own, nothing of the other party
	Masked    bool             // but for what is shown for a while: the operator does not see the case in full
	Card      *loan.CardState  // what the card said when it was read; nil where none was
	Papers    []OwnPaper       // what is in the case of the person's pictures and papers
	Contract  string           // the number of the contract that the centre gave; empty where it gave none yet
	Sealed    int              // sealed contracts that are kept, voided ones too
	Consents  []OwnConsent
	Looks     int // how often somebody saw what is kept (guard.Line.Saw), own looks of this kind among them
	LastLook  time.Time
	Exports   int // how often a copy left by an export
	AtCentre  bool
	MayErase  error    // nil, or why what is kept cannot be erased on request
	Operators []string // who saw it, or had a part in the case, by their ids
}

// OwnPaper is a portrait or paper that tells of the person.
type OwnPaper struct {
	Slot  loan.Slot
	Pages int
}

// OwnConsent is a consent that the person gave, or took back.
type OwnConsent struct {
	Purpose string
	Text    string // id and version of what was read; empty for one taken back
	At      time.Time
	By      string // the operator who wrote it down
	Given   bool
}

// OwnData tells what is kept of a party of a case, to be shown to that person at
// the desk, and notes in the chain that it was. It is masked for who does not see
// the case in full, but for what is shown by a reason or a grant: a person is not
// sent away because the clerk who handled the case is.
func (d *Desk) OwnData(ctx context.Context, id uuid.UUID, party loan.Party) (Own, error) {
	const op = "show own data"
	c, err := d.read(ctx, id)
	if err != nil {
		return Own{}, fault.Wrap(op, err)
	}
	full, shown := d.SeesFull(c), d.Shown(c)
	out := Own{Person: shown.Student, App: shown.Of(party), Masked: !full, AtCentre: c.Receipt != nil, Papers: ownPapers(c, party), Sealed: sealedContracts(c), MayErase: erasable(c)}
	if party == loan.CoborrowerParty {
		if len(c.App.Coborrowers) == 0 {
			return Own{}, fault.New(op, fault.Missing, errors.New("no co-borrower"))
		}
		out.Person = shown.Coborrowers[0].Person
	}
	if k, ok := c.Cards[party]; ok && full {
		out.Card = &k
	}
	if c.Receipt != nil {
		out.Contract = c.Receipt.ContractNo
	}
	body := loan.ViewBody{Fields: []string{string(party)}, Detail: guard.OwnShown}
	if _, err := d.commit(ctx, op, id, entry(loan.ChangeView, body)); err != nil {
		return Own{}, err
	}
	all, err := d.store.Changes(ctx, id)
	if err != nil {
		return Own{}, fault.Wrap(op, err)
	}
	for _, ch := range all {
		out.count(ch, party)
	}
	_, err = d.store.EachChange(ctx, func(ch *loan.Change) {
		if ch.Case == uuid.Nil && slices.Contains(guard.LineOf(ch).Shown, id) {
			out.look(ch)
		}
	})
	return out, fault.Wrap(op, err)
}

// look counts a look, a row that a search showed among them.
func (o *Own) look(ch *loan.Change) {
	o.Looks++
	if ch.At.After(o.LastLook) {
		o.LastLook = ch.At
	}
	o.by(ch.Operator)
}

// ownPapers are the pictures and papers of a case that tell of a party, in their order.
func ownPapers(c *loan.Case, party loan.Party) []OwnPaper {
	var out []OwnPaper
	for _, a := range c.Attachments {
		if !a.Slot.About(party, c.App.SeparateHukou) {
			continue
		}
		i := slices.IndexFunc(out, func(p OwnPaper) bool { return p.Slot == a.Slot })
		if i < 0 {
			i = len(out)
			out = append(out, OwnPaper{Slot: a.Slot})
		}
		out[i].Pages++
	}
	return out
}

// sealedContracts counts the sealed contracts of a case, the voided ones too.
func sealedContracts(c *loan.Case) int {
	n := 0
	if c.Contract != nil && c.Contract.Sealed != nil {
		n++
	}
	for i := range c.Former {
		if c.Former[i].Sealed != nil {
			n++
		}
	}
	return n
}

// count adds what a change of the case says of looks, consents and of who had a part.
func (o *Own) count(ch *loan.Change, party loan.Party) {
	l := guard.LineOf(ch)
	switch {
	case l.Saw():
		o.look(ch)
		if ch.Kind == loan.ChangeExport && strings.HasPrefix(l.Detail, "export ") {
			o.Exports++
		}
	case ch.Kind.Part():
		o.by(ch.Operator)
	}
	if ch.Kind == loan.ChangeConsent {
		b, err := loan.Body[loan.ConsentBody](ch)
		if err == nil && b.Party == party {
			o.Consents = append(o.Consents, OwnConsent{b.Purpose, b.Text, ch.At, ch.Operator, b.Given})
		}
	}
}

// by adds who looked or had a part.
func (o *Own) by(operator string) {
	if operator != "" && !slices.Contains(o.Operators, operator) {
		o.Operators = append(o.Operators, operator)
	}
}

// erasable says whether what is kept of a case may be erased because a person
// asks for it: nil, or why not, and what can be done instead.
func erasable(c *loan.Case) error {
	const op = "erase on request"
	if c.Status == loan.Void && c.EverSealed() {
		return fault.Tell(op, fault.Denied, "本案曾签署并封存合同，作废后合同和登记内容仍须依法保存，不能删除。影像在中心回执满 7 天后自动从本机清除；同意可以撤回，有疑问请联系县资助中心。",
			errors.New("a sealed contract"))
	}
	switch c.Status {
	case loan.Void:
		return nil
	case loan.Signed, loan.Queued, loan.Received, loan.Accepted:
		return fault.Tell(op, fault.Denied, "合同已签署，贷款存续期间合同和登记内容须依法保存，不能删除。影像在中心回执满 7 天后自动从本机清除；有错的内容可以更正，同意可以撤回。",
			errors.New("a contract in force"))
	}
	return fault.Tell(op, fault.Denied, "案件还在办理，办理所需的内容不能删除。不再办理的，请经办人先作废案件，再由系统数据管理员删除；有错的内容可以更正，同意可以撤回。",
		errors.New("under way"))
}

// RequestedCase finds the case of which a person asks that it be erased, by the
// end of its id, for a reason, and notes in the chain that it was shown; with the row
// fault.Denied says why it may not be erased. It counts among the day's searches beyond
// the own queue; without a row fault.Denied says that these are used up. fault.Input is
// for a reason that is none. Only a data administrator may.
func (d *Desk) RequestedCase(ctx context.Context, tail, reason string) (Row, error) {
	const op = "find case to erase"
	if err := d.permit(ctx, guard.EraseSeason, nil); err != nil {
		return Row{}, fault.Wrap(op, err)
	}
	if err := guard.CheckReason(reason); err != nil {
		return Row{}, fault.Wrap(op, err)
	}
	none := fault.Tell(op, fault.Missing, "本机没有编号末 8 位为所填内容的案件，请核对。", errors.New("no case, or several, of this end"))
	tail = strings.ToLower(strings.TrimSpace(tail))
	if len(tail) < 8 {
		return Row{}, none
	}
	grant, err := d.countSearch(ctx, reason)
	if err != nil {
		return Row{}, fault.Wrap(op, err)
	}
	found, n := d.store.SearchWhere("", 1, func(s *store.Summary) bool { return strings.HasSuffix(s.ID.String(), tail) })
	if n != 1 {
		return Row{}, none
	}
	c, err := d.store.Case(ctx, found[0].ID)
	if err != nil {
		return Row{}, fault.Wrap(op, err)
	}
	// Not a change of the case itself, which would wait for the centre anew.
	body := loan.ViewBody{Reason: guard.MaskNames(reason, guard.PeopleNames(c)), Detail: guard.ErasureWords(c.ID, grant)}
	if err := d.noteOf(ctx, op, d.operator.ID, uuid.Nil, body); err != nil {
		return Row{}, err
	}
	d.found.add(c.ID)
	if err := guard.Apart(d.acting(), guard.EraseSeason, c); err != nil {
		return d.row(found[0]), fault.Wrap(op, err)
	}
	why := erasable(c)
	if why == nil {
		why = d.unreviewed(ctx, op, c.ID)
	}
	return d.row(found[0]), fault.Wrap(op, why)
}

// EraseCase erases a void case because a person of it asks for that: all that
// was entered, its pictures and papers. The chain says who asked for it to be
// done and why, and still verifies; by it the centre, and through the centre the
// other laptops that have the case, erase theirs. Then the file is written anew.
// Only a data administrator may who had no part in the case. fault.Input is for a reason that is none, or has
// numbers of a person in it. fault.Denied says why a case is kept: under way, sealed, or with an emergency nobody
// has looked at yet; fault.Busy
// that another laptop made it void and the centre has not acknowledged all of it.
func (d *Desk) EraseCase(ctx context.Context, id uuid.UUID, reason string, progress func(done, total int64)) (Erased, error) {
	const op = "erase case"
	if err := d.permit(ctx, guard.EraseSeason, nil); err != nil {
		return Erased{}, fault.Wrap(op, err)
	}
	if numbered(reason) {
		return Erased{}, fault.Tell(op, fault.Input, "原因会长期保存，也会上传到中心：请不要写身份证号、电话号码等，例如“本人当面要求删除”。", nil)
	}
	if err := guard.CheckReason(reason); err != nil {
		return Erased{}, fault.Wrap(op, err)
	}
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return Erased{}, fault.Wrap(op, err)
	}
	reason = guard.MaskNames(reason, guard.PeopleNames(c)) // it stays when the case is gone
	why := guard.Apart(d.acting(), guard.EraseSeason, c)
	if why == nil {
		why = erasable(c)
	}
	if why == nil {
		if why = d.unreviewed(ctx, op, id); why != nil && fault.KindOf(why) != fault.Denied {
			return Erased{}, fault.Wrap(op, why)
		}
	}
	word := "to be done"
	if why != nil {
		word = "refused"
	}
	// Not a change of the case itself, which would wait for the centre anew.
	body := loan.ViewBody{Reason: reason, Detail: "erasing of case " + id.String() + " on request: " + word}
	if err := d.noteOf(ctx, op, d.operator.ID, uuid.Nil, body); err != nil {
		return Erased{}, err
	}
	if why != nil {
		return Erased{}, fault.Wrap(op, why)
	}
	out, err := d.store.EraseCase(ctx, id, d.operator.ID, reason)
	if err != nil {
		return out, fault.Wrap(op, err)
	}
	if out.Cases == 0 {
		return out, fault.Tell(op, fault.Busy, "中心还没有确认收到本案的全部记录，现在不能删除。请先上传，送达后再删除。", errors.New("not acknowledged, or written to meanwhile"))
	}
	if err = d.forgetGone(ctx); err == nil {
		err = d.store.Compact(ctx, progress)
	}
	return out, fault.Wrap(op, err)
}

// numbered says whether a text has a number in it by which a person is known.
func numbered(s string) bool {
	n := 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			if n++; n > 7 {
				return true
			}
		case r != ' ' && r != '-':
			n = 0
		}
	}
	return false
}

package rig

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// view is what a case shows, in a form that both the store's case and the
// model's can be brought into.
type view struct {
	App                 loan.Application
	Rung                loan.Status
	Opened, Updated     int64
	OpenedBy            string
	Authors             []string
	Pieces              []loan.Attachment
	Attests             map[loan.Party]int64
	AttestedBy          string
	Consents            map[loan.Party]map[string]string
	Review              []any
	Contract            []any
	Former              [][]any
	Finish              []any
	Receipt, Return     []any
	Conflicts, SetAside int
}

// shown is the view of a case that the store gave.
func shown(c *loan.Case) view {
	v := view{App: c.App, Rung: c.Status, Opened: numberOf(c.Opened), Updated: numberOf(c.Updated), OpenedBy: c.OpenedBy,
		Authors: slices.Sorted(maps.Keys(c.Authors)), Pieces: c.Attachments, Attests: map[loan.Party]int64{},
		Consents: map[loan.Party]map[string]string{}, Conflicts: len(c.Conflicts), SetAside: len(c.Aside)}
	if len(v.Pieces) == 0 {
		v.Pieces = nil
	}
	for p, yes := range c.Attested {
		if yes {
			v.Attests[p], v.AttestedBy = numberOf(c.Attests[p].At), c.Attests[p].By
		}
	}
	for p, m := range c.Consents {
		if len(m) > 0 {
			v.Consents[p] = m
		}
	}
	if r := c.Review; r != nil {
		v.Review = []any{r.Pass, r.Note, r.By, numberOf(r.At)}
	}
	if c.Contract != nil {
		v.Contract = shownContract(c.Contract)
	}
	for i := range c.Former {
		v.Former = append(v.Former, shownContract(&c.Former[i]))
	}
	if f := c.Finish; f != nil {
		v.Finish = []any{numberOf(f.At), f.Blobs}
	}
	if r := c.Receipt; r != nil {
		v.Receipt = []any{r.ReceiptNo, r.ContractNo, r.CheckCode, c.Finish == nil || r.Finish == c.Finish.ID.String()}
	}
	if r := c.Return; r != nil {
		v.Return = []any{r.Codes, r.Note}
	}
	return v
}

func shownContract(k *loan.ContractState) []any {
	out := []any{k.ContractBody, k.Readings[loan.StudentParty].Millis}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		s := k.Signatures[p]
		out = append(out, s.By, s.Ink, s.Size, s.Contract)
		if s.By != "" {
			out = append(out, numberOf(s.At))
		}
	}
	if k.Sealed != nil {
		out = append(out, *k.Sealed, numberOf(k.SealedAt))
	}
	return out
}

// want is the view of the model's case.
func (v *verifier) want(k *kase) view {
	w := view{App: k.application(), Rung: k.rung, Opened: k.opened, Updated: k.updated, OpenedBy: clerk,
		Authors: slices.Sorted(maps.Keys(k.authors)), Pieces: v.names.attachments(k.pieces), Attests: k.attests,
		Consents: map[loan.Party]map[string]string{}}
	if len(k.attests) > 0 {
		w.AttestedBy = clerk
	}
	for p, m := range k.consents {
		if len(m) > 0 {
			w.Consents[p] = m
		}
	}
	if r := k.review; r != nil {
		w.Review = []any{r.pass, r.text, reviewer, r.n}
	}
	if k.contract != nil {
		w.Contract = v.contract(k.contract)
	}
	for _, c := range k.former {
		w.Former = append(w.Former, v.contract(c))
	}
	if f := k.finish; f != nil {
		w.Finish = []any{f.n, v.names.attachments(f.list)}
	}
	if r := k.received; r != nil {
		w.Receipt = []any{r.text, "C" + r.text, "K" + r.text, true}
	}
	if r := k.returned; r != nil {
		w.Return = []any{[]loan.Code{returnCode}, r.text}
	}
	return w
}

func (v *verifier) contract(c *contract) []any {
	b := loan.ContractBody{Template: template, Blob: v.names.of(c.ref), Size: int64(c.size), Pages: len(pages()), AsOf: signingDay}
	var read []int
	if c.read > 0 {
		read = pages()
	}
	out := []any{b, read}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		s, ok := c.signed[p]
		if !ok {
			out = append(out, "", loan.Hash{}, 0, loan.Hash{})
			continue
		}
		out = append(out, loan.InPerson, v.names.of(s.ink), s.ink.size, v.names.of(c.ref), s.n)
	}
	if c.sealed != nil {
		out = append(out, loan.SealBody{Blob: v.names.of(c.sealed.ref), Size: int64(c.sealed.size)}, c.at)
	}
	return out
}

// application is what the case's fields and the rest of it come to.
func (k *kase) application() loan.Application {
	a := k.app
	a.Kind = loan.First
	a.Coborrowers = slices.Clone(a.Coborrowers)
	for _, d := range loan.Docs() {
		if slices.ContainsFunc(k.pieces, func(p piece) bool { return p.slot == loan.DocSlot(d) }) {
			a.Docs = append(a.Docs, d)
		}
	}
	ready := func(p loan.Party) (bool, bool) {
		return k.attests[p] > 0 && k.portrait(p), len(k.consents[p]) == 2
	}
	a.Student.PhotoOK, a.Student.Consent = ready(loan.StudentParty)
	for i := range a.Coborrowers {
		a.Coborrowers[i].PhotoOK, a.Coborrowers[i].Consent = ready(loan.CoborrowerParty)
	}
	if k.contract != nil {
		if _, ok := k.contract.signed[loan.StudentParty]; ok {
			a.Signatures.Student = loan.InPerson
		}
		if _, ok := k.contract.signed[loan.CoborrowerParty]; ok {
			a.Signatures.Coborrower = loan.InPerson
		}
	}
	return a
}

func (k *kase) summary(sent bool) store.Summary {
	a := k.app
	out := store.Summary{ID: k.id, Name: a.Student.Name, IDNo: a.Student.IDNo, Phone: a.Student.Phone, IDTail: a.Student.IDNo[len(a.Student.IDNo)-4:],
		PhoneTail: a.Student.Phone[len(a.Student.Phone)-4:], School: a.Study.SchoolName, Kind: loan.First, Status: k.rung,
		Amount: a.Loan.Amount, Opened: at(k.opened), Updated: at(k.updated), Operator: clerk, Sent: sent}
	if len(a.Coborrowers) > 0 {
		out.Coborrower = a.Coborrowers[0].Name
	}
	if k.rung == loan.Draft && k.review != nil && !k.review.pass { // what its reviewer sent back waits for a person
		out.Problems = 1
	}
	return out
}

// operators compares the accounts, and what each signs in by.
func (v *verifier) operators(ctx context.Context) error {
	got, err := v.s.Operators(ctx)
	if err != nil {
		return fmt.Errorf("operators: %w", err)
	}
	want := []guard.Operator{account(clerk, "rig", true)}
	for _, o := range v.m.roster {
		want = append(want, account(o.key, rosterName+strconv.FormatInt(o.n, 10), o.on))
	}
	begun := v.next.verb == password && slices.ContainsFunc(got, func(o guard.Operator) bool { return o.ID == v.next.key })
	desks := maps.Clone(v.m.desks)
	if begun {
		desks[v.next.key] = v.next
	}
	for id := range desks {
		want = append(want, account(id, id, true))
	}
	slices.SortFunc(want, func(a, b guard.Operator) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) })
	v.records += len(want)
	if err := same("operators", got, want); err != nil {
		return err
	}
	for id, o := range v.m.desks {
		if err := v.signIn(ctx, id, o); err != nil {
			return err
		}
	}
	return nil
}

// signIn tries the password in force: that of the last operation that set one,
// or of the one that had begun.
func (v *verifier) signIn(ctx context.Context, id string, o *op) error {
	_, err := v.s.Verify(ctx, id, passwordOf(v.m.seed, o))
	if fault.KindOf(err) == fault.Password && v.next.verb == password && v.next.key == id {
		_, err = v.s.Verify(ctx, id, passwordOf(v.m.seed, v.next))
	}
	if err != nil {
		return fmt.Errorf("password of %s, set in op %d: %w", id, o.n, err)
	}
	return nil
}

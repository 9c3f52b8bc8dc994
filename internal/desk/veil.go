package desk

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// read is a case with all its values, for the desk's own use: what leaves for a
// screen goes through handed.
func (d *Desk) read(ctx context.Context, id uuid.UUID) (*loan.Case, error) {
	c, err := d.stored(ctx, id)
	if err != nil {
		return nil, err
	}
	return c, d.permit(ctx, guard.View, c)
}

// stored is a case of the store; of one that was erased at a person's wish the error
// says so, of another that its time was over.
func (d *Desk) stored(ctx context.Context, id uuid.UUID) (*loan.Case, error) {
	c, err := d.store.Case(ctx, id)
	if fault.KindOf(err) != fault.Erased {
		return c, err
	}
	wished := false
	if _, unread := d.store.EachChange(ctx, func(ch *loan.Change) {
		if ch.Kind != loan.ChangeErase || wished {
			return
		}
		b, bad := loan.Body[loan.EraseBody](ch)
		wished = bad == nil && b.Rule == loan.EraseRequest && slices.Contains(b.Cases, id)
	}); unread != nil || !wished {
		return nil, err
	}
	return nil, fault.Tell("stored case", fault.Erased, "这件案件已应本人要求删除。", err)
}

// handed is the case as the operator signed in may have it: as it is, or with
// every value of a person masked.
func (d *Desk) handed(c *loan.Case) *loan.Case {
	if c == nil || d.SeesFull(c) {
		return c
	}
	return veil(c)
}

// veil is a case as it is handed to who sees it masked.
func veil(c *loan.Case) *loan.Case {
	m := *c
	m.Veiled = true
	m.App = veiled(c.App, nothing)
	m.Cards = nil // Differences has what of them may be seen
	m.Attachments = slices.DeleteFunc(slices.Clone(c.Attachments), func(a loan.Attachment) bool { return a.Slot.TellsNeed() })
	if c.Return != nil {
		v := *c.Return
		v.Note = scrubbed(v.Note, c)
		m.Return = &v
	}
	if c.Review != nil {
		v := *c.Review
		v.Note = scrubbed(v.Note, c)
		v.Mended = unneeding(v.Mended)
		m.Review = &v
	}
	if c.Again != nil {
		v := *c.Again
		v.Reason = scrubbed(v.Reason, c)
		m.Again = &v
	}
	if c.Receipt != nil {
		v := *c.Receipt
		v.CheckCode = "" // by which the centre tells about the case
		m.Receipt = &v
	}
	if c.Contract != nil {
		v := veiledContract(*c.Contract, c)
		m.Contract = &v
	}
	m.Former = slices.Clone(c.Former)
	for i, k := range m.Former {
		m.Former[i] = veiledContract(k, c)
	}
	m.Holders = slices.Clone(c.Holders)
	for i := range m.Holders {
		m.Holders[i].Reason = scrubbed(m.Holders[i].Reason, c)
	}
	m.Conflicts = slices.Clone(c.Conflicts)
	for i, k := range m.Conflicts {
		if !slices.ContainsFunc([]string{"student.", "coborrowers.", "hardship.categories", "signatures.", "loan.previous", "loan.same_year_prior"}, func(p string) bool { return strings.HasPrefix(k.Field, p) }) {
			continue
		}
		m.Conflicts[i].Values = slices.Clone(k.Values)
		for j := range m.Conflicts[i].Values {
			m.Conflicts[i].Values[j].Value = `"***"`
		}
	}
	return &m
}

// unneeding are paths of what was entered, with a word in the place of those by which a
// person's need is told.
func unneeding(paths []string) []string {
	out := slices.Clone(paths)
	for i, p := range out {
		if loan.Slot(p).TellsNeed() || strings.HasPrefix(p, "hardship.") {
			out[i] = "other"
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// veiledContract is a contract of a case with the case's people masked.
func veiledContract(k loan.ContractState, c *loan.Case) loan.ContractState {
	k.Signers.ProxyNote = ""
	signed := maps.Clone(k.Signatures)
	for p, s := range signed {
		s.ProxyNote = ""
		signed[p] = s
	}
	k.Signatures = signed
	if k.Voided != nil {
		v := *k.Voided
		v.Reason = scrubbed(v.Reason, c)
		v.Was = veiled(v.Was, nothing)
		k.Voided = &v
	}
	return k
}

// scrubbed is a text that somebody wrote about a case with the values of its
// people masked, and any other number like theirs.
func scrubbed(text string, c *loan.Case) string {
	if text == "" {
		return ""
	}
	people := []loan.Person{c.App.Student}
	for _, k := range c.App.Coborrowers {
		people = append(people, k.Person)
	}
	for _, p := range people {
		for _, v := range [][2]string{{p.Address, guard.MaskAddress(p.Address)}, {p.IDNo, guard.MaskIDNo(p.IDNo)}, {p.Phone, guard.MaskPhone(p.Phone)}} {
			if v[0] != "" {
				text = strings.ReplaceAll(text, v[0], v[1])
			}
		}
	}
	return guard.MaskNumbers(guard.MaskNames(text, guard.PeopleNames(c)))
}

func nothing(string) bool { return false }

// whole is the case a screen has, with all its values: for judging it, and for
// what was revealed. The case itself where it cannot be read.
func (d *Desk) whole(c *loan.Case) *loan.Case {
	if !c.Veiled {
		return c
	}
	full, err := d.store.Case(context.Background(), c.ID)
	if err != nil {
		return c
	}
	return full
}

// SeesFull says whether the operator sees the open case unmasked: not who had a word on
// what others do with it, but where he entered it. One that was handed out masked stays
// so until it is read again.
func (d *Desk) SeesFull(c *loan.Case) bool {
	if c == nil || c.Veiled {
		return false
	}
	op, v := d.acting(), guard.Edit
	if guard.Reviewing(op, c) {
		v = guard.Review
	}
	if !guard.SeesFull(op, c) && !guard.SeesHeld(op, c, d.device()) {
		return false
	}
	return !guard.WordMatters(op, v, c) || d.store.Profile().Practice || !d.wordSeen(context.Background(), c.ID)
}

// Shown is the application as the operator may see it in the open case: whole,
// or with names, numbers and addresses masked but for what was revealed.
func (d *Desk) Shown(c *loan.Case) loan.Application {
	if d.SeesFull(c) {
		return c.App
	}
	if left, _ := d.Revealed(c.ID); left <= 0 && c.Veiled {
		return c.App
	}
	return veiled(d.whole(c).App, func(field string) bool { return d.reveals(c.ID, field) })
}

// Masked is the open case as it is handed to who does not see it in full, whoever is
// signed in: for what is written where it stays.
func (d *Desk) Masked(c *loan.Case) *loan.Case {
	if c.Veiled {
		return c
	}
	return veil(c)
}

// Pictures lists the papers and portraits of the open case; of one that is masked, those
// that tell of need only while its pictures are shown.
func (d *Desk) Pictures(c *loan.Case) []loan.Attachment {
	if c.Veiled && d.reveals(c.ID, guard.ImagesField) {
		return d.whole(c).Attachments
	}
	return c.Attachments
}

// Missing lists the fields of the open case that are still empty.
func (d *Desk) Missing(c *loan.Case) []string { return loan.Missing(&d.whole(c).App) }

// veiled is an application with its people masked but for the fields that full
// names, and without what else tells of them: need, reasons in words, who signs for
// whom, and the numbers of other contracts. What is masked already stays as it is.
func veiled(a loan.Application, full func(field string) bool) loan.Application {
	of := func(prefix string) func(string) bool {
		return func(field string) bool { return full(prefix + field) }
	}
	a.Student = maskPerson(a.Student, of("student."))
	a.Coborrowers = slices.Clone(a.Coborrowers)
	for i := range a.Coborrowers {
		a.Coborrowers[i].Person = maskPerson(a.Coborrowers[i].Person, of("coborrowers."+strconv.Itoa(i)+"."))
		a.Coborrowers[i].NonParentReason = ""
	}
	a.Hardship.Categories = nil
	a.Signatures.ProxyNote = ""
	if a.Loan.Previous != nil {
		v := *a.Loan.Previous
		v.ContractNo = ""
		a.Loan.Previous = &v
	}
	a.Loan.SameYearPrior = slices.Clone(a.Loan.SameYearPrior)
	for i := range a.Loan.SameYearPrior {
		a.Loan.SameYearPrior[i].ContractNo = ""
	}
	return a
}

// maskPerson masks a person but for the fields that are shown in full.
func maskPerson(p loan.Person, full func(field string) bool) loan.Person {
	mask := func(field string, value *string, by func(string) string) {
		if !full(field) {
			*value = by(*value)
		}
	}
	mask("name", &p.Name, guard.MaskName)
	mask("id_no", &p.IDNo, guard.MaskIDNo)
	mask("phone", &p.Phone, guard.MaskPhone)
	mask("address", &p.Address, guard.MaskAddress)
	if !full("birth") {
		p.Birth = ""
	}
	p.IDOCRName, p.IDValidTo = "", ""
	return p
}

// Case reads a case the operator has open, masked where it is not his to see;
// the look was noted when it was opened.
func (d *Desk) Case(ctx context.Context, id uuid.UUID) (*loan.Case, error) {
	c, err := d.read(ctx, id)
	if err != nil {
		return nil, fault.Wrap("read case", err)
	}
	return d.handed(c), nil
}

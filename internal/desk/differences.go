package desk

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// Source is what a case is set beside when it is reviewed.
type Source string

// The sources.
const (
	FromCard      Source = "card"      // what the ID card says, or its number
	FromRoster    Source = "roster"    // the pre-application
	FromEarlier   Source = "earlier"   // the latest other case of the student at this laptop, a signed one before a draft
	FromCorrected Source = "corrected" // before a correction, and in the sealed contract
	// The latest other case in which the co-borrower stands, a signed one before a draft.
	FromCoborrower Source = "coborrower"
)

// Difference is a field that another source has otherwise.
type Difference struct {
	Field       string // of a portrait its slot
	Source      Source
	Here, There string // of a correction one is empty where nothing stood, or stands
	// Of a card: the operator who left what had been typed although the card was
	// seen to say something else, or where none did, who set the field last; and
	// when. Empty where nobody did.
	By   string
	At   time.Time
	Kept bool // the former
	// There is masked although the operator sees the case in full: it is of a case
	// that is not his, or of somebody in the roster who may be another.
	Withheld bool
	// Of the co-borrower's other cases: with how many other students he stands there;
	// There is the newest one's name, masked.
	Students int
}

// Differences lists where the case differs from the card, the roster, earlier
// cases of the student and of the co-borrower and what stood before corrections, for
// the second person to decide by. The values are masked for who does not see the case in full, but
// for those that are shown for a while. What the roster says is shown of whom both
// number and name are entered, and what an earlier case says to who sees that case
// too, or reviews this one where the person's number and name are the same in both: then
// the earlier case has the look in its record before.
func (d *Desk) Differences(ctx context.Context, c *loan.Case) ([]Difference, error) {
	const op = "compare case"
	if err := d.permit(ctx, guard.View, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	full := d.SeesFull(c)
	c = d.whole(c)
	out := cardDifferences(c)
	roster, err := d.rosterDifferences(ctx, c)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	earlier, err := d.earlierCases(ctx, c, full)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	corrected, err := d.corrections(ctx, c)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	out = slices.Concat(out, roster, earlier, corrected)
	open := opens(&c.App)
	for i := range out {
		x := &out[i]
		seen := full || d.reveals(c.ID, x.Field) || open(x.Field) || portrait(loan.Slot(x.Field))
		if !seen {
			x.Here = withheld(x.Field, x.Here)
		}
		switch {
		case x.Withheld && !strings.HasSuffix(x.Field, "name"):
			x.There = "***" // a part of a number, beside what is known of it, is all of it
		case x.Withheld || !seen && x.Source != FromEarlier && x.Source != FromCoborrower:
			x.There = withheld(x.Field, x.There)
		}
	}
	return out, nil
}

// opens says of which fields a masked case keeps the values.
func opens(a *loan.Application) func(field string) bool {
	masked := veiled(*a, nothing)
	return func(field string) bool {
		v := fieldText(a, field)
		return v != "" && v == fieldText(&masked, field)
	}
}

// withheld masks a value: what has no mask of its own is not shown at all.
func withheld(field, value string) string {
	if m := maskField(field, value); m != value || value == "" {
		return m
	}
	return "***"
}

// maskField masks a person's value by what it is.
func maskField(field, value string) string {
	name, person := strings.CutPrefix(field, "student.")
	if !person {
		name, person = strings.CutPrefix(field, "coborrowers.0.")
	}
	if !person {
		return value
	}
	switch name {
	case "name":
		return guard.MaskName(value)
	case "id_no":
		return guard.MaskIDNo(value)
	case "phone":
		return guard.MaskPhone(value)
	case "address":
		return guard.MaskAddress(value)
	case "birth", "id_valid_to":
		return "***"
	}
	return value
}

// differs adds a difference where both sides say something, and not the same.
func differs(out []Difference, field string, from Source, here, there string) []Difference {
	if here == "" || there == "" || here == there {
		return out
	}
	return append(out, Difference{Field: field, Source: from, Here: here, There: there})
}

func cardDifferences(c *loan.Case) (out []Difference) {
	one := func(party loan.Party, p loan.Person) {
		k, read := c.Cards[party]
		against := k.Card.Against(p)
		if card, _ := loan.NormalizeName(p.IDOCRName); against["name"] == "" && card != "" && card != p.Name {
			against["name"] = card // as it was kept before the whole card was
		}
		id, _ := loan.IDNumber(p.IDNo).Canonical()
		if id.WellFormed() {
			said := loan.Card{Sex: id.Sex()}
			if t, ok := id.Birth(); ok {
				said.Birth = loan.DateOf(t)
			}
			for f, there := range said.Against(p) {
				if against[f] == "" {
					against[f] = there
				}
			}
		}
		for _, f := range append(loan.CardFields(), "id_type") {
			there := against[f]
			if there == "" {
				continue
			}
			path := party.Field(f)
			x := Difference{Field: path, Source: FromCard, Here: fieldText(&c.App, path), There: there}
			switch {
			case read && slices.Contains(k.Kept, f):
				x.By, x.At, x.Kept = k.By, k.At, true
			case read:
				x.By, x.At, _ = c.Wrote(path)
			}
			out = append(out, x)
		}
	}
	one(loan.StudentParty, c.App.Student)
	for _, k := range c.App.Coborrowers[:min(len(c.App.Coborrowers), 1)] {
		one(loan.CoborrowerParty, k.Person)
	}
	return out
}

func (d *Desk) rosterDifferences(ctx context.Context, c *loan.Case) (out []Difference, err error) {
	p := &d.preapplied
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.load(ctx, d); err != nil {
		return nil, err
	}
	have := c.App.Student
	id, _ := loan.IDNumber(have.IDNo).Canonical()
	of := func(at []place) (found []loan.Preapplied) {
		for _, a := range at {
			if r := p.rosters[a.roster]; r.Year == c.App.AcademicYear {
				found = append(found, r.People[a.student])
			}
		}
		return found
	}
	found := of(p.byID[string(id)])
	if len(found) == 0 {
		// One of that name alone: the number may be a slip of the pen.
		if found = of(p.byName[have.Name]); len(found) != 1 {
			return nil, nil
		}
	}
	s := found[0]
	defer func() {
		for i := range out {
			out[i].Withheld = string(id) != s.IDNo || have.Name != s.Name
		}
	}()
	out = differs(out, "student.name", FromRoster, have.Name, s.Name)
	out = differs(out, "student.id_no", FromRoster, string(id), s.IDNo)
	out = differs(out, "student.phone", FromRoster, have.Phone, s.Phone)
	out = differs(out, "student.ethnic", FromRoster, have.Ethnic, s.Ethnic)
	out = differs(out, "student.address", FromRoster, have.Address, s.Address)
	if string(id) != s.IDNo {
		return out, nil // another's need is nobody's to see here
	}
	need := c.App.Hardship
	out = differs(out, "hardship.pre_applied", FromRoster, strconv.FormatBool(need.PreApplied), strconv.FormatBool(s.Approved))
	return append(out, kindsDiffer(need.Categories, s.Categories)...), nil
}

// kindsDiffer is the difference between the kinds of hardship of a case and those that
// the roster says, in whatever order they stand; none where one of them says none.
func kindsDiffer(here, there []string) []Difference {
	sorted := func(list []string) string {
		if len(list) == 0 {
			return ""
		}
		raw, err := json.Marshal(slices.Sorted(slices.Values(list)))
		if err != nil {
			return ""
		}
		return string(raw)
	}
	return differs(nil, "hardship.categories", FromRoster, sorted(here), sorted(there))
}

// compared are the fields set beside those of an earlier case.
func compared() []string {
	return []string{"student.name", "student.birth", "student.sex", "student.ethnic", "student.id_valid_to", "student.phone", "student.address", "student.hukou_code",
		"coborrowers.0.name", "coborrowers.0.id_no", "coborrowers.0.phone", "coborrowers.0.address", "coborrowers.0.relation", "study.school_name", "study.major", "study.level", "study.years", "study.entry_year"}
}

// earlierCases says what earlier cases of the student and of the co-borrower have
// otherwise; full is whether the operator sees the case that is compared.
func (d *Desk) earlierCases(ctx context.Context, c *loan.Case, full bool) ([]Difference, error) {
	k, err := d.earlierCase(ctx, c)
	if err != nil {
		return nil, err
	}
	out, err := d.earlierDifferences(ctx, c, k, full)
	if err != nil {
		return nil, err
	}
	more, err := d.coborrowerDifferences(ctx, c, k, full)
	return append(out, more...), err
}

func (d *Desk) earlierDifferences(ctx context.Context, c, k *loan.Case, full bool) (out []Difference, err error) {
	if k == nil {
		return nil, nil
	}
	for _, f := range compared() {
		out = differs(out, f, FromEarlier, fieldText(&c.App, f), fieldText(&k.App, f))
	}
	out = previousDifferences(out, c, k)
	same := loan.IdentityOf(c.App.Student) == loan.IdentityOf(k.App.Student)
	return out, d.withhold(ctx, c, k, out, full, same && loan.IdentityOf(c.App.Student).Known(), loan.CoborrowerParty)
}

// The contract before, as a renewal names it.
const (
	previousNo     = "loan.previous.contract_no"
	previousAmount = "loan.previous.amount"
)

// previousDifferences adds what a renewal says of the contract before and the sealed
// case k has otherwise: its number, where a receipt came, and its amount. A supplement
// follows a contract of the same year, which is not the one before.
func previousDifferences(out []Difference, c, k *loan.Case) []Difference {
	l := &c.App.Loan
	if c.App.Kind != loan.Renewal || l.Supplementary || l.Previous == nil || !k.EverSealed() {
		return out
	}
	if k.Receipt != nil {
		out = differs(out, previousNo, FromEarlier, l.Previous.ContractNo, k.Receipt.ContractNo)
	}
	return differs(out, previousAmount, FromEarlier, fieldText(&c.App, previousAmount), fieldText(&k.App, "loan.amount"))
}

// withhold marks what of an earlier case the operator may not see. same is whether it is
// of the same person, by number and name; as is as what the co-borrower of the case
// stands there. Where he sees it by reviewing this case it is noted in the earlier one's
// record first.
func (d *Desk) withhold(ctx context.Context, c, k *loan.Case, out []Difference, full, same bool, as loan.Party) error {
	if len(out) == 0 || d.SeesFull(k) {
		return nil
	}
	fields := make([]string, len(out)) // as they are named there
	for i, x := range out {
		fields[i] = x.Field
		if name, ok := strings.CutPrefix(x.Field, loan.CoborrowerParty.Field("")); ok {
			fields[i] = as.Field(name)
		}
		if x.Field == previousAmount {
			fields[i] = "loan.amount"
		}
	}
	if full && same && guard.Reviewing(d.acting(), c) && d.would(ctx, guard.View, k) == nil {
		return d.noteCompared(ctx, c, k, slices.DeleteFunc(fields, func(f string) bool {
			_, err := k.App.Field(f)
			return err != nil || f == previousNo // a student's relation, as which the case has none, and its own number
		}))
	}
	for i := range out {
		out[i].Withheld = !d.reveals(k.ID, fields[i])
	}
	return nil
}

// earlierCase is the newest other case of the student that ever was sealed, and only
// where there is none the newest; nil without another. A bare new draft does not hide
// what was signed.
func (d *Desk) earlierCase(ctx context.Context, c *loan.Case) (*loan.Case, error) {
	if c.App.Student.IDNo == "" {
		return nil, nil
	}
	others, _ := d.store.SearchWhere("", 0, func(s *store.Summary) bool {
		return s.ID != c.ID && s.IDNo == c.App.Student.IDNo && s.Status != loan.Void
	})
	return d.newestSealed(ctx, others)
}

// newestSealed is the first of some cases, the newest first, that ever was sealed, and
// only where there is none the newest.
func (d *Desk) newestSealed(ctx context.Context, found []store.Summary) (newest *loan.Case, err error) {
	for _, s := range found {
		k, err := d.store.Case(ctx, s.ID)
		if kind := fault.KindOf(err); kind == fault.Erased || kind == fault.Missing {
			continue
		}
		if err != nil || k.EverSealed() {
			return k, err
		}
		if newest == nil {
			newest = k
		}
	}
	return newest, nil
}

// noteCompared notes in the record of an earlier case that its values are shown
// beside those of another, once a day for each operator.
func (d *Desk) noteCompared(ctx context.Context, c, earlier *loan.Case, fields []string) error {
	all, err := d.store.Changes(ctx, earlier.ID)
	if err != nil {
		return err
	}
	body := loan.ViewBody{Detail: guard.Compared + c.ID.String(), Fields: fields}
	for _, ch := range all {
		if ch.Kind != loan.ChangeView || ch.Operator != d.operator.ID || loan.DateOf(ch.At.In(d.now().Location())) != d.Today() {
			continue
		}
		b, err := loan.Body[loan.ViewBody](ch)
		if err == nil && b.Detail == body.Detail && slices.Equal(b.Fields, body.Fields) {
			return nil
		}
	}
	return d.noteOf(ctx, "compare case", d.operator.ID, earlier.ID, body)
}

// fieldText is a field as text; empty where it is not there.
func fieldText(a *loan.Application, path string) string {
	raw, err := a.Field(path)
	if err != nil {
		return ""
	}
	return rawText(raw)
}

func rawText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	t := strings.TrimSpace(string(raw))
	if t == "null" || t == "0" {
		return ""
	}
	return t
}

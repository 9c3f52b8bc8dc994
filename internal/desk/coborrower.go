package desk

import (
	"context"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// ofCoborrower are the fields of a co-borrower set beside those of an earlier case, by
// their names within a person.
func ofCoborrower() []string { return []string{"name", "phone", "address", "hukou_code", "relation"} }

// coborrowerDifferences says what the latest other case in which the co-borrower stands
// has otherwise of that person, a signed one before a draft, and with which other
// students. earlier is the student's own earlier case, which Differences sets beside
// itself; full is whether the operator sees the case that is compared.
func (d *Desk) coborrowerDifferences(ctx context.Context, c, earlier *loan.Case, full bool) (out []Difference, err error) {
	if len(c.App.Coborrowers) == 0 {
		return nil, nil
	}
	who := loan.IdentityOf(c.App.Coborrowers[0].Person)
	found := d.standsIn(c, earlier, who)
	k, err := d.newestSealed(ctx, found)
	if err != nil || k == nil {
		return nil, err
	}
	party := loan.CoborrowerParty
	if canonical(k.App.Student.IDNo) == who.Number {
		party = loan.StudentParty
	}
	for _, f := range ofCoborrower() {
		there := fieldText(&k.App, party.Field(f))
		if f == "relation" && party == loan.StudentParty {
			there = party.Label()
		}
		path := loan.CoborrowerParty.Field(f)
		out = differs(out, path, FromCoborrower, fieldText(&c.App, path), there)
	}
	there := k.App.Student
	if party == loan.CoborrowerParty {
		there = k.App.Coborrowers[0].Person
	}
	if err := d.withhold(ctx, c, k, out, full, who.Known() && who == loan.IdentityOf(there), party); err != nil {
		return nil, err
	}
	return append(out, otherStudents(c, found, who.Number)...), nil
}

// standsIn lists the other cases in which a co-borrower stands, the newest first: as
// co-borrower or as student, but for those of the student of this case where the
// student's earlier case has the same co-borrower, for that one is set beside it itself.
func (d *Desk) standsIn(c, earlier *loan.Case, who loan.Identity) []store.Summary {
	student := canonical(c.App.Student.IDNo)
	if !loan.IDNumber(who.Number).WellFormed() || who.Number == student {
		return nil
	}
	beside := earlier != nil && len(earlier.App.Coborrowers) > 0 && canonical(earlier.App.Coborrowers[0].IDNo) == who.Number
	found, _ := d.store.SearchWhere(who.Number, 0, func(s *store.Summary) bool {
		switch {
		case s.ID == c.ID || s.Status == loan.Void, beside && canonical(s.IDNo) == student:
			return false
		}
		return canonical(s.CoborrowerIDNo) == who.Number || canonical(s.IDNo) == who.Number
	})
	return found
}

// otherStudents tells that a co-borrower stands with other students too: by the masked
// name of the newest, whoever looks, and how many they are.
func otherStudents(c *loan.Case, found []store.Summary, coborrower string) []Difference {
	own, seen := canonical(c.App.Student.IDNo), map[string]bool{}
	x := Difference{Field: loan.StudentParty.Field("name"), Source: FromCoborrower, Here: c.App.Student.Name}
	for _, s := range found {
		n := canonical(s.IDNo)
		if canonical(s.CoborrowerIDNo) != coborrower || n == "" || n == own || s.Name == "" || seen[n] {
			continue
		}
		if seen[n] = true; x.There == "" {
			x.There = guard.MaskName(s.Name)
		}
	}
	if x.Students = len(seen); x.Students == 0 || x.Here == "" {
		return nil
	}
	return []Difference{x}
}

// canonical is an ID number in the form that is compared.
func canonical(idNo string) string {
	n, _ := loan.IDNumber(idNo).Canonical()
	return string(n)
}

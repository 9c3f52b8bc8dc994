package desk_test

import (
	"slices"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// typed is a case of the desk's clerk with a student's number and name and else
// what is not so.
func typed(t *testing.T, d *desk.Desk, idNo, name string) *loan.Case {
	t.Helper()
	must := step(t)
	c := must(d.NewCase(t.Context(), loan.First, false))
	return must(d.Edit(t.Context(), c.ID, map[string]any{"student.name": name, "student.id_no": idNo, "student.phone": "15499999999", "student.address": "别处一号",
		"student.hukou_code": "522701", "coborrowers.0.name": "另人", "coborrowers.0.id_no": "520101197811029911", "coborrowers.0.phone": "15488888888", "coborrowers.0.relation": "母",
		"study.school_name": "别的大学", "study.major": "别的专业"}))
}

// besides are what Differences shows of other sources.
func besides(t *testing.T, d *desk.Desk, c *loan.Case, from desk.Source) (fields []string, there string) {
	t.Helper()
	all, err := d.Differences(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		if x.Source == from {
			fields = append(fields, x.Field)
			there += x.There + "\n"
		}
	}
	return fields, there
}

// compareLines are the lines in a case's record that say that it was set beside
// another.
func compareLines(t *testing.T, d *desk.Desk, c *loan.Case) (n int) {
	t.Helper()
	all, err := d.Store().Changes(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range all {
		if b, err := loan.Body[loan.ViewBody](ch); ch.Kind == loan.ChangeView && err == nil && strings.HasPrefix(b.Detail, guard.Compared) {
			n++
		}
	}
	return n
}

func TestAnEarlierCaseOfAnotherClerkIsNotReadByTypingItsNumber(t *testing.T) {
	for what, k := range map[string]struct {
		same   bool // the name too
		submit bool
		by     guard.Role
		full   bool
	}{
		"the clerk who filled in, of another name":                    {false, false, guard.Clerk, false},
		"the clerk who filled in, of the same name":                   {true, false, guard.Clerk, false},
		"the clerk who filled in, once it is submitted":               {true, true, guard.Clerk, false},
		"the reviewer before it is submitted":                         {true, false, guard.Reviewer, false},
		"the reviewer of a case whose name is another":                {false, true, guard.Reviewer, false},
		"the reviewer of a case whose number and name are the person": {true, true, guard.Reviewer, true},
		"an auditor": {true, true, guard.Auditor, false},
	} {
		t.Run(what, func(t *testing.T) {
			was, as := staffed(t)
			p, kin := was.App.Student, was.App.Coborrowers[0]
			d := as(guard.Clerk)
			name := "别人"
			if k.same {
				name = p.Name
			}
			c := typed(t, d, p.IDNo, name)
			if k.submit {
				if _, err := d.Store().CommitCase(t.Context(), []store.Entry{{Case: c.ID, Kind: loan.ChangeSubmit, Operator: "clerk-2"}}, nil); err != nil {
					t.Fatal(err)
				}
			}
			d = as(k.by)
			c, err := d.Case(t.Context(), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			fields, there := besides(t, d, c, desk.FromEarlier)
			besides(t, d, c, desk.FromEarlier)
			for _, f := range []string{"student.phone", "student.address", "coborrowers.0.name", "coborrowers.0.id_no", "study.school_name"} {
				if !slices.Contains(fields, f) {
					t.Errorf("that %s differs is not said: %v", f, fields)
				}
			}
			for _, v := range []string{p.Phone, p.Address, kin.Name, kin.IDNo, kin.Phone, was.App.Study.SchoolName, was.App.Study.Major, p.HukouCode} {
				if strings.Contains(there, v) != k.full {
					t.Errorf("%q is shown: %v", v, !k.full)
				}
			}
			want := 0
			if k.full {
				want = 1 // once a day
			}
			if n := compareLines(t, d, was); n != want {
				t.Errorf("%d lines in the earlier case's record, want %d", n, want)
			}
		})
	}
}

func TestTheRosterIsNotReadByTypingANameAlone(t *testing.T) {
	c := newCounty(t)
	s := student(7, "韦测丙", true)
	c.send(bulletin.Roster, "PT1", rosterOf(s))
	for what, k := range map[string]struct {
		idNo, name string
		want       []string // of the roster's values, those shown
	}{
		"the name alone":            {"520101200503149914", s.Name, nil},
		"the number alone":          {s.IDNo, "别人", nil},
		"both":                      {s.IDNo, s.Name, []string{s.Phone, s.Address}},
		"the number in small print": {strings.ToLower(s.IDNo), s.Name, []string{s.Phone, s.Address}},
	} {
		t.Run(what, func(t *testing.T) {
			d := c.d
			one := typed(t, d, k.idNo, k.name)
			fields, there := besides(t, d, one, desk.FromRoster)
			if !slices.Contains(fields, "student.phone") || !slices.Contains(fields, "student.address") {
				t.Errorf("what differs is not said: %v", fields)
			}
			for _, v := range []string{s.IDNo, s.Name, s.Phone, s.Address, s.Ethnic} {
				if strings.Contains(there, v) != slices.Contains(k.want, v) {
					t.Errorf("%q is shown: %v", v, strings.Contains(there, v))
				}
			}
		})
	}
}

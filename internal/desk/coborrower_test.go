package desk_test

import (
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// siblings is a case of another student with the co-borrower of the tests' family, and
// what else is set.
func siblings(t *testing.T, d *desk.Desk, set map[string]any) *loan.Case {
	t.Helper()
	must, kin := step(t), family()
	c := must(d.NewCase(t.Context(), loan.First, false))
	fields := map[string]any{"student.name": "韦测己", "student.id_no": "522727200703149912"}
	for _, f := range []string{"name", "id_no", "phone", "address", "relation"} {
		fields["coborrowers.0."+f] = kin["coborrowers.0."+f]
	}
	for f, v := range set {
		fields[f] = v
	}
	return must(d.Edit(t.Context(), c.ID, fields))
}

func TestAnEarlierContractOfTheCoborrowerIsSetBeside(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	must, kin := step(t), family()
	text := func(f string) string { return kin[f].(string) }
	first := sealed(t, d)
	compare := func(t *testing.T, c *loan.Case, want map[string]string) {
		t.Helper()
		wantDifferences(t, differing(t, d, c, desk.FromCoborrower), want)
	}
	void := func(c *loan.Case) { must(d.Void(t.Context(), c.ID, "重复受理")) }
	t.Run("with another name, phone or relation, and that it was for another student", func(t *testing.T) {
		c := siblings(t, d, map[string]any{"coborrowers.0.name": "韦测庚", "coborrowers.0.phone": "15400000066", "coborrowers.0.relation": "母"})
		compare(t, c, map[string]string{"coborrowers.0.name": text("coborrowers.0.name"), "coborrowers.0.phone": text("coborrowers.0.phone"),
			"coborrowers.0.relation": "父", "student.name": guard.MaskName(first.App.Student.Name)})
		void(c)
	})
	t.Run("also where nothing else differs, with how many students", func(t *testing.T) {
		one := siblings(t, d, map[string]any{"student.name": "韦测辛", "student.id_no": "522727200803149910"})
		c := siblings(t, d, nil)
		all, err := d.Differences(t.Context(), c)
		if err != nil || len(all) != 1 || all[0].Students != 2 || all[0].Source != desk.FromCoborrower || all[0].There != guard.MaskName("韦测辛") {
			t.Errorf("got %+v, %v", all, err)
		}
		void(c)
		void(one)
	})
	t.Run("a bare draft does not hide what was signed", func(t *testing.T) {
		draft := siblings(t, d, map[string]any{"coborrowers.0.phone": "15400000067", "student.name": "韦测辛", "student.id_no": "522727200803149910"})
		c := siblings(t, d, map[string]any{"coborrowers.0.phone": "15400000066"})
		compare(t, c, map[string]string{"coborrowers.0.phone": text("coborrowers.0.phone"), "student.name": guard.MaskName("韦测辛")})
		void(c)
		void(draft)
	})
	t.Run("not what stands beside already, as the student's own earlier case", func(t *testing.T) {
		c := siblings(t, d, map[string]any{"student.id_no": first.App.Student.IDNo, "student.name": first.App.Student.Name, "coborrowers.0.phone": "15400000066"})
		compare(t, c, map[string]string{})
		wantDifferences(t, differing(t, d, c, desk.FromEarlier), map[string]string{"coborrowers.0.phone": text("coborrowers.0.phone")})
		void(c)
	})
	t.Run("where he has a loan of his own", func(t *testing.T) {
		own := must(d.NewCase(t.Context(), loan.First, false))
		own = must(d.Edit(t.Context(), own.ID, map[string]any{"student.name": "另名", "student.id_no": "52010119781102991x", "student.phone": "15400000055"}))
		c := siblings(t, d, map[string]any{"coborrowers.0.name": "韦测庚", "coborrowers.0.id_no": "52010119781102991X"})
		compare(t, c, map[string]string{"coborrowers.0.name": "另名", "coborrowers.0.phone": "15400000055", "coborrowers.0.relation": "借款学生"})
		void(c)
		void(own)
	})
	t.Run("none of a void case, nor without a number", func(t *testing.T) {
		void(siblings(t, d, map[string]any{"coborrowers.0.id_no": "520101197811029911", "coborrowers.0.phone": "15400000065"}))
		compare(t, siblings(t, d, map[string]any{"coborrowers.0.id_no": "520101197811029911"}), map[string]string{})
		compare(t, siblings(t, d, map[string]any{"coborrowers.0.id_no": ""}), map[string]string{})
	})
}

func TestAnEarlierContractOfACoborrowerIsNotReadByTypingItsNumber(t *testing.T) {
	for what, k := range map[string]struct {
		same   bool // the name too
		submit bool
		by     guard.Role
		full   bool
	}{
		"the clerk who filled in, of another name":                        {false, false, guard.Clerk, false},
		"the clerk who filled in, of the same name, once it is submitted": {true, true, guard.Clerk, false},
		"the reviewer before it is submitted":                             {true, false, guard.Reviewer, false},
		"the reviewer of a case whose co-borrower has another name":       {false, true, guard.Reviewer, false},
		"the reviewer of a case whose number and name are the person":     {true, true, guard.Reviewer, true},
		"an auditor": {true, true, guard.Auditor, false},
	} {
		t.Run(what, func(t *testing.T) {
			was, as := staffed(t)
			kin := was.App.Coborrowers[0]
			d := as(guard.Clerk)
			set := map[string]any{"coborrowers.0.phone": "15488888888", "coborrowers.0.address": "别处一号", "coborrowers.0.relation": "母"}
			if !k.same {
				set["coborrowers.0.name"] = "另人"
			}
			c := siblings(t, d, set)
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
			fields, there := besides(t, d, c, desk.FromCoborrower)
			besides(t, d, c, desk.FromCoborrower)
			for _, f := range []string{"coborrowers.0.phone", "coborrowers.0.address", "coborrowers.0.relation", "student.name"} {
				if !slices.Contains(fields, f) {
					t.Errorf("that %s differs is not said: %v", f, fields)
				}
			}
			for _, v := range []string{kin.Phone, kin.Address, string(kin.Relation)} {
				if strings.Contains(there, v) != k.full {
					t.Errorf("%q is shown: %v", v, !k.full)
				}
			}
			for _, v := range []string{was.App.Student.Name, was.App.Student.Phone, was.App.Student.IDNo} {
				if strings.Contains(there, v) {
					t.Errorf("%q of the other student is shown", v)
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

package guard

import (
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func operator(id string, roles ...Role) Operator {
	return Operator{ID: id, Name: "某" + id, Roles: roles, Enabled: true}
}

func caseOf(s loan.Status, author, reviewer string) *loan.Case {
	c := &loan.Case{Status: s, OpenedBy: author, Authors: map[string]bool{author: true}}
	if reviewer != "" {
		c.Review = &loan.ReviewState{By: reviewer}
	}
	return c
}

// TestTable states every cell of verb by role by status, written apart from the
// table it checks: which roles, and in which statuses.
func TestTable(t *testing.T) {
	const editable = "draft to-review to-sign returned corrected"
	want := map[Verb]struct{ roles, statuses string }{
		Edit:            {"clerk", editable},
		Resolve:         {"clerk", editable},
		Attach:          {"clerk", editable},
		Detach:          {"clerk", editable},
		Replace:         {"clerk", editable + " signed queued received accepted"},
		Attest:          {"clerk", editable},
		Consent:         {"clerk", editable},
		Submit:          {"clerk", "draft corrected"},
		Review:          {"reviewer", "to-review"},
		PrepareContract: {"clerk", "to-sign"},
		Read:            {"clerk", "to-sign"},
		Sign:            {"clerk", "to-sign"},
		Witness:         {"clerk reviewer", "to-sign"},
		Seal:            {"clerk", "to-sign"},
		Finish:          {"clerk", "signed"},
		Correct:         {"clerk", "to-sign signed queued received accepted returned"},
		VoidCase:        {"clerk", editable + " signed queued received accepted"},
		PassOn:          {"clerk reviewer", editable + " signed queued received accepted"},
		TakeOver:        {"clerk reviewer", editable + " signed queued received accepted"},
		OpenCase:        {"clerk", "any"},
		View:            {"clerk reviewer dataadmin auditor", "any"},
		Search:          {"clerk reviewer dataadmin auditor", "any"},
		Reveal:          {"clerk reviewer", "any"},
		Print:           {"clerk reviewer", "any"},
		Export:          {"dataadmin", "any"},
		ReadAudit:       {"dataadmin auditor", "any"},
		EnableOperator:  {"clerk reviewer dataadmin", "any"},
		ManageOperators: {"dataadmin", "any"},
		ManageSettings:  {"dataadmin", "any"},
		ImportRegister:  {"clerk dataadmin", "any"},
		Sync:            {"clerk reviewer dataadmin", "any"},
		Backup:          {"clerk reviewer dataadmin", "any"},
		EraseSeason:     {"dataadmin", "any"},
		Urge:            {"clerk reviewer dataadmin", editable + " signed queued received accepted"},
	}
	if len(want) != len(Verbs()) {
		t.Fatalf("the table has %d verbs, the test %d", len(Verbs()), len(want))
	}
	for v, w := range want {
		for _, r := range Roles() {
			for s := loan.Draft; s <= loan.Void; s++ {
				allowed := slices.Contains(strings.Fields(w.roles), string(r)) &&
					(w.statuses == "any" || slices.Contains(strings.Fields(w.statuses), s.String()))
				err := May(operator("x", r), v, caseOf(s, "author", "other"))
				if (err == nil) != allowed {
					t.Errorf("%s by %s in %v: got %v, want allowed %v", v, r, s, err, allowed)
				}
				if err != nil && (fault.KindOf(err) != fault.Denied || fault.Sentence(err) == fault.Denied.Sentence()) {
					t.Errorf("%s by %s in %v: no sentence of its own: %v", v, r, s, err)
				}
			}
		}
	}
}

func TestNobodyHoldsTwoRolesOnOneCase(t *testing.T) {
	both := operator("both", Clerk, Reviewer)
	for _, c := range []struct {
		name    string
		verb    Verb
		on      *loan.Case
		allowed bool
	}{
		{"who opened cannot review", Review, &loan.Case{Status: loan.ToReview, OpenedBy: "both"}, false},
		{"who edited cannot review", Review, &loan.Case{Status: loan.ToReview, OpenedBy: "a", Authors: map[string]bool{"both": true}}, false},
		{"another's case may be reviewed", Review, caseOf(loan.ToReview, "a", ""), true},
		{"who reviewed cannot have it signed", Sign, caseOf(loan.ToSign, "a", "both"), false},
		{"who reviewed cannot edit", Edit, caseOf(loan.Draft, "a", "both"), false},
		{"who reviewed may still look", View, caseOf(loan.ToSign, "a", "both"), true},
		{"who entered may have it signed", Sign, caseOf(loan.ToSign, "both", "b"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := May(both, c.verb, c.on); (err == nil) != c.allowed {
				t.Fatalf("got %v, want allowed %v", err, c.allowed)
			}
		})
	}
}

func TestMayRefuses(t *testing.T) {
	t.Run("an account switched off", func(t *testing.T) {
		o := operator("x", Roles()...)
		o.Enabled = false
		for _, v := range Verbs() {
			if got := fault.KindOf(May(o, v, caseOf(loan.Draft, "a", ""))); got != fault.Denied {
				t.Errorf("%s: got %v", v, got)
			}
		}
	})
	t.Run("a verb it does not know", func(t *testing.T) {
		if got := fault.KindOf(May(operator("x", Roles()...), "rm", nil)); got != fault.Denied {
			t.Fatalf("got %v", got)
		}
	})
	t.Run("a case verb without a case", func(t *testing.T) {
		if got := fault.KindOf(May(operator("x", Clerk), Edit, nil)); got != fault.Missing {
			t.Fatalf("got %v", got)
		}
	})
}

func TestSeesFull(t *testing.T) {
	clerk, reviewer, admin := operator("c", Clerk), operator("r", Reviewer), operator("d", DataAdmin, Auditor)
	for _, c := range []struct {
		name string
		op   Operator
		on   *loan.Case
		want bool
	}{
		{"the clerk who handles it", clerk, caseOf(loan.Signed, "c", "r"), true},
		{"another clerk does not", clerk, caseOf(loan.Signed, "e", "r"), false},
		{"the reviewer during review", reviewer, caseOf(loan.ToReview, "c", ""), true},
		{"the reviewer afterwards does not", reviewer, caseOf(loan.Signed, "c", "r"), false},
		{"administrators never do", admin, caseOf(loan.ToReview, "d", ""), false},
		{"nobody without a case", clerk, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := SeesFull(c.op, c.on); got != c.want {
				t.Fatalf("got %v", got)
			}
		})
	}
}

func TestLockout(t *testing.T) {
	now := time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC)
	o := operator("x", Clerk)
	for range MaxFailures - 1 {
		o = o.Failed(now)
	}
	if err := o.MaySignIn(now); err != nil {
		t.Fatalf("locked after four: %v", err)
	}
	if o.Cleared().Failures != 0 {
		t.Fatal("a right password does not clear")
	}
	o = o.Failed(now)
	if got := fault.KindOf(o.MaySignIn(now)); got != fault.Locked {
		t.Fatalf("after five: got %v", got)
	}
	if err := o.MaySignIn(now.Add(lockFor)); err != nil {
		t.Fatalf("after the time: %v", err)
	}
	if err := o.Cleared().MaySignIn(now); err != nil {
		t.Fatalf("after a pardon: %v", err)
	}
	t.Run("a lock set by a clock years ahead does not last years", func(t *testing.T) {
		if o.Locked(now.AddDate(-3, 0, 0)) {
			t.Fatal("locked for years")
		}
	})
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		op Operator
		ok bool
	}{
		"a whole account":    {operator("wei-01", Clerk), true},
		"no role":            {operator("wei"), false},
		"a role twice":       {operator("wei", Clerk, Clerk), false},
		"an unknown role":    {operator("wei", "root"), false},
		"an id with a space": {operator("wei wei", Clerk), false},
		"an id in Chinese":   {operator("韦", Clerk), false},
		"no name":            {Operator{ID: "x", Roles: []Role{Clerk}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.op.Validate(); (err == nil) != c.ok {
				t.Fatalf("got %v", err)
			}
		})
	}
	for pw, ok := range map[string]bool{"": false, "short": false, "aaaaaaaaaa": false, "operator1": false, "correct horse": true, "密码密码密码密码": true} {
		if err := CheckPassword("operator1", []byte(pw)); (err == nil) != ok {
			t.Errorf("%q: got %v", pw, err)
		}
	}
}

func TestWatermarkNamesWhoAndWhen(t *testing.T) {
	got := WatermarkText(operator("c1", Clerk), time.Date(2026, 7, 20, 9, 5, 0, 0, time.UTC))
	if want := "某c1 2026-07-20 09:05"; got != want {
		t.Fatalf("got %q want %q", got, want)
	}
}

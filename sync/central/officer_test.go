package central

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// staffed is a centre of real people with an officer, admin-9.
func staffed(t *testing.T) *Central {
	t.Helper()
	c := open(t, t.TempDir())
	c.cheap = true
	ofRealPeople(t, c)
	officerOf(t, c, "admin-9")
	return c
}

// officerOf lets somebody of the roster have a password of his own.
func officerOf(t *testing.T, c *Central, id string) Person {
	t.Helper()
	const lent = "erste Worte"
	if err := c.SetOfficer(t.Context(), Person{}, id, []byte(lent), true); err != nil {
		t.Fatal(err)
	}
	if err := c.SetOfficer(t.Context(), Person{id, []byte(lent)}, id, []byte(adminPassword), false); err != nil {
		t.Fatal(err)
	}
	return Person{id, []byte(adminPassword)}
}

const adminPassword = "zw-ei Worte"

// record is what the centre's chain says of acts and of signing in.
func record(t *testing.T, c *Central) (out []string) {
	t.Helper()
	rows, err := c.db.QueryContext(t.Context(), `SELECT bytes FROM changes WHERE device = ? AND kind IN ('view', 'signin') ORDER BY counter`, c.ID().String())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			t.Fatal(err)
		}
		ch, err := loan.DecodeChange(b)
		if err != nil {
			t.Fatal(err)
		}
		body, err := loan.Body[loan.ViewBody](ch)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, ch.Operator+": "+body.Detail)
	}
	return out
}

func TestWhoActsAtTheCentreProvesIt(t *testing.T) {
	c := staffed(t)
	ctx := t.Context()
	right := Person{"admin-9", []byte(adminPassword)}
	act := Act{Verb: guard.ManageOperators, Name: "operator off somebody"}
	did := 0
	do := func() error { did++; return nil }
	try := func(p Person, a Act) error {
		_, err := c.Acting(ctx, p, a, do)
		return err
	}
	for name, x := range map[string]struct {
		who  Person
		kind fault.Kind
	}{
		"who is only named": {Person{ID: "admin-9"}, fault.Denied},
		"nobody":            {Person{}, fault.Denied},
		"another password":  {Person{"admin-9", []byte("zw-ei worte")}, fault.Password},
		"somebody of the roster without password": {Person{"clerk-9", []byte(adminPassword)}, fault.Denied},
		"somebody who is not on the roster":       {Person{"nobody-1", []byte(adminPassword)}, fault.Input},
	} {
		if err := try(x.who, act); fault.KindOf(err) != x.kind || did != 0 {
			t.Errorf("%s: got %v, done %d times", name, err, did)
		}
	}
	if err := try(right, act); err != nil || did != 1 {
		t.Fatalf("with the password: %v, done %d times", err, did)
	}
	if err := try(right, Act{Verb: guard.Decide, Name: "case accept"}); fault.KindOf(err) != fault.Denied || did != 1 {
		t.Errorf("what the role may not: got %v", err)
	}
	failed := errors.New("no")
	if _, err := c.Acting(ctx, right, act, func() error { return failed }); !errors.Is(err, failed) {
		t.Errorf("what fails: got %v", err)
	}
	got := record(t, c)
	for _, want := range []string{"centre: first officer, by who administers the machine: officer add admin-9, temporary", "admin-9: sign-in at the centre: wrong password, 1 in a row",
		"clerk-9: sign-in at the centre: refused", "admin-9: act: operator off somebody", "admin-9: refused act: case accept", "admin-9: failed act: operator off somebody"} {
		if !slices.Contains(got, want) {
			t.Errorf("the chain does not say %q: %q", want, got)
		}
	}
	if _, wrong, err := c.VerifyRecord(ctx); err != nil || len(wrong) > 0 {
		t.Errorf("the record: %+v, %v", wrong, err)
	}
	if err := c.SwitchOff(ctx, "admin-9"); err != nil {
		t.Fatal(err)
	}
	if err := try(right, act); fault.KindOf(err) != fault.Input {
		t.Errorf("taken off the roster: got %v", err)
	}
}

func TestFiveWrongPasswordsLockAnOfficer(t *testing.T) {
	c := staffed(t)
	now := time.Now()
	c.now = func() time.Time { return now }
	try := func(password string) error {
		_, err := c.Acting(t.Context(), Person{"admin-9", []byte(password)}, Act{Verb: guard.ManageOperators, Name: "x"}, func() error { return nil })
		return err
	}
	for range 4 {
		if err := try("wrong"); fault.KindOf(err) != fault.Password {
			t.Fatal(err)
		}
	}
	if err := try(adminPassword); err != nil {
		t.Fatalf("the right one after four: %v", err)
	}
	for range 5 {
		if err := try("wrong"); fault.KindOf(err) != fault.Password {
			t.Fatal(err)
		}
	}
	if err := try(adminPassword); fault.KindOf(err) != fault.Locked {
		t.Errorf("the right one after five: %v", err)
	}
	if got := record(t, c); !slices.Contains(got, "admin-9: sign-in at the centre: wrong password, the fifth: locked") {
		t.Errorf("the chain says %q", got)
	}
	now = now.Add(15*time.Minute + time.Second)
	if err := try(adminPassword); err != nil {
		t.Errorf("after fifteen minutes: %v", err)
	}
}

func TestWhoMakesAnOfficer(t *testing.T) {
	c := staffed(t)
	ctx := t.Context()
	const other = "noch zwei Worte"
	if err := c.SetOfficer(ctx, Person{}, "clerk-9", []byte(other), false); fault.KindOf(err) != fault.Denied {
		t.Errorf("nobody: got %v", err)
	}
	admin := Person{"admin-9", []byte(adminPassword)}
	if err := c.SetOfficer(ctx, admin, "clerk-9", []byte("12345678"), false); fault.KindOf(err) != fault.Input {
		t.Errorf("a weak password: got %v", err)
	}
	if err := c.SetOfficer(ctx, admin, "clerk-9", []byte(other), false); err != nil {
		t.Fatal(err)
	}
	if got := record(t, c); !slices.Contains(got, "admin-9: act: officer add clerk-9, temporary") {
		t.Errorf("the chain says %q", got)
	}
	clerk := Person{"clerk-9", []byte(other)}
	if err := c.SetOfficer(ctx, clerk, "admin-9", []byte(other), false); fault.KindOf(err) != fault.Denied {
		t.Errorf("a clerk: got %v", err)
	}
	if err := c.SetOfficer(ctx, clerk, "clerk-9", []byte("und ein anderes"), false); err != nil {
		t.Errorf("one's own: %v", err)
	}
	if err := c.SetOfficer(ctx, clerk, "clerk-9", []byte(other), false); fault.KindOf(err) != fault.Password {
		t.Errorf("one's own by the former: got %v", err)
	}
	if err := c.SetOfficer(ctx, Person{}, "admin-9", []byte(other), true); err != nil {
		t.Fatal(err)
	}
	if got := record(t, c); !slices.Contains(got, "centre: unproven, by who administers the machine: officer add admin-9, temporary") {
		t.Errorf("the chain says %q", got)
	}
	if err := c.SetOfficer(ctx, admin, "admin-9", []byte(other), false); fault.KindOf(err) != fault.Password {
		t.Errorf("by the password of before: got %v", err)
	}
	err := filepath.WalkDir(c.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, p := range []string{adminPassword, other, "und ein anderes"} {
			if strings.Contains(string(b), p) {
				t.Errorf("%s has a password", filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWithAPasswordThatAnotherSetNothingIsDoneBeforeItIsChanged(t *testing.T) {
	c := staffed(t)
	ctx := t.Context()
	const lent, own = "geliehene Worte", "ganz eigene Worte"
	admin := Person{"admin-9", []byte(adminPassword)}
	if err := c.AddOperator(ctx, Operator{ID: "admin-8", Name: "某", Roles: []string{"dataadmin"}}); err != nil {
		t.Fatal(err)
	}
	did := 0
	act := func(password string) error {
		_, err := c.Acting(ctx, Person{"admin-8", []byte(password)}, Act{Verb: guard.ManageOperators, Name: "operator off x"}, func() error { did++; return nil })
		return err
	}
	for _, times := range []int{0, 1} { // a new officer, and one who had a password of his own
		if err := c.SetOfficer(ctx, admin, "admin-8", []byte(lent), false); err != nil {
			t.Fatal(err)
		}
		if err := act(lent); fault.KindOf(err) != fault.Denied || did != times || !strings.Contains(err.Error(), "set by admin-9 and is temporary") || !strings.Contains(err.Error(), "sync officer password --by admin-8") {
			t.Errorf("with the temporary one: done %d times, %v", did, err)
		}
		if err := c.SetOfficer(ctx, Person{"admin-8", []byte(lent)}, "clerk-9", []byte(own), false); fault.KindOf(err) != fault.Denied {
			t.Errorf("an officer made with the temporary one: %v", err)
		}
		if list, err := c.Officers(ctx); err != nil || list[0].LentBy != "admin-9" || list[1].LentBy != "" {
			t.Errorf("the list: %+v, %v", list, err)
		}
		if err := c.SetOfficer(ctx, Person{"admin-8", []byte(lent)}, "admin-8", []byte(lent), false); fault.KindOf(err) != fault.Input {
			t.Errorf("the same again: %v", err)
		}
		if err := c.SetOfficer(ctx, Person{"admin-8", []byte(lent)}, "admin-8", []byte(own), false); err != nil {
			t.Fatal(err)
		}
		if err := act(own); err != nil || did != times+1 {
			t.Errorf("with one's own: done %d times, %v", did, err)
		}
	}
	got := record(t, c)
	for _, want := range []string{"admin-9: act: officer add admin-8, temporary", "admin-8: refused act: operator off x, by a temporary password", "admin-8: refused act: officer add clerk-9, temporary, by a temporary password",
		"admin-8: act: officer password admin-8, of a temporary one that was used before", "admin-8: act: operator off x"} {
		if !slices.Contains(got, want) {
			t.Errorf("the chain does not say %q: %q", want, got)
		}
	}
}

func TestAPasswordOfBeforeThereWereTemporaryOnesServes(t *testing.T) {
	c := staffed(t)
	if _, err := c.db.ExecContext(t.Context(), `DROP TABLE officers_lent`); err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), c.db); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Acting(t.Context(), Person{"admin-9", []byte(adminPassword)}, Act{Verb: guard.ManageOperators, Name: "x"}, func() error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestWhoHadAPartInACaseDoesNotDecideOnIt(t *testing.T) {
	c := open(t, t.TempDir())
	c.cheap = true
	l := enrol(t, c, serve(t, c))
	id, blobs := l.finished(content("a paper", 100))
	l.arrive(blobs)
	ofRealPeople(t, c)
	both := []string{"clerk", "reviewer"}
	for _, who := range []string{"practice-clerk", "practice-reviewer", "third-9"} {
		if err := c.AddOperator(t.Context(), Operator{ID: who, Name: "某", Roles: both}); err != nil {
			t.Fatal(err)
		}
		officerOf(t, c, who)
	}
	for who, want := range map[string]fault.Kind{"practice-clerk": fault.Denied, "practice-reviewer": fault.Denied, "third-9": fault.Other} {
		done := false
		_, err := c.Acting(t.Context(), Person{who, []byte(adminPassword)}, Act{Verb: guard.Decide, Case: id, Name: "case accept"}, func() error { done = true; return nil })
		if fault.KindOf(err) != want && !(err == nil && want == fault.Other) || done != (want == fault.Other) {
			t.Errorf("%s: got %v, done %v", who, err, done)
		}
	}
}

func TestACentreForPracticeAsksNobodyAndSaysSo(t *testing.T) {
	c := open(t, t.TempDir())
	proven, err := c.Acting(t.Context(), Person{ID: "practice-clerk"}, Act{Verb: guard.ManageOperators, Name: "code new"}, func() error { return nil })
	if err != nil || proven {
		t.Errorf("proven %v, %v", proven, err)
	}
	if got := record(t, c); !slices.Contains(got, "practice-clerk: unproven act: code new") {
		t.Errorf("the chain says %q", got)
	}
}

func TestAnOfficerManagesHisOwnLevelAndThoseBelow(t *testing.T) {
	c := staffed(t)
	ctx := t.Context()
	admin := Person{"admin-9", []byte(adminPassword)}
	for _, o := range []Operator{{ID: "prov-9", Name: "省甲", Roles: []string{"dataadmin"}, Level: "province", Org: "52"},
		{ID: "point-9", Name: "点甲", Roles: []string{"clerk"}, Level: "point", Org: "甲乡受理点"}} {
		if err := c.AddOperator(ctx, o); err != nil { // as before the first officer
			t.Fatal(err)
		}
	}
	put := func(o Operator) error {
		_, err := c.Acting(ctx, admin, Act{Verb: guard.ManageRoster, Name: "operator add " + o.ID, Whom: o.ID, As: &o}, func() error { return c.AddOperator(ctx, o) })
		return err
	}
	for name, x := range map[string]struct {
		err  error
		kind fault.Kind
	}{
		"himself":                 {put(Operator{ID: "admin-9", Name: "甲", Roles: []string{"dataadmin", "auditor"}}), fault.Denied},
		"somebody new above him":  {put(Operator{ID: "new-9", Name: "乙", Roles: []string{"dataadmin"}, Level: "province", Org: "52"}), fault.Denied},
		"a clerk, to above him":   {put(Operator{ID: "point-9", Name: "点甲", Roles: []string{"dataadmin"}, Level: "bank", Org: "00"}), fault.Denied},
		"who stands above him":    {put(Operator{ID: "prov-9", Name: "省甲", Roles: []string{"clerk"}, Level: "point", Org: "甲乡受理点"}), fault.Denied},
		"whose password is above": {c.SetOfficer(ctx, admin, "prov-9", []byte("noch zwei Worte"), false), fault.Denied},
		"somebody of a point":     {put(Operator{ID: "point-8", Name: "点乙", Roles: []string{"clerk"}, Level: "point", Org: "甲乡受理点"}), fault.Other},
		"the same person anew":    {put(Operator{ID: "point-9", Name: "点丙", Roles: []string{"clerk", "reviewer"}}), fault.Other},
	} {
		if fault.KindOf(x.err) != x.kind || (x.err == nil) != (x.kind == fault.Other) {
			t.Errorf("%s: got %v", name, x.err)
		}
	}
	if who, err := person(ctx, c.db, "point-9"); err != nil || who.Level != guard.PointLevel || who.Org != "甲乡受理点" || !who.Has(guard.Reviewer) {
		t.Errorf("a change without a level gave %+v, %v", who, err)
	}
	if _, err := c.Acting(ctx, admin, Act{Verb: guard.ManageOperators, Name: "operator off x", Reason: "139 1234 5678"}, func() error { return nil }); fault.KindOf(err) != fault.Input {
		t.Errorf("a number as a reason: got %v", err)
	}
	for _, line := range record(t, c) {
		if strings.Contains(line, "5678") {
			t.Errorf("the chain says %q", line)
		}
	}
}

// TestAPasswordOfTheFirstOfficerOrGivenWithoutAnotherIsTemporaryToo acts by what whoever
// administers the machine set.
func TestAPasswordOfTheFirstOfficerOrGivenWithoutAnotherIsTemporaryToo(t *testing.T) {
	c := open(t, t.TempDir())
	c.cheap = true
	ofRealPeople(t, c)
	const lent = "geliehene Worte"
	for name, unproven := range map[string]bool{"the first": false, "without another": true} {
		if unproven {
			officerOf(t, c, "admin-9")
		}
		if err := c.SetOfficer(t.Context(), Person{}, "admin-9", []byte(lent), unproven); err != nil {
			t.Fatal(err)
		}
		_, err := c.Acting(t.Context(), Person{"admin-9", []byte(lent)}, Act{Verb: guard.ManageOperators, Name: "x"}, func() error { t.Error(name + ": done"); return nil })
		if fault.KindOf(err) != fault.Denied || !strings.Contains(err.Error(), "set by whoever administers the machine and is temporary") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.Record(t.Context(), Person{"admin-9", []byte(lent)}, RecordQuery{Sought: guard.Sought{Reason: "年度检查"}}); fault.KindOf(err) != fault.Denied {
			t.Errorf("%s: the record: %v", name, err)
		}
		if _, err := c.db.ExecContext(t.Context(), `DELETE FROM officers`); err != nil {
			t.Fatal(err)
		}
	}
}

// TestATemporaryPasswordLastsADayAndWhatBecameOfItIsTold lets one end, and lets the giver
// use one before its owner.
func TestATemporaryPasswordLastsADayAndWhatBecameOfItIsTold(t *testing.T) {
	c := staffed(t)
	ctx := t.Context()
	now := time.Now()
	c.now = func() time.Time { return now }
	const lent, taken, own = "geliehene Worte", "des Gebers Worte", "ganz eigene Worte"
	admin, clerk := Person{"admin-9", []byte(adminPassword)}, Person{"clerk-9", []byte(lent)}
	give := func() {
		t.Helper()
		if err := c.SetOfficer(ctx, admin, "clerk-9", []byte(lent), false); err != nil {
			t.Fatal(err)
		}
	}
	give()
	now = now.Add(lentLife)
	err := c.SetOfficer(ctx, clerk, "clerk-9", []byte(own), false)
	if fault.KindOf(err) != fault.Denied || !strings.Contains(err.Error(), "admin-9 set on") || !strings.Contains(err.Error(), "sync officer add --id clerk-9 --by ID") {
		t.Errorf("a day later: %v", err)
	}
	give()
	now = now.Add(lentLife - time.Second)
	if l, err := c.LentTo(ctx, "clerk-9"); err != nil || l == nil || l.By != "admin-9" || l.Uses != 0 || !l.Used.IsZero() {
		t.Errorf("before it is used: %+v, %v", l, err)
	}
	if _, err := c.Acting(ctx, clerk, Act{Verb: guard.ReadAudit, Name: "list"}, func() error { return nil }); fault.KindOf(err) != fault.Denied {
		t.Errorf("an act by it: %v", err)
	}
	if l, err := c.LentTo(ctx, "clerk-9"); err != nil || l == nil || l.Uses != 1 || !l.Used.Equal(now.Truncate(time.Millisecond)) {
		t.Errorf("once it was used: %+v, %v", l, err)
	}
	if err := c.SetOfficer(ctx, clerk, "clerk-9", []byte(taken), false); err != nil {
		t.Errorf("within the day: %v", err)
	}
	if l, err := c.LentTo(ctx, "clerk-9"); err != nil || l != nil {
		t.Errorf("once it was changed: %+v, %v", l, err)
	}
	if err := c.SetOfficer(ctx, clerk, "clerk-9", []byte(own), false); fault.KindOf(err) != fault.Password || !strings.Contains(err.Error(), "With the temporary one that admin-9 set on") {
		t.Errorf("the owner, once another changed it: %v", err)
	}
	if err := c.AddOperator(ctx, Operator{ID: "aud-9", Name: "某", Roles: []string{"auditor"}}); err != nil {
		t.Fatal(err)
	}
	odd, err := c.RecordOdd(ctx, officerOf(t, c, "aud-9"), RecordQuery{Sought: guard.Sought{Reason: "年度检查"}})
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]int{}
	for _, o := range odd {
		if o.Kind == guard.OddLent {
			given[o.Operator] += o.Count
		}
	}
	if given["admin-9"] != 2 || given["clerk-9"] != 3 { // two given; one over, one act, one used before
		t.Errorf("odd: %v", given)
	}
}

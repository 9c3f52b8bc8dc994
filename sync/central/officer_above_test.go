package central

import (
	"context"
	"slices"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// TestPeopleAboveTheCountyAreManagedByTheirOwn has two administrators of the province,
// of whom the second comes and the first goes, while the county's stands by.
func TestPeopleAboveTheCountyAreManagedByTheirOwn(t *testing.T) {
	c := staffed(t)
	ctx := t.Context()
	province := func(id string) Operator {
		return Operator{ID: id, Name: "省甲", Roles: []string{"dataadmin"}, Level: "province", Org: "52"}
	}
	act := func(name string, o Operator, gone bool) Act {
		a := Act{Verb: guard.ManageRoster, Name: name + " " + o.ID, Whom: o.ID, As: &o}
		if gone {
			a.As = nil
		}
		return a
	}
	admin, prov8 := Person{"admin-9", []byte(adminPassword)}, Person{"prov-8", []byte("noch zwei Worte")}
	unproven := func(name string, o Operator, do func(context.Context) error) error {
		return c.Unproven(ctx, act(name, o, name == "operator off"), func() error { return do(ctx) })
	}
	add := func(o Operator) func(context.Context) error {
		return func(ctx context.Context) error { return c.AddOperator(ctx, o) }
	}

	if err := unproven("operator add", Operator{ID: "clerk-8", Name: "点甲", Roles: []string{"clerk"}}, add(Operator{})); fault.KindOf(err) != fault.Denied {
		t.Errorf("a clerk, whom an officer manages, without anybody: got %v, want denied", err)
	}
	if err := unproven("operator add", province("prov-8"), add(province("prov-8"))); err != nil {
		t.Fatalf("the province's first, where no officer stands that high: got %v", err)
	}
	if err := c.SetOfficer(ctx, Person{}, "prov-8", []byte("erst zwei Worte"), true); err != nil {
		t.Fatal(err)
	}
	if err := c.SetOfficer(ctx, Person{"prov-8", []byte("erst zwei Worte")}, "prov-8", prov8.Password, false); err != nil {
		t.Fatal(err)
	}
	put := func(p Person, name string, o Operator, do func(context.Context) error) error {
		_, err := c.Acting(ctx, p, act(name, o, name == "operator off"), func() error { return do(ctx) })
		return err
	}
	if err := put(prov8, "operator add", province("prov-9"), add(province("prov-9"))); err != nil {
		t.Errorf("another of the province by the first: got %v", err)
	}
	if err := put(prov8, "operator add", Operator{ID: "bank-9", Name: "行", Roles: []string{"auditor"}, Level: "bank", Org: "52"}, add(Operator{})); fault.KindOf(err) != fault.Denied {
		t.Errorf("one of the bank by the province's: got %v, want denied", err)
	}
	if _, err := c.Acting(ctx, prov8, Act{Verb: guard.ManageSettings, Name: "code new"}, func() error { return nil }); fault.KindOf(err) != fault.Denied {
		t.Errorf("what is the county's own by the province's: got %v, want denied", err)
	}
	if err := unproven("operator off", province("prov-9"), func(ctx context.Context) error { return c.SwitchOff(ctx, "prov-9") }); fault.KindOf(err) != fault.Denied {
		t.Errorf("one of two of the province without anybody: got %v, want denied", err)
	}
	if err := put(prov8, "operator off", province("prov-9"), func(ctx context.Context) error { return c.SwitchOff(ctx, "prov-9") }); err != nil {
		t.Errorf("one of two of the province by the other: got %v", err)
	}
	if err := put(admin, "operator off", province("prov-8"), func(ctx context.Context) error { return c.SwitchOff(ctx, "prov-8") }); fault.KindOf(err) != fault.Denied {
		t.Errorf("the province's last by the county's: got %v, want denied", err)
	}
	if err := unproven("operator off", province("prov-8"), func(ctx context.Context) error { return c.SwitchOff(ctx, "prov-8") }); err != nil {
		t.Errorf("the province's last, whom no officer manages: got %v", err)
	}
	if err := c.signIn(ctx, prov8); err == nil {
		t.Error("who was taken off signs in")
	}
	for _, want := range []string{"centre: unproven, by who administers the machine: operator add prov-8", "centre: unproven, by who administers the machine: operator off prov-8"} {
		if !slices.Contains(record(t, c), want) {
			t.Errorf("the chain does not say %q: %q", want, record(t, c))
		}
	}
}

package central

import (
	"net/http"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

// TestAUsedCodeTellsALaptopThatWasShutOutNothing asks again with the code and key of an
// enrolment.
func TestAUsedCodeTellsALaptopThatWasShutOutNothing(t *testing.T) {
	c := open(t, t.TempDir())
	ctx := t.Context()
	code, err := c.NewCode(ctx, NewCodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	l := &laptop{t: t, url: serve(t, c), signer: signer}
	first, status := l.tryEnrol(code)
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	again := func(name string, want int) {
		t.Helper()
		if got, status := l.tryEnrol(code); status != want || want != http.StatusOK && len(got.Operators)+len(got.CountyKey) > 0 {
			t.Errorf("%s: status %d with %d people, want %d", name, status, len(got.Operators), want)
		}
	}
	again("an answer that got lost", http.StatusOK)
	if err := c.Revoke(ctx, first.Device); err != nil {
		t.Fatal(err)
	}
	again("shut out", http.StatusForbidden)
	if err := c.Admit(ctx, first.Device); err != nil {
		t.Fatal(err)
	}
	again("let in again", http.StatusOK)
	if _, err := c.Lose(ctx, first.Device); err != nil {
		t.Fatal(err)
	}
	again("reported lost", http.StatusForbidden)
	if err := c.Admit(ctx, first.Device); err != nil {
		t.Fatal(err)
	}

	text, err := c.NewCode(ctx, NewCodeOptions{Again: first.Device})
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := seal.ParseEnrolCode(text)
	if err != nil {
		t.Fatal(err)
	}
	other, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the answer got lost
		if _, err := c.enrol(ctx, parcel.EnrolRequest{Code: text, PublicKey: other.Public().Marshal(), Proof: other.Sign(parcel.EnrolContext, []byte(fresh.String())), Again: first.Device}); err != nil {
			t.Fatal(err)
		}
	}
	again("the key of before it enrolled again", http.StatusForbidden)
}

func TestAnApprovalIsForNoLaptopThatWasShutOutSince(t *testing.T) {
	ctx := t.Context()
	c := open(t, t.TempDir())
	url := serve(t, c)
	l := enrol(t, c, url)
	f, _ := forgetful(t, c, l.enrol.Device)
	a := askOf(t, f, l.enrol.Device, "practice-clerk")
	ask(t, c, url, a.Request())
	if err := c.ApproveRecovery(ctx, idOf(t, c), seal.RecoveryCode(a.Request())); err != nil {
		t.Fatal(err)
	}
	want := func(name, state string) {
		t.Helper()
		if got := ask(t, c, url, a.Request()); got.State != state || (got.Approval != nil) != (state == parcel.RecoveryApproved) {
			t.Errorf("%s: got %s, an approval %v", name, got.State, got.Approval != nil)
		}
	}
	want("approved", parcel.RecoveryApproved)
	if err := c.Revoke(ctx, l.enrol.Device); err != nil {
		t.Fatal(err)
	}
	want("shut out", parcel.RecoveryRefused)
	if err := c.Admit(ctx, l.enrol.Device); err != nil {
		t.Fatal(err)
	}
	want("let in again", parcel.RecoveryApproved)
	if err := c.SwitchOff(ctx, "practice-clerk"); err != nil {
		t.Fatal(err)
	}
	want("taken off the roster", parcel.RecoveryRefused)
}

func TestNobodyKeepsALevelThatDoesNotGoWithHisRoles(t *testing.T) {
	c := open(t, t.TempDir())
	ctx := t.Context()
	add := func(level, org string, roles ...string) error {
		return c.AddOperator(ctx, Operator{ID: "prov-9", Name: "某人", Roles: roles, Level: level, Org: org})
	}
	if err := add("province", "52", "dataadmin"); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"clerk", "reviewer"} {
		if err := add("", "", role); fault.KindOf(err) != fault.Input {
			t.Errorf("%s of the province: got %v, want it refused", role, err)
		}
	}
	if err := add("", "", "auditor"); err != nil {
		t.Errorf("an auditor of the province: %v", err)
	}
	if err := add("county", practiceCounty, "clerk"); err != nil {
		t.Errorf("a clerk of the county, who was of the province: %v", err)
	}
}

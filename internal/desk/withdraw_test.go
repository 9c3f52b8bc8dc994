package desk_test

import (
	"context"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// sealed is a case whose contract both have signed.
func sealed(t *testing.T, d *desk.Desk) *loan.Case {
	t.Helper()
	ctx, must := context.Background(), step(t)
	return must(d.Seal(ctx, signed(t, d, entered(t, d)).ID))
}

func TestAConsentIsTakenBackAlsoAfterSigning(t *testing.T) {
	ctx := t.Context()
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := sealed(t, d)
	before := c.Contract.Sealed.Blob
	if _, err := d.Consent(ctx, c.ID, loan.StudentParty, loan.ConsentCredit, "credit/1", true); fault.KindOf(err) != fault.Denied {
		t.Errorf("given after signing: got %v", err)
	}
	c, err := d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentCredit)
	if err != nil {
		t.Fatal(err)
	}
	if c.Status != loan.Signed || c.Contract.Sealed.Blob != before || c.Review == nil {
		t.Errorf("it voided something: %s", c.Status)
	}
	if w := c.Withdrawn; len(w) != 1 || w[0].Party != loan.StudentParty || w[0].Purpose != loan.ConsentCredit || w[0].By != "clerk-1" || w[0].At.IsZero() {
		t.Errorf("what the case says: %+v", w)
	}
	if c.App.Student.Consent || c.Consents[loan.StudentParty][loan.ConsentSensitive] == "" {
		t.Error("the consent stands, or another went with it")
	}
	if _, err := d.Finish(ctx, c.ID); fault.KindOf(err) != fault.Input {
		t.Errorf("finished without consent: got %v", err)
	}
	if _, err := d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentCredit); fault.KindOf(err) != fault.Missing {
		t.Errorf("again: got %v", err)
	}
	if again, err := d.Store().Changes(ctx, c.ID); err != nil || len(loan.Fold(again).Withdrawn) != 1 || len(loan.Fold(again).Aside) != 0 {
		t.Errorf("folded anew: %v", err)
	}
}

func TestAConsentIsTakenBackBeforeSigning(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	c, err := d.Withdraw(t.Context(), c.ID, loan.CoborrowerParty, loan.ConsentSensitive)
	if err != nil || c.Consents[loan.CoborrowerParty][loan.ConsentSensitive] != "" || len(c.Withdrawn) != 0 {
		t.Fatalf("got %+v, %v", c.Consents, err)
	}
	if _, err := d.Submit(t.Context(), c.ID); fault.KindOf(err) != fault.Input {
		t.Errorf("submitted without consent: got %v", err)
	}
}

func TestSharingWithBankAndSchoolHasAConsentOfItsOwn(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	const text = "consent-sensitive-2026-12+share"
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		c = must(d.Consent(ctx, c.ID, p, loan.ConsentSensitive, text, true))
	}
	if _, err := d.Submit(ctx, c.ID); fault.KindOf(err) != fault.Input {
		t.Fatalf("submitted without it: got %v", err)
	}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		c = must(d.Consent(ctx, c.ID, p, loan.ConsentShare, "consent-share-2026-12", true))
	}
	c = must(d.Seal(ctx, signed(t, d, c).ID))
	c = must(d.Withdraw(ctx, c.ID, loan.CoborrowerParty, loan.ConsentShare))
	if w := c.TakenBack(); len(w) != 1 || w[0].Purpose != loan.ConsentShare || w[0].Party != loan.CoborrowerParty {
		t.Errorf("the case says %+v", w)
	}
	if _, err := d.Finish(ctx, c.ID); fault.KindOf(err) != fault.Input {
		t.Errorf("finished after it was taken back: got %v", err)
	}
}

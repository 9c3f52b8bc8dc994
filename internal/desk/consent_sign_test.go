package desk_test

import (
	"slices"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestNobodySignsOnceAConsentIsTakenBack(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	student, other := loan.StudentParty, loan.CoborrowerParty
	_, c, err := d.PrepareContract(ctx, passed(t, d, entered(t, d)).ID)
	if err != nil {
		t.Fatal(err)
	}
	c = heard(t, d, c)
	c = must(d.Sign(ctx, c.ID, student, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	ticked := ticks(t, d, c)
	c = must(d.Withdraw(ctx, c.ID, student, loan.ConsentCredit))
	_, err = d.Sign(ctx, c.ID, other, loan.InPerson, "", strokes(), ticked...)
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Sentence(err), "借款学生的《") || !strings.Contains(fault.Sentence(err), "重新生成合同") {
		t.Fatalf("the second signature: got %v (%s)", err, fault.Sentence(err))
	}
	if _, err := d.SignOnPhone(ctx, c.ID, other, loan.InPerson, "", strokes(), ticked...); fault.KindOf(err) != fault.Conflict {
		t.Errorf("on a phone: got %v", err)
	}
	if now := must(d.Case(ctx, c.ID)); len(now.Contract.Signatures) != 1 {
		t.Errorf("%d signatures", len(now.Contract.Signatures))
	}
	// What the sentence says leads on.
	if _, _, err := d.FillContract(ctx, c.ID, loan.Signatures{Student: loan.InPerson, Coborrower: loan.InPerson}); err != nil {
		t.Fatal(err)
	}
	c = heard(t, d, must(d.Case(ctx, c.ID)))
	if _, err := d.Sign(ctx, c.ID, student, loan.InPerson, "", strokes(), ticked...); fault.KindOf(err) != fault.Input || !strings.Contains(fault.Sentence(err), "继续修改") {
		t.Errorf("the contract begun anew: got %v (%s)", err, fault.Sentence(err))
	}
	c = must(d.Consent(ctx, c.ID, student, loan.ConsentCredit, creditText, true))
	if _, c, err = d.PrepareContract(ctx, passed(t, d, c).ID); err != nil {
		t.Fatal(err)
	}
	c = heard(t, d, c)
	must(d.Sign(ctx, c.ID, student, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	must(d.Sign(ctx, c.ID, other, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	must(d.Withdraw(ctx, c.ID, other, loan.ConsentShare))
	if _, err := d.Seal(ctx, c.ID); fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Sentence(err), "共同借款人的《") {
		t.Errorf("sealed: got %v (%s)", err, fault.Sentence(err))
	}
}

func TestAConsentIsTakenBackWhereItIsSaid(t *testing.T) {
	ctx, must := t.Context(), step(t)
	a, b := pair(t)
	student, other := loan.StudentParty, loan.CoborrowerParty
	c := entered(t, a)
	must(a.PassOn(ctx, c.ID, b.Device(), "B", loan.EntryStation))
	bring(t, a, b, c.ID)
	at := must(a.Open(ctx, c.ID))
	if err := a.MayWithdraw(at); err != nil {
		t.Errorf("the window offers it not: %v", err)
	}
	if _, err := a.Consent(ctx, c.ID, student, loan.ConsentCredit, creditText, true); fault.KindOf(err) != fault.Denied {
		t.Errorf("one is given where the case is not: got %v", err)
	}
	at = must(a.Withdraw(ctx, c.ID, student, loan.ConsentCredit))
	if at.MayShare() || at.HeldBy(a.Device()) || at.Status != loan.Draft || len(at.TakenBack()) != 1 {
		t.Errorf("the copy may be shared %v, %s, taken back %v", at.MayShare(), at.Status, at.TakenBack())
	}
	if _, err := a.Withdraw(ctx, c.ID, student, loan.ConsentCredit); fault.KindOf(err) != fault.Missing || !strings.Contains(fault.Sentence(err), "B 机") {
		t.Errorf("again: got %v (%s), want to be told where the case is", err, fault.Sentence(err))
	}
	// Meanwhile the other goes on, and hears of it when they meet.
	_, c, err := b.PrepareContract(ctx, passed(t, b, must(b.Case(ctx, c.ID))).ID)
	if err != nil {
		t.Fatal(err)
	}
	c = heard(t, b, c)
	c = must(b.Sign(ctx, c.ID, student, loan.InPerson, "", strokes(), ticks(t, b, c)...))
	ticked := ticks(t, b, c)
	bring(t, a, b, c.ID)
	c = must(b.Case(ctx, c.ID))
	if c.MayShare() || c.Status != loan.ToSign || len(c.Contract.Signatures) != 1 || len(c.Aside) != 0 {
		t.Errorf("at the other laptop: may be shared %v, %s, %d set aside", c.MayShare(), c.Status, len(c.Aside))
	}
	if _, err := b.Sign(ctx, c.ID, other, loan.InPerson, "", strokes(), ticked...); fault.KindOf(err) != fault.Conflict {
		t.Errorf("signed there: got %v", err)
	}
	if all, err := a.Store().Pending(ctx, 0, 1000); err != nil || !withdraws(all) {
		t.Errorf("it does not wait to go to the centre: %v", err)
	}
}

func withdraws(all []*loan.Change) bool {
	return slices.ContainsFunc(all, func(ch *loan.Change) bool {
		b, err := loan.Body[loan.ConsentBody](ch)
		return ch.Kind == loan.ChangeConsent && err == nil && !b.Given
	})
}

// TestAConsentGivenAnewAfterSigningIsToTheTextInForce tries the text of another season.
func TestAConsentGivenAnewAfterSigningIsToTheTextInForce(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := sealed(t, d)
	must(d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentCredit))
	if _, err := d.ConsentAgain(ctx, c.ID, loan.StudentParty, loan.ConsentCredit, "consent-credit-2025-01", "本人重新同意"); fault.KindOf(err) != fault.Input {
		t.Errorf("to a former text: got %v", err)
	}
	if now := must(d.Case(ctx, c.ID)); now.Consents[loan.StudentParty][loan.ConsentCredit] != "" || now.Contract == nil {
		t.Error("it was noted, or the signatures voided")
	}
	if now := must(d.ConsentAgain(ctx, c.ID, loan.StudentParty, loan.ConsentCredit, creditText, "本人重新同意")); now.Consents[loan.StudentParty][loan.ConsentCredit] != creditText {
		t.Errorf("to the text in force: %v", now.Consents)
	}
}

package desk_test

import (
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
	must(d.Seal(ctx, c.ID))
}

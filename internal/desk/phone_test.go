package desk_test

import (
	"bytes"
	"strings"
	"testing"

	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

func TestASignatureFromAPhoneIsOneLikeAnyOther(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := passed(t, d, entered(t, d))
	_, c, err := d.PrepareContract(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	heard(t, d, c)
	all := ticks(t, d, c)
	if _, err := d.SignOnPhone(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes(), all[1:]...); fault.KindOf(err) != fault.Input {
		t.Errorf("with a clause that was not ticked: got %v, want it refused", err)
	}
	if _, err := d.SignOnPhone(ctx, c.ID, loan.StudentParty, loan.InPerson, "", nil, all...); fault.KindOf(err) != fault.Input {
		t.Errorf("without a stroke: got %v, want it refused", err)
	}
	must(d.SignOnPhone(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes(), all...))
	c = must(d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), all...))
	if got := c.Contract.Signatures[loan.StudentParty]; got.Means != loan.OnPhone || got.Ink.Zero() {
		t.Errorf("the student's signature: %+v", got)
	}
	if got := c.Contract.Signatures[loan.CoborrowerParty].Means; got != "" {
		t.Errorf("the co-borrower's means: %q, want the pad", got)
	}
	c = must(d.Seal(ctx, c.ID))
	pdf, err := d.SealedContract(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if !contract.Verify(pdf, contract.VerifyOptions{CA: d.Authority()}).OK {
		t.Error("the sealed contract does not verify")
	}
	words := reads(t, pdf)
	if n := strings.Count(words, "手机手写"); n != 1 || !strings.Contains(words, "现场手写签名（手机手写），本人") {
		t.Errorf("the evidence names the phone %d times, want once, for the student", n)
	}
}

func TestTheFamilysCopyByPhoneIsNoted(t *testing.T) {
	dir := t.TempDir()
	d := laptop(t, dir)
	defer func() { d.Close() }()
	c := entered(t, d)
	for _, p := range []desk.Paper{desk.PaperContract, desk.PaperReceipt, desk.PaperApplication} {
		if _, err := d.ForPhone(t.Context(), c.ID, p); fault.KindOf(err) != fault.Missing {
			t.Errorf("%s before it is there: got %v, want missing", p, err)
		}
		if _, err := d.GiveByPhone(t.Context(), c.ID, p); fault.KindOf(err) != fault.Missing {
			t.Errorf("%s given before it is there: got %v, want missing", p, err)
		}
	}
	c = signedCase(t, d, c)
	sealed, err := d.SealedContract(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []desk.Paper{desk.PaperContract, desk.PaperReceipt} {
		before, _ := d.Store().Head()
		got, err := d.ForPhone(t.Context(), c.ID, p)
		if err != nil || !bytes.HasPrefix(got, []byte("%PDF")) || p == desk.PaperContract && !bytes.Equal(got, sealed) {
			t.Fatalf("%s: %d bytes, %v", p, len(got), err)
		}
		if after, _ := d.Store().Head(); after != before {
			t.Errorf("%s is noted as given, and is only made", p)
		}
		step(t)(d.GiveByPhone(t.Context(), c.ID, p))
		if ch := lastOf(t, d); ch.Kind != loan.ChangeExport || ch.Case != c.ID || !strings.Contains(string(ch.Body), string(p)+" to phone") {
			t.Errorf("noted: %s %s", ch.Kind, ch.Body)
		}
		step(t)(d.GivenByPhone(t.Context(), c.ID, p))
		if ch := lastOf(t, d); ch.Kind != loan.ChangeExport || !strings.Contains(string(ch.Body), string(p)+" on phone") {
			t.Errorf("noted: %s %s", ch.Kind, ch.Body)
		}
	}
	if _, err := d.Store().CommitCase(t.Context(), []store.Entry{{Case: c.ID, Kind: loan.ChangeReceive, Operator: "centre",
		Body: loan.ReceiveBody{ReceiptNo: "R1", ContractNo: "C1", CheckCode: "135790", Finish: c.Finish.ID.String()}}}, nil); err != nil {
		t.Fatal(err)
	}
	for where, made := range map[string]func() ([]byte, error){
		"paper":  func() ([]byte, error) { return d.Printout(t.Context(), c.ID, desk.PaperReceipt) },
		"phone":  func() ([]byte, error) { return d.ForPhone(t.Context(), c.ID, desk.PaperReceipt) },
		"screen": func() ([]byte, error) { return d.ReceiptOnScreen(t.Context(), c.ID) },
	} {
		slip, err := made()
		if err != nil {
			t.Fatal(err)
		}
		if words := reads(t, slip); strings.Contains(words, "临时") || strings.Contains(words, "尚未编发") || !strings.Contains(words, "受理回执") {
			t.Errorf("the receipt with the centre's numbers for the %s reads %s", where, words)
		}
		if got, want := strings.Contains(reads(t, slip), "135790"), where == "paper"; got != want {
			t.Errorf("the check code on the receipt for the %s: %v, want %v: on paper alone", where, got, want)
		}
	}
	if _, err := d.ForPhone(t.Context(), c.ID, desk.PaperApplication); fault.KindOf(err) != fault.Missing {
		t.Errorf("a form by phone: got %v, want missing", err)
	}
	d = signedInAs(t, d, dir, "reviewer-1", reviewPassword)
	before, _ := d.Store().Head()
	if _, err := d.ForPhone(t.Context(), c.ID, desk.PaperContract); fault.KindOf(err) != fault.Denied {
		t.Errorf("by one who sees the case masked: got %v, want denied", err)
	}
	if _, err := d.GiveByPhone(t.Context(), c.ID, desk.PaperContract); fault.KindOf(err) != fault.Denied {
		t.Errorf("given by one who sees the case masked: got %v, want denied", err)
	}
	if after, _ := d.Store().Head(); after != before {
		t.Error("what was refused is noted as given")
	}
}

func TestAPhoneIsShownNoWholeName(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	for p, whole := range map[loan.Party]string{loan.StudentParty: c.App.Student.Name, loan.CoborrowerParty: c.App.Coborrowers[0].Name} {
		if got := desk.MaskedParty(c, p); got == whole || !strings.Contains(got, "*") {
			t.Errorf("%s: %q is shown of %q", p, got, whole)
		}
	}
	c.App.Coborrowers = nil
	if got := desk.MaskedParty(c, loan.CoborrowerParty); got != "" {
		t.Errorf("no co-borrower: %q", got)
	}
}

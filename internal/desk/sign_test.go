package desk_test

import (
	"bytes"
	"context"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
)

// read is a time for every page of the contract in hand.
func read(c *loan.Case) []int {
	out := make([]int, c.Contract.Pages)
	for i := range out {
		out[i] = 900 + 100*i
	}
	return out
}

// heard notes that both heard the texts and read every page.
func heard(t testing.TB, d *desk.Desk, c *loan.Case) *loan.Case {
	t.Helper()
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		c = step(t)(d.Read(context.Background(), c.ID, c.Contract.Blob, p, read(c), spoken(t)...))
	}
	return c
}

// spoken are the ids of the texts that each hears before it signs.
func spoken(t testing.TB) (ids []string) {
	t.Helper()
	texts, err := rulebook.SpokenTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range texts {
		ids = append(ids, x.ID)
	}
	return ids
}

// ticks are the headings of all clauses that a party must tick.
func ticks(t testing.TB, d *desk.Desk, c *loan.Case) []string {
	t.Helper()
	c, err := d.Case(context.Background(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	list, err := d.Clauses(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, k := range list {
		out = append(out, k.Heading)
	}
	return out
}

// passed is an entered case that the reviewer passed.
func passed(t testing.TB, d *desk.Desk, c *loan.Case) *loan.Case {
	t.Helper()
	must := step(t)
	must(d.Submit(t.Context(), c.ID))
	return must(d.Review(t.Context(), c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
}

// renewal is an entered renewal at the counter.
func renewal(t testing.TB, d *desk.Desk) *loan.Case {
	t.Helper()
	ctx, must := context.Background(), step(t)
	c := must(d.NewCase(ctx, loan.Renewal, false))
	fields := family()
	fields["study.entry_year"], fields["loan.maturity_year"] = 2022, 2041
	fields["loan.previous.contract_no"], fields["loan.previous.e_contract"] = "52272720220001", true
	fields["loan.previous.amount"], fields["loan.renewal_statement"] = 5000, true
	c = must(d.Edit(ctx, c.ID, fields))
	for i, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		must(d.Attach(ctx, c.ID, loan.Slot("portrait/"+string(p)), picture(t, 358, 441, uint8(40*i)), "image/jpeg", "camera"))
		must(d.Attest(ctx, c.ID, p))
		consents(t, d, c.ID, p)
	}
	for i, doc := range []loan.Doc{loan.StudentIDCard, loan.ApplicationForm} {
		c = must(d.Attach(ctx, c.ID, loan.DocSlot(doc), picture(t, 400+i, 300, 90), "image/jpeg", "file"))
	}
	return c
}

// pageTexts are a file's pages as poppler reads them.
func pageTexts(t testing.TB, pdf []byte) []string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed (Debian: poppler-utils)")
	}
	cmd := exec.Command(tool, "-raw", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
}

func TestWhatIsSealedIsWhatWasRead(t *testing.T) {
	c := newCounty(t)
	ctx, must, d := t.Context(), step(t), c.d
	k := passed(t, d, entered(t, d))
	shown, k, err := d.PrepareContract(ctx, k.ID)
	if err != nil {
		t.Fatal(err)
	}
	k = heard(t, d, k)
	must(d.Sign(ctx, k.ID, loan.StudentParty, loan.InPerson, "", strokes(), ticks(t, d, k)...))

	c.send(bulletin.Policy, "P2023S", []byte(newPack)) // another rate, between the two signatures
	if _, _, err := d.PrepareContract(ctx, k.ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("gone on with: got %v, want a conflict", err)
	}
	k = must(d.Case(ctx, k.ID))
	if len(k.Contract.Signatures) != 1 {
		t.Errorf("signatures: got %d, want the one that was given", len(k.Contract.Signatures))
	}
	must(d.Sign(ctx, k.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), ticks(t, d, k)...))
	if _, err := d.Seal(ctx, k.ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("sealed: got %v, want a conflict", err)
	}

	who := loan.Signatures{Student: loan.InPerson, Coborrower: loan.InPerson}
	anew, k, err := d.FillContract(ctx, k.ID, who)
	if err != nil {
		t.Fatal(err)
	}
	if len(k.Contract.Signatures) != 0 || len(k.Contract.Readings) != 0 || bytes.Equal(anew, shown) {
		t.Error("begun anew: the former signatures, readings or text are still there")
	}
	heard(t, d, k)
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		must(d.Sign(ctx, k.ID, p, loan.InPerson, "", strokes(), ticks(t, d, k)...))
	}
	must(d.Seal(ctx, k.ID))
}

func TestAClauseThatIsNotTickedTakesNoSignature(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := passed(t, d, entered(t, d))
	_, c, err := d.PrepareContract(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	heard(t, d, c)
	all := ticks(t, d, c)
	if len(all) < 3 {
		t.Fatalf("clauses to tick: got %q", all)
	}
	if _, err := d.Sign(t.Context(), c.ID, loan.StudentParty, loan.InPerson, "", strokes(), all[1:]...); fault.KindOf(err) != fault.Input {
		t.Errorf("got %v, want input", err)
	}
	c = step(t)(d.Sign(t.Context(), c.ID, loan.StudentParty, loan.InPerson, "", strokes(), append(all, "another")...))
	if got := c.Contract.Signatures[loan.StudentParty].Clauses; !slices.Equal(got, all) {
		t.Errorf("kept: got %q, want %q", got, all)
	}
}

func TestOneSignsForBothInARenewal(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	const note = "父亲韦测乙代学生签"
	c := passed(t, d, renewal(t, d))
	who := loan.Signatures{Student: loan.ByProxy, Coborrower: loan.InPerson, ProxyNote: note}
	for name, bad := range map[string]loan.Signatures{
		"with nobody there": {Student: loan.ByProxy, Coborrower: loan.ByProxy, ProxyNote: note},
		"without a note":    {Student: loan.ByProxy, Coborrower: loan.InPerson},
		"without a signer":  {Student: loan.InPerson},
	} {
		t.Run("not "+name, func(t *testing.T) {
			if _, _, err := d.FillContract(ctx, c.ID, bad); err == nil {
				t.Error("filled")
			}
		})
	}
	shown, c, err := d.FillContract(ctx, c.ID, who)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(pageTexts(t, shown), ""); !strings.Contains(strings.ReplaceAll(text, "\n", ""), note) {
		t.Error("the proxy is not in the text that is read")
	}
	c = heard(t, d, c)
	if _, err := d.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes(), ticks(t, d, c)...); fault.KindOf(err) != fault.Conflict {
		t.Errorf("signed otherwise than the text says: got %v, want a conflict", err)
	}
	must(d.Sign(ctx, c.ID, loan.StudentParty, loan.ByProxy, note, strokes(), ticks(t, d, c)...))
	again, c, err := d.PrepareContract(ctx, c.ID)
	if err != nil || !bytes.Equal(again, shown) || len(c.Contract.Signatures) != 1 {
		t.Fatalf("gone on with: another file, or %d signatures, %v", len(c.Contract.Signatures), err)
	}
	must(d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	if _, err := d.Seal(ctx, c.ID); fault.KindOf(err) != fault.Input {
		t.Errorf("sealed without a second operator: got %v, want input", err)
	}
	if _, err := d.Witness(ctx, c.ID, "clerk-1", []byte(clerkPassword)); fault.KindOf(err) != fault.Denied {
		t.Errorf("the clerk as the second operator: got %v, want denied", err)
	}
	if _, err := d.Witness(ctx, c.ID, "reviewer-1", []byte("wrong password")); fault.KindOf(err) != fault.Password {
		t.Errorf("a wrong password: got %v, want password", err)
	}
	if list, err := d.Witnesses(ctx, c); err != nil || len(list) != 1 || list[0].ID != "reviewer-1" {
		t.Errorf("who may: %v, %v", list, err)
	}
	must(d.Witness(ctx, c.ID, "reviewer-1", []byte(reviewPassword)))
	must(d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	if _, err := d.Seal(ctx, c.ID); fault.KindOf(err) != fault.Input {
		t.Errorf("signed again after the second operator looked: got %v, want input", err)
	}
	must(d.Witness(ctx, c.ID, "reviewer-1", []byte(reviewPassword)))
	c = must(d.Seal(ctx, c.ID))
	sealed, err := d.SealedContract(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(pageTexts(t, sealed), ""); !strings.Contains(text, "第二经办人见证") || !strings.Contains(text, "reviewer-1") {
		t.Error("the evidence does not name the second operator")
	}
	if r := contract.Verify(sealed, contract.VerifyOptions{CA: d.Authority()}); !r.OK {
		t.Errorf("sealed: %q", r.Lines())
	}
	before, after := pageTexts(t, shown), pageTexts(t, sealed)
	if len(after) != len(before)+1 {
		t.Fatalf("%d pages sealed, %d read", len(after), len(before))
	}
	for i := range len(before) - 1 { // the last says how each signed, once it is signed
		if got, want := strings.ReplaceAll(after[i], "共 "+strconv.Itoa(len(after)), ""), strings.ReplaceAll(before[i], "共 "+strconv.Itoa(len(before)), ""); got != want {
			t.Errorf("page %d is not the one that was read", i+1)
		}
	}
	if !strings.Contains(after[len(before)-1], "现场手写签名，代签") {
		t.Error("the sealed page does not say who signed by proxy")
	}
}

func TestAnotherClerkGoesOnWithTheTextThatWasRead(t *testing.T) {
	dir := t.TempDir()
	d := laptop(t, dir)
	ctx, must := t.Context(), step(t)
	c := passed(t, d, entered(t, d))
	shown, c, err := d.PrepareContract(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	heard(t, d, c)
	must(d.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	other := clerk()
	other.ID, other.Name = "clerk-2", "另一位操作员"
	enabled(t, d, other, clerkPassword)
	d = signedInAs(t, d, dir, "clerk-2", clerkPassword)
	defer d.Close()
	must(d.TakeOver(ctx, c.ID, loan.SignStation, "经办人去吃饭，换人接着办"))
	again, c, err := d.PrepareContract(ctx, c.ID)
	if err != nil || !bytes.Equal(again, shown) || len(c.Contract.Signatures) != 1 {
		t.Errorf("got another file, or %d signatures, %v; want what was begun", len(c.Contract.Signatures), err)
	}
}

package desk_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"

	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

// signed brings a case to both signatures.
func signed(t *testing.T, d *desk.Desk, c *loan.Case) *loan.Case {
	t.Helper()
	ctx, must := context.Background(), step(t)
	must(d.Submit(ctx, c.ID))
	must(d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	_, c, err := d.PrepareContract(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	heard(t, d, c)
	must(d.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	return must(d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
}

// reads gives the words of a PDF without white space.
func reads(t *testing.T, pdf []byte, options ...string) string {
	t.Helper()
	path, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed")
	}
	cmd := exec.Command(path, append(options, "-", "-")...)
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), "")
}

func TestASealedContractIsTrustedHere(t *testing.T) {
	for _, suite := range seal.Suites() {
		t.Run(suite.String(), func(t *testing.T) {
			ctx, must := context.Background(), step(t)
			p := profile(t)
			var err error
			if p.Chain, err = seal.NewSignerOf(suite); err != nil {
				t.Fatal(err)
			}
			p.CountyKey = seal.NewKeyOf(suite)
			d := laptopOf(t, t.TempDir(), p)
			defer d.Close()
			c := must(d.Seal(ctx, signed(t, d, entered(t, d)).ID))
			pdf, err := d.SealedContract(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			o, err := d.Trust(ctx, pdf, contract.VerifyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			r := contract.Verify(pdf, o)
			if !r.OK || !r.Compared || !r.National || len(r.Signatures) != 3 {
				t.Errorf("got %q", r.Lines())
			}
			key, err := seal.ParsePublicKey(c.Contract.Sealed.National.Key)
			if err != nil || key.Suite() != seal.National {
				t.Errorf("the second key: %v, %s", err, key.Suite())
			}
			ink, err := d.Blob(ctx, c.ID, c.Contract.Signatures[loan.StudentParty].Ink)
			if err != nil || r.Signatures[0].Event.Ink != sha256.Sum256(ink) {
				t.Errorf("the seal names another ink: %v", err)
			}
		})
	}
}

func TestOnlyWhatWasReadIsSealed(t *testing.T) {
	ctx, must := context.Background(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := signed(t, d, entered(t, d))
	text, again, err := d.PrepareContract(ctx, c.ID)
	if err != nil || len(again.Contract.Signatures) != 2 || d.Store().BlobName(text) != c.Contract.Blob {
		t.Fatalf("prepared again the same day: %v, %d signatures, want both kept", err, len(again.Contract.Signatures))
	}
	// The text that both signed was another program's.
	other := loan.ContractBody{Template: c.Contract.Template, Blob: d.Store().BlobName([]byte("another text")), Size: 12, Pages: c.Contract.Pages, AsOf: c.Contract.AsOf}
	if _, err := d.Store().Commit(ctx, []store.Entry{{Case: c.ID, Kind: loan.ChangeContract, Operator: clerk().ID, Body: other}}, nil); err != nil {
		t.Fatal(err)
	}
	heard(t, d, must(d.Case(ctx, c.ID)))
	must(d.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	must(d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	if _, err := d.Seal(ctx, c.ID); fault.KindOf(err) != fault.Conflict {
		t.Fatalf("sealed: %v, want conflict", err)
	}
	_, c, err = d.FillContract(ctx, c.ID, loan.Signatures{Student: loan.InPerson, Coborrower: loan.InPerson})
	if err != nil || len(c.Contract.Signatures) != 0 {
		t.Fatalf("filled again: %v, %d signatures, want none", err, len(c.Contract.Signatures))
	}
	heard(t, d, c)
	must(d.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	must(d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	must(d.Seal(ctx, c.ID))
}

func TestTheEvidenceSaysWhatWasSignedAndHow(t *testing.T) {
	ctx, must := context.Background(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := signed(t, d, entered(t, d))
	text, _, err := d.PrepareContract(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	n, head := d.Store().Head()
	c = must(d.Seal(ctx, c.ID))
	pdf, err := d.SealedContract(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	words := reads(t, pdf)
	for _, want := range []string{c.ID.String(), d.Store().Profile().Device.String(), head.String(), hex.EncodeToString(sum[:]),
		"误差未知", "国密公钥", "共同借款人笔迹SHA-256", "（reviewer-1）", "《国家助学贷款借款合同》样式第2版", "《诚信提示》2026-01版", "《敏感个人信息处理单独同意书》2026-12版"} {
		if !strings.Contains(words, want) {
			t.Errorf("the evidence does not say %s", want)
		}
	}
	if strings.Contains(words, "consent-sensitive") || strings.Contains(words, "integrity-2026") {
		t.Error("the evidence names texts by their ids")
	}
	if n == 0 || strings.Contains(words, "取代的合同") {
		t.Error("the evidence tells of a former contract, or of no chain")
	}
}

func TestACorrectedContractNamesTheOneItReplaces(t *testing.T) {
	ctx, must := context.Background(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := must(d.Seal(ctx, signed(t, d, entered(t, d)).ID))
	old, err := d.SealedContract(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	c = must(d.Correct(ctx, c.ID, map[string]any{"coborrowers.0.phone": "15400000009"}, "手机号码录错"))
	c = must(d.Edit(ctx, c.ID, map[string]any{"loan.amount": 5000}))
	if c.Status != loan.Corrected || c.Contract != nil || len(c.Former) != 1 {
		t.Fatalf("%s, %d former contracts", c.Status, len(c.Former))
	}
	v := c.Former[0].Voided
	if v == nil || v.Reason != "手机号码录错" || len(v.Fields) != 1 || v.Fields[0] != "coborrowers.0.phone" || v.By != clerk().ID ||
		v.Was.Coborrowers[0].Phone != "15400000002" {
		t.Fatalf("what voided it: %+v", v)
	}
	if again, err := d.Blob(ctx, c.ID, c.Former[0].Sealed.Blob); err != nil || !bytes.Equal(again, old) {
		t.Errorf("the former contract is not readable: %v", err)
	}
	if _, err := d.Seal(ctx, c.ID); err == nil {
		t.Error("sealed without new signatures")
	}
	c = must(d.Seal(ctx, signed(t, d, c).ID))
	fresh, err := d.SealedContract(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		pdf  []byte
		want contract.Code
	}{"the former": {old, contract.Superseded}, "the new": {fresh, ""}} {
		o, err := d.Trust(ctx, k.pdf, contract.VerifyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r := contract.Verify(k.pdf, o)
		if r.OK != (k.want == "") || !r.OK && (len(r.Findings) != 1 || r.Findings[0].Code != k.want) || !r.National {
			t.Errorf("%s: %q", name, r.Lines())
		}
	}
	sum := sha256.Sum256(old)
	words := reads(t, fresh)
	for _, want := range []string{"取代的合同", hex.EncodeToString(sum[:]), "手机号码录错", "共同借款人手机号码、贷款金额"} {
		if !strings.Contains(words, want) {
			t.Errorf("the evidence does not say %s", want)
		}
	}
	if strings.Contains(words, "15400000002") {
		t.Error("the new contract prints the value that was wrong")
	}
}

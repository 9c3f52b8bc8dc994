package desk_test

import (
	"slices"
	"strings"
	"testing"

	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestPapersArePrintedWithTheWatermarkAndNoted(t *testing.T) {
	dir := t.TempDir()
	d := laptop(t, dir)
	defer func() { d.Close() }()
	c := entered(t, d)
	if got, want := d.Papers(c), []desk.Paper{desk.PaperCard, desk.PaperApplication, desk.PaperHardship}; !slices.Equal(got, want) {
		t.Errorf("papers of a case being entered: %q, want %q", got, want)
	}
	if _, err := d.Printout(t.Context(), c.ID, desk.PaperContract); fault.KindOf(err) != fault.Missing {
		t.Errorf("a contract that is not signed: got %v, want missing", err)
	}
	c = signedCase(t, d, c)
	for _, p := range d.Papers(c) {
		t.Run(string(p), func(t *testing.T) {
			before, _ := d.Store().Head()
			pdf, err := d.Printout(t.Context(), c.ID, p)
			if err != nil {
				t.Fatal(err)
			}
			if after, _ := d.Store().Head(); after != before+1 {
				t.Errorf("%d changes tell of the print, want 1", after-before)
			}
			if last := lastOf(t, d); last.Kind != loan.ChangePrint || !strings.Contains(string(last.Body), `"`) {
				t.Errorf("the last change is %s", last.Kind)
			}
			text := strings.Join(pageTexts(t, pdf), "")
			home := p == desk.PaperCard || p == desk.PaperReceipt
			if got := strings.Contains(text, "仅供办理助学贷款"); got == home {
				t.Errorf("watermark %v", got)
			}
			if got := strings.Contains(text, "522727200503149914"); got == home {
				t.Errorf("the whole ID number stands on it: %v", got)
			}
			if contract.Verify(pdf, contract.VerifyOptions{CA: d.Authority()}).OK {
				t.Error("a print passes for the sealed contract")
			}
		})
	}
	if len(d.Papers(c)) != 5 {
		t.Errorf("papers of a finished case: %q", d.Papers(c))
	}
	d = signedInAs(t, d, dir, "reviewer-1", reviewPassword)
	if _, err := d.Printout(t.Context(), c.ID, desk.PaperContract); fault.KindOf(err) != fault.Denied {
		t.Errorf("by one who sees the case masked: got %v, want denied", err)
	}
}

package ui

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

// pdfWords gives the words of a PDF without white space.
func pdfWords(t *testing.T, pdf []byte) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed (Debian: poppler-utils)")
	}
	cmd := exec.Command(tool, "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), "")
}

func TestTheCheckCodeIsOnThePaperAndNotOnTheScreen(t *testing.T) {
	r := newRig(t, kit.Light)
	p := newTestPrinter()
	r.u.deps.Printing = p.printing()
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	c := r.saved(v.id)
	centre := uuid.MustParse("0189c000-0000-7000-8000-00000000000c")
	r.others(v.id, centre, 1, c.Heads, loan.ChangeReceive, loan.ReceiveBody{ReceiptNo: "R1", ContractNo: "C1", CheckCode: "135790", Finish: c.Finish.ID.String()})
	r.ui(func() {
		v.refreshCase()
		v.show(stepReceipt)
	})
	r.settle()
	r.press("打印回执和合同")
	r.answer()
	step := v.steps[stepReceipt].(*receiptStep)
	r.until("the receipt is on the screen", func() bool { return step.pdf != nil && step.view.pdf != nil })
	if len(p.printed) == 0 || !strings.Contains(pdfWords(t, p.printed[0].PDF), "135790") {
		t.Fatalf("of %d papers none has the check code", len(p.printed))
	}
	shown := pdfWords(t, step.pdf)
	if strings.Contains(shown, "135790") || !strings.Contains(shown, "R1") || !bytes.Equal(step.view.pdf, step.pdf) {
		t.Errorf("on the screen stands %s", shown)
	}
}

package contract

import (
	"strings"
	"testing"

	"doorstep/internal/loan"
)

func TestAReceiptOfAReturnedCaseSaysSo(t *testing.T) {
	tool(t, "pdftotext")
	for status, want := range map[loan.Status]bool{loan.Received: false, loan.Returned: true} {
		in := testReceipt(t)
		in.Status = status
		b, err := testPress(t).Receipt(in)
		if err != nil {
			t.Fatal(err)
		}
		words := run(t, "pdftotext", tempFile(t, "p.pdf", b), "-")
		for _, s := range []string{"已退回：本案已被中心退回", "当前状态：已退回"} {
			if got := strings.Contains(words, s); got != want {
				t.Errorf("%s: it says %q: %v, want %v", status, s, got, want)
			}
		}
	}
}

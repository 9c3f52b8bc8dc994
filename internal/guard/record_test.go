package guard

import (
	"encoding/json"
	"testing"

	"doorstep/internal/loan"
)

func TestALineOfAReportSaysWhy(t *testing.T) {
	for reason, want := range map[string]string{
		"家长来电核对":              "家长来电核对",
		"":                    "",
		"=HYPERLINK(\"x\")":   "'=HYPERLINK(\"x\")",
		"@SUM(1)":             "'@SUM(1)",
		"来电 15400000001 核对一下": MaskNumbers("来电 15400000001 核对一下"),
	} {
		b, err := json.Marshal(loan.ViewBody{Reason: reason, Detail: "case"})
		if err != nil {
			t.Fatal(err)
		}
		row := LineOf(&loan.Change{Kind: loan.ChangeReveal, Body: b}).Row()
		if len(row) != len(LineColumns()) || LineColumns()[len(row)-1] != "原因" || row[len(row)-1] != want || row[len(row)-2] != "case" {
			t.Errorf("%q: got %q", reason, row)
		}
	}
}

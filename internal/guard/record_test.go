package guard

import (
	"encoding/json"
	"slices"
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
		row := LineOf(&loan.Change{Kind: loan.ChangeReveal, Body: b}).Row(nil, AccountLabel)
		for column, want := range map[string]string{"原因": want, "备注": "打开案件", "备注代码": "case"} {
			if i := slices.Index(LineColumns(), column); len(row) != len(LineColumns()) || i < 0 || row[i] != want {
				t.Errorf("%q: got %q, want %s %q", reason, row, column, want)
			}
		}
	}
}

func TestALineOfAReportSaysWhoInWordsAndLastAsTheChainHasIt(t *testing.T) {
	for operator, want := range map[string]string{"clerk-1": "clerk-1", Centre: "县资助中心", Unknown: "不在本机的账号"} {
		row := LineOf(&loan.Change{Kind: loan.ChangeReveal, Operator: operator}).Row(nil, AccountLabel)
		if who := slices.Index(LineColumns(), "操作员"); row[who] != want || LineColumns()[len(row)-1] != "操作员代码" || row[len(row)-1] != operator {
			t.Errorf("%s: %q", operator, row)
		}
	}
}

// TestAWholePersonNamesANumberToo is what a laptop that lies may write: it is set
// aside, and found by who asks whose data was touched.
func TestAWholePersonNamesANumberToo(t *testing.T) {
	const number = "522727197805200017"
	for field, value := range map[string]string{
		"student.id_no": `"` + number + `"`, "coborrowers.3.id_no": `" ` + number + `"`,
		"student": `{"id_no":"` + number + `"}`, "coborrowers": `[{},{"id_no":"` + number + `"}]`, "coborrowers.0": `{"ID_NO":"` + number + `"}`,
		"student.name": `{"x":["` + number + `"]}`,
	} {
		for _, kind := range []loan.ChangeKind{loan.ChangeEdit, loan.ChangeResolve, loan.ChangeCorrect} {
			ch := &loan.Change{Kind: kind, Body: []byte(`{"fields":{"` + field + `":` + value + `}}`)}
			if !Names(ch, number) {
				t.Errorf("%s of %s: not found", kind, field)
			}
			if Names(ch, "522727197805200025") {
				t.Errorf("%s of %s: found by another", kind, field)
			}
		}
	}
	if Names(&loan.Change{Kind: loan.ChangeEdit, Body: []byte(`{"fields":{"student.phone":"` + number + `"}}`)}, number) {
		t.Error("a text of another field counts")
	}
}

func TestAReturnSaysForWhichCodesAndFields(t *testing.T) {
	of := func(b loan.ReturnBody) Line {
		body, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		return LineOf(&loan.Change{Kind: loan.ChangeReturn, Operator: "centre", Body: body})
	}
	l := of(loan.ReturnBody{Codes: []loan.Code{"E-PH-001", "E-AD-001"}, Note: "电话 15400000001 打不通", Fields: map[loan.Code]string{"E-PH-001": "student.phone"}})
	if got, want := l.Words(nil), "退回代码 E-PH-001、E-AD-001"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(l.Fields) != 1 || l.Fields[0] != "student.phone" || l.Reason != MaskNumbers("电话 15400000001 打不通") || l.Label() != "中心退回" {
		t.Errorf("got %+v", l)
	}
	if l := of(loan.ReturnBody{Codes: []loan.Code{"某某甲"}}); l.Detail != "" {
		t.Errorf("what is no code stands as %q", l.Detail)
	}
}

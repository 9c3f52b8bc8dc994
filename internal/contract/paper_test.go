package contract

import (
	"strings"
	"testing"

	"doorstep/internal/loan"
)

// TestAFormToBeSignedWithAPenIsOneSheet has all that a form may have, and addresses of two
// lines: what is on two sheets is lost in part, and the second has hardly more than the
// signatures.
func TestAFormToBeSignedWithAPenIsOneSheet(t *testing.T) {
	for name, of := range map[string]func(*loan.Application){
		"of a first loan": func(*loan.Application) {},
		"of a renewal": func(a *loan.Application) {
			a.Kind, a.Loan.Previous = loan.Renewal, &loan.Previous{ContractNo: "5227272023000123", Amount: 8000}
		},
	} {
		for _, form := range []string{"application-form-2.json", "hardship-form-1.json", "renewal-statement-2.json"} {
			t.Run(strings.TrimSuffix(form, ".json")+" "+name, func(t *testing.T) {
				in := testInput(t)
				in.Template, in.Portraits = testTemplate(t, form), [2][]byte{}
				in.App.Hardship.Categories = []string{"普通高中认定家庭经济困难学生"}
				of(&in.App)
				b, err := testPress(t).Paper(in, testMasked(&in.App))
				if err != nil {
					t.Fatal(err)
				}
				if n, err := Pages(b); err != nil || n != 1 {
					t.Errorf("%d sheets, %v", n, err)
				}
				if text := readBack(t, b); !strings.Contains(text, "（签名）") {
					t.Error("there is nowhere to sign")
				}
			})
		}
	}
}

func TestTheCardHasNoEmptyPlaceForANumber(t *testing.T) {
	in := testInput(t)
	in.Template = testTemplate(t, "integrity-card-2.json")
	b, err := testPress(t).Paper(in, testMasked(&in.App))
	if err != nil {
		t.Fatal(err)
	}
	if text := readBack(t, b); strings.Contains(text, "咨询电话") || !strings.Contains(text, "打平塘县学生资助管理中心公布的电话") {
		t.Error("it does not say where to ask")
	}
}

package loan_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"doorstep/internal/fault"
	. "doorstep/internal/loan"
)

func TestSetField(t *testing.T) {
	ok := []struct{ path, value, want string }{
		{"student.name", `"韦𬎆"`, `"韦𬎆"`},
		{"student.name", `null`, `""`},
		{"coborrowers.0.phone", `"15400000002"`, `"15400000002"`},
		{"coborrowers.1.civil_capacity", `false`, `false`},
		{"coborrowers.0.civil_capacity", `null`, `null`},
		{"loan.amount", `8000`, `8000`},
		{"loan.purpose", `["学费"]`, `["学费"]`},
		{"loan.previous.contract_no", `"T-1"`, `"T-1"`},
		{"loan.previous", `null`, `null`},
		{"loan.same_year_prior.0.amount", `5000`, `5000`},
		{"separate_hukou", `true`, `true`},
		{"hardship.categories", `[]`, `[]`},
	}
	for _, tt := range ok {
		t.Run("sets "+tt.path+" to "+tt.value, func(t *testing.T) {
			a := sound()
			if err := a.SetField(tt.path, json.RawMessage(tt.value)); err != nil {
				t.Fatal(err)
			}
			if got, err := a.Field(tt.path); err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
	bad := []struct {
		path, value string
		want        fault.Kind
	}{
		{"", `1`, fault.Input},
		{"student", `{"name":1}`, fault.Input},
		{"student.", `"x"`, fault.Input},
		{"student.nick", `"x"`, fault.Input},
		{"student.name.first", `"x"`, fault.Input},
		{"student.Name", `"x"`, fault.Input},
		{"Person.name", `"x"`, fault.Input},
		{"coborrowers.2.name", `"x"`, fault.Input},
		{"coborrowers.-1.name", `"x"`, fault.Input},
		{"coborrowers.00.name", `"x"`, fault.Input},
		{"coborrowers.9999999999999999999.name", `"x"`, fault.Input},
		{"loan.purpose.0", `"x"`, fault.Input},
		{"loan.amount", `"8000"`, fault.Input},
		{"loan.amount", `8000.5`, fault.Input},
		{"loan.amount", `1e30`, fault.Input},
		{"loan.amount", `{`, fault.Input},
		{"loan.amount", ``, fault.Input},
		{"docs", `["hukou_book"]`, fault.Input},
		{"signatures.student", `"本人"`, fault.Input},
		{"student.photo_ok", `true`, fault.Input},
		{"coborrowers.0.consent", `true`, fault.Input},
		{"intake.county_code", `"522728"`, fault.Input},
		{"as_of", `"2019-01-01"`, fault.Input},
		{"student.name", `"` + strings.Repeat("x", MaxText+1) + `"`, fault.TooLarge},
		{"student", `{"name":"韦测甲"}`, fault.Input},
		{"coborrowers.0", `{"id_no":"522727197805200017"}`, fault.Input},
		{"coborrowers", `[{"name":"韦测乙"}]`, fault.Input},
		{"study", `{"major":"数学"}`, fault.Input},
		{"hardship", `{}`, fault.Input},
		{"loan", `{"amount":8000}`, fault.Input},
		{"loan.purpose", `["` + strings.Repeat("x", MaxText+1) + `"]`, fault.TooLarge},
		{"loan.same_year_prior", `[` + strings.Repeat(`{},`, MaxList) + `{}]`, fault.TooLarge},
	}
	for _, tt := range bad {
		t.Run("refuses "+tt.path+" = "+tt.value[:min(len(tt.value), 20)], func(t *testing.T) {
			a := sound()
			if err := a.SetField(tt.path, json.RawMessage(tt.value)); fault.KindOf(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if !reflect.DeepEqual(a, sound()) {
				t.Error("the application altered")
			}
		})
	}
}

func TestFieldErrorsRepeatNoValue(t *testing.T) {
	err := sound().SetField("loan.amount", json.RawMessage(`"522727200503149914"`))
	if err == nil || strings.Contains(err.Error(), "5227") {
		t.Errorf("got %v", err)
	}
}

func FuzzSetField(f *testing.F) {
	f.Add("student.name", `"韦"`)
	f.Add("coborrowers.0.civil_capacity", `null`)
	f.Add("coborrowers", `[{}]`)
	f.Add("loan.previous.amount", `1`)
	f.Add("loan.same_year_prior.0", `{"type":"生源地"}`)
	f.Add("..", `0`)
	ref := reference(f)
	f.Fuzz(func(t *testing.T, path, value string) {
		a := sound()
		if err := a.SetField(path, json.RawMessage(value)); err != nil {
			if !reflect.DeepEqual(a, sound()) {
				t.Fatal("a refused value altered the application")
			}
			return
		}
		got, err := a.Field(path)
		if err != nil {
			t.Fatal(err)
		}
		b := sound()
		if err := b.SetField(path, got); err != nil {
			t.Fatalf("its own value %s is refused: %v", got, err)
		}
		if again, _ := b.Field(path); string(again) != string(got) {
			t.Fatalf("set to %s it reads %s", got, again)
		}
		ref.Check(a)
	})
}

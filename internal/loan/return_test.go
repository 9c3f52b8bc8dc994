package loan

import (
	"encoding/json"
	"testing"
)

func TestWhatAReturnMayNameToBeMended(t *testing.T) {
	for path, want := range map[string]bool{
		"student.name": true, "coborrowers.0.name": true, "coborrowers.0.id_no": true, "loan.amount": true, "loan.previous.contract_no": true, "study.school_name": true,
		"portrait/coborrower": true, "card/student": true, "consent/coborrower": true, "sign/student": true, string(DocSlot(HukouBook)): true,
		"": false, "student": false, "coborrowers": false, "coborrowers.0": false, "coborrowers.1.name": false, "loan.previous": false, "student.nothing": false,
		"consent/": false, "consent/nobody": false, "doc/nothing": false, "student.name ": false, "韦测": false,
	} {
		if got := MayMend(path); got != want {
			t.Errorf("%q: got %v, want %v", path, got, want)
		}
	}
}

func TestAReturnWithAndWithoutFields(t *testing.T) {
	for body, fits := range map[string]bool{
		`{"codes":["E-DC-002"]}`:                                                               true, // as it was before
		`{"codes":["E-DC-002"],"note":"a"}`:                                                    true,
		`{"codes":["E-NM-001"],"fields":{"E-NM-001":"coborrowers.0.name"}}`:                    true,
		`{"codes":["E-NM-001"],"fields":{"E-NM-002":"coborrowers.0.name"}}`:                    false, // of no code of it
		`{"codes":["E-NM-001"],"fields":{"E-NM-001":"韦测"}}`:                                    false,
		`{"codes":["E-NM-001","E-DC-002"],"fields":{"E-NM-001":"student.name","E-DC-002":""}}`: false,
	} {
		b, err := Body[ReturnBody](&Change{Kind: ChangeReturn, Body: []byte(body)})
		if err != nil || b.Fits() != fits {
			t.Errorf("%s: fits %v, %v", body, b.Fits(), err)
		}
		if _, err := returnOf(&Change{Kind: ChangeReturn, Body: []byte(body)}); (err == nil) != fits {
			t.Errorf("%s: taken with %v", body, err)
		}
		again, err := json.Marshal(b)
		if err != nil || fits && string(again) != body {
			t.Errorf("%s: written as %s, %v", body, again, err)
		}
	}
}

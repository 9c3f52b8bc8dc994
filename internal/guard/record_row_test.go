package guard

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"doorstep/internal/loan"
)

// TestARowIsReadByPeople has a number of the centre's chain, which a spreadsheet would
// round, and a moment that is another day by the clock of Beijing.
func TestARowIsReadByPeople(t *testing.T) {
	ch := &loan.Change{Kind: loan.ChangeReveal, Counter: 936782661528555051, Operator: "clerk-2", At: time.Date(2026, 8, 1, 20, 5, 6, 0, time.UTC)}
	var err error
	if ch.Body, err = json.Marshal(loan.ViewBody{Fields: []string{"student.phone"}, Reason: "家长来电核对", Detail: "grant e-21dbd5ef"}); err != nil {
		t.Fatal(err)
	}
	row := LineOf(ch).Row(nil, NamedLabel(map[string]string{"clerk-2": "罗办二"}))
	for column, want := range map[string]string{"时间（北京时间）": "2026-08-02 04:05:06", "时间代码": "2026-08-01T20:05:06Z", "序号": "#936782661528555051",
		"操作员": "罗办二（clerk-2）", "操作员代码": "clerk-2", "备注": "紧急查看 e-21dbd5ef", "备注代码": "grant e-21dbd5ef"} {
		if got := row[slices.Index(LineColumns(), column)]; got != want {
			t.Errorf("%s: got %q, want %q", column, got, want)
		}
	}
	for account, want := range map[string]string{Centre: "县资助中心", "clerk-9": "clerk-9"} {
		if got := NamedLabel(nil)(account); got != want {
			t.Errorf("%s: got %q, want %q", account, got, want)
		}
	}
	if search := (Line{Kind: loan.ChangeSearch, Detail: "beyond 1, grant e-21dbd5ef"}).Words(nil); search != "他人案件，符合 1 件，紧急查看 e-21dbd5ef" {
		t.Errorf("a search under an emergency: %q", search)
	}
}

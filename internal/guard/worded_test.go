package guard

import (
	"encoding/json"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestWhoHadAWordOnACaseByALook(t *testing.T) {
	of := func(k loan.ChangeKind, detail string) *loan.Change {
		body, err := json.Marshal(loan.ViewBody{Detail: detail})
		if err != nil {
			t.Fatal(err)
		}
		return &loan.Change{Kind: k, Operator: "noter", Body: body}
	}
	for detail, want := range map[string]string{
		"grant p-1 for o-1 by o-2":                         "o-2",
		"grant p-1 for o-1 by o-2 to export to 01ab 23cd":  "o-2",
		"glass " + anEmergency + " of o-1 reviewed: right": "noter",
		"glass " + anEmergency:                             "",
		"glass " + anEmergency + " of o-1 reviewed: maybe": "",
		"grant p-1":                      "",
		"grant refused: no such request": "",
		"grant answered for o-1 at 0102, 2 hours, 1 cases": "",
		"grant p-1 for o-1 by ":                            "",
		"grant p-1 for o-1 by o-2 and o-3":                 "",
		"grant asked 01":                                   "",
		"":                                                 "",
	} {
		if got := WordOn(of(loan.ChangeView, detail)); got != want {
			t.Errorf("%q: got %q, want %q", detail, got, want)
		}
	}
	if got := WordOn(of(loan.ChangeExport, "grant p-1 for o-1 by o-2")); got != "" {
		t.Errorf("of an export: got %q", got)
	}
	if got := WordOn(&loan.Change{Kind: loan.ChangeView, Operator: "noter", Body: []byte("torn")}); got != "" {
		t.Errorf("of a torn body: got %q", got)
	}
}

// TestWhatAWordBarsFrom is of every verb of the table: what a person needs to see,
// carry and pass on a case stays.
func TestWhatAWordBarsFrom(t *testing.T) {
	x, c := Operator{ID: "x", Enabled: true}, caseOf(loan.ToSign, "author", "other")
	free := []Verb{Withdraw, HearWithdrawal, PassOn, OpenCase, View, Search, SearchBeyond, Reveal, Print, Export, AskGrant, ApproveGrant, BreakGlass, ReviewGlass, ReadAudit,
		AuditAll, EnableOperator, AdmitOperator, ManageOperators, ManageSettings, ImportRegister, Sync, Carry, Urge, Backup, EraseSeason, Restore, CallNumbers}
	for _, v := range Verbs() {
		want := true
		for _, f := range free {
			want = want && f != v
		}
		if got := WordMatters(x, v, c); got != want {
			t.Errorf("%s: got %v, want %v", v, got, want)
		}
		if WordMatters(x, v, nil) {
			t.Errorf("%s of no case", v)
		}
		if err := HadWord(v); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "请由另一位") {
			t.Errorf("%s: %v: %s", v, err, fault.Sentence(err))
		}
	}
}

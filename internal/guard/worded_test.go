package guard

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
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

// TestAboutWhichCaseAnAnswerWas is of answers that stand under no case, and of what an
// earlier program wrote of them.
func TestAboutWhichCaseAnAnswerWas(t *testing.T) {
	of := func(id uuid.UUID, detail string) *loan.Change {
		body, err := json.Marshal(loan.ViewBody{Detail: detail})
		if err != nil {
			t.Fatal(err)
		}
		return &loan.Change{Kind: loan.ChangeView, Case: id, Operator: "noter", Body: body}
	}
	one := Plea{Device: [4]byte{1, 2, 3, 4}, Operator: "o-1", Ask: Ask{Fields: []string{ImagesField}, Hours: 2, Case: [4]byte{10, 11, 12, 13}}}
	raw, err := one.Ask.Encode()
	if err != nil {
		t.Fatal(err)
	}
	counted := Plea{Operator: "o-1", Ask: Ask{Fields: []string{ImagesField}, Hours: 2, Count: 3}}
	out := ExportPlea{Plea: one, Print: [8]byte{1}, Said: ExportTo{To: "某市, case 00000000", Purpose: "抽查"}}
	if got, want := one.AnsweredDetail(), "grant answered for o-1 at 01020304, 2 hours, 1 cases, case 0a0b0c0d"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := out.AnsweredDetail(), "export answered for o-1 at 01020304, 2 hours, 1 cases, case 0a0b0c0d, to 0100-0000-0000-0000 某市, case 00000000, for 抽查"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	device := uuid.Must(uuid.NewV7())
	for detail, want := range map[string]string{
		one.AnsweredDetail():                               "answered",
		out.AnsweredDetail():                               "answered",
		counted.AnsweredDetail():                           "",
		"grant answered for o-1 at 0102, 2 hours, 1 cases": "",
		"export answered for o-1 at 0102, 2 hours, 1 cases, to 0100-0000-0000-0000 某市, case 0a0b0c0d, for 抽查": "",
		"grant answered for nobody, 2 hours, 1 cases, case 0a0b0c0d":                                          "",
		"grant answered for o-1 at 0102, 2 hours, 1 cases, case 0a0b":                                         "",
		AnswerDetail(true, device, hex.EncodeToString(raw)):                                                   "approved",
		AnswerDetail(false, device, hex.EncodeToString(raw)):                                                  "",
		AnswerDetail(true, device, "0102"):                                                                    "",
		AskedDetail(raw):                                                                                      "",
		"":                                                                                                    "",
	} {
		got := ""
		if tag, ok := AnsweredOn(of(uuid.Nil, detail)); ok && tag == one.Ask.Case {
			got = "answered"
		}
		if tag, ok := ApprovedOn(of(uuid.Nil, detail)); ok && tag == one.Ask.Case {
			got += "approved"
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", detail, got, want)
		}
		if _, ok := AnsweredOn(of(device, detail)); ok {
			t.Errorf("%q under a case", detail)
		}
	}
}

// TestALineUnderNoCaseIsFoundByTheCaseItIsAbout is of what is asked and answered where the
// case itself is not.
func TestALineUnderNoCaseIsFoundByTheCaseItIsAbout(t *testing.T) {
	of, other := uuid.MustParse("0190a000-0000-7000-8000-00000a0b0c0d"), uuid.MustParse("0190a000-0000-7000-8000-00000a0b0c0e")
	one := Plea{Device: [4]byte{1, 2, 3, 4}, Operator: "o-1", Ask: Ask{Fields: []string{ImagesField}, Hours: 2, Case: TagOf(of)}}
	raw, err := one.Ask.Encode()
	if err != nil {
		t.Fatal(err)
	}
	device, ask := uuid.Must(uuid.NewV7()), hex.EncodeToString(raw)
	for _, detail := range []string{one.AnsweredDetail(), AnswerDetail(true, device, ask), AnswerDetail(false, device, ask), AskedDetail(raw), WithdrawnDetail(raw)} {
		l := Line{Kind: loan.ChangeView, Detail: detail}
		for _, sought := range []string{of.String(), of.String()[28:], "0C0D", "0b0c0d"} {
			if !(Sought{Case: sought}).Wants(l) {
				t.Errorf("%q is not found by %q", detail, sought)
			}
		}
		for _, sought := range []string{other.String(), other.String()[28:], "0a0b"} {
			if (Sought{Case: sought}).Wants(l) {
				t.Errorf("%q is found by %q", detail, sought)
			}
		}
		if l.Case = other; (Sought{Case: of.String()}).Wants(l) {
			t.Errorf("%q under another case is found", detail)
		}
	}
}

// TestWhatAWordBarsFrom is of every verb of the table: what a person needs to see,
// carry and pass on a case stays.
func TestWhatAWordBarsFrom(t *testing.T) {
	x, c := Operator{ID: "x", Enabled: true}, caseOf(loan.ToSign, "author", "other")
	free := []Verb{Withdraw, HearWithdrawal, PassOn, OpenCase, View, Search, SearchBeyond, Reveal, Print, Export, AskGrant, ApproveGrant, BreakGlass, ReviewGlass, ReadAudit,
		AuditAll, EnableOperator, AdmitOperator, ManageOperators, ManageRoster, ManageSettings, ImportRegister, Sync, Carry, Urge, Backup, EraseSeason, Restore, CallNumbers}
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

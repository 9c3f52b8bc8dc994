package ui

import (
	"encoding/hex"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

func TestALineOfTheRecordIsShownWhole(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	if _, err := r.u.desk.OwnData(t.Context(), id, loan.StudentParty); err != nil {
		t.Fatal(err)
	}
	auditor := guard.Operator{ID: "auditor-1", Name: "练习审计员", Roles: []guard.Role{guard.Auditor}, Enabled: true}
	if err := r.u.desk.Store().EnableOperator(t.Context(), auditor, []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("auditor-1", reviewPassword)
	s := inManage[*recordSection](r, ofRecord)
	r.ui(func() {
		if strings.Contains(s.list.Empty, "没有") {
			t.Errorf("before anything was asked it says %q", s.list.Empty)
		}
		s.query()
	})
	r.settle()
	r.ui(func() {
		for i, l := range s.lines {
			if l.Detail != "own data shown to the person" {
				continue
			}
			if got := s.cells(i)[1].Text; got != "练习操作员（clerk-1）" {
				t.Errorf("the person: got %q", got)
			}
			s.open(i)
			return
		}
		t.Error("the look is not in the record")
	})
	want := "练习操作员（clerk-1）|查看|" + id.String() + "|借款学生；本人信息，给本人看"
	for _, w := range strings.Split(want, "|") {
		if got := r.dialogWords(); !strings.Contains(got, w) {
			t.Errorf("got %q, want %q in it", got, w)
		}
	}
}

func TestNoLineOfTheRecordIsInTheProgramsOwnWords(t *testing.T) {
	for _, party := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		got := lineWords(desk.Line{Kind: loan.ChangeView, Fields: []string{string(party)}, Detail: "own data shown to the person"}, 4)
		if want := party.Label() + "；本人信息，给本人看"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTheListNamesWhoApprovedAGrantAndTheCaseOfARequest(t *testing.T) {
	names := map[string]string{"clerk-1": "罗办一", "prov-1": "省管理"}
	s := &recordSection{named: guard.NamedLabel(names)}
	of := uuid.MustParse("0190a000-0000-7000-8000-00000a0b0c0d")
	ask, err := guard.Ask{Fields: []string{guard.ImagesField}, Hours: 2, Case: guard.TagOf(of)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line          desk.Line
		who, what, id string
	}{
		{desk.Line{Kind: loan.ChangeView, Case: of, Operator: "clerk-1", Detail: "grant p-0102 for clerk-1 by prov-1"}, "省管理（prov-1）批准罗办一（clerk-1）的申请", "批准授权", "0a0b0c0d"},
		{desk.Line{Kind: loan.ChangeView, Operator: "prov-1", Detail: guard.AnswerDetail(false, uuid.New(), hex.EncodeToString(ask))}, "省管理（prov-1）", "不批准", "0a0b0c0d"},
		{desk.Line{Kind: loan.ChangeSignIn, Operator: "clerk-1"}, "罗办一（clerk-1）", "登录", ""},
	} {
		s.lines = []desk.Line{c.line}
		cells := s.cells(0)
		for i, want := range map[int]string{1: c.who, 2: c.what, 3: c.id} {
			if got := cells[i].Text; got != want {
				t.Errorf("%q: column %d has %q, want %q", c.line.Detail, i, got, want)
			}
		}
	}
}

// TestTheListSaysWhoDidItAtEverySizeOfLetters reads what the rows draw.
func TestTheListSaysWhoDidItAtEverySizeOfLetters(t *testing.T) {
	r := asAdmin(t)
	names := map[string]string{"421123-clerk-01": "阿卜杜热合曼·麦麦提敏", "auditor-1": "欧阳练习审计员", "prov-1": "省管理员"}
	lines := []desk.Line{
		{Kind: loan.ChangeSignIn, Operator: "auditor-1"},
		{Kind: loan.ChangeView, Case: uuid.MustParse("0190a000-0000-7000-8000-00000a0b0c0d"), Operator: "421123-clerk-01", Detail: "own data shown to the person"},
		{Kind: loan.ChangeView, Operator: "clerk-1", Detail: "grant p-0102 for auditor-1 by prov-1"},
	}
	for name, scale := range map[string]float32{"标准": 1, "大": 1.15, "特大": 1.3} {
		r.enlarged(scale, func() {
			s := inManage[*recordSection](r, ofRecord)
			r.ui(func() {
				s.named = guard.NamedLabel(names)
				s.show(desk.Record{Lines: lines, Total: len(lines)})
				drawn := strings.Join(allWords(s.list), "")
				for _, l := range lines {
					for what, want := range map[string]string{"who": l.Who(s.named), "when": desk.RecordTime(l.At)[len("2006-"):], "what": l.Label(), "the case": l.CaseEnd()} {
						if !strings.Contains(drawn, want) {
							t.Errorf("%s: %s is cut: %q is not in %q", name, what, want, drawn)
						}
					}
				}
			})
			r.u.idle(t)
			r.snap("manage-record-" + name)
		})
	}
}

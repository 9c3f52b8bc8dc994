package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
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

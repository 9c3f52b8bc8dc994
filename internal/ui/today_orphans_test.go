package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

func TestTodayHandsOnTheCaseOfWhoWasSwitchedOff(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	r.another("clerk-2", guard.Clerk)
	if told := r.duties(); len(told) != 0 {
		t.Fatalf("while he works: told %+v", told)
	}
	if _, err := r.u.desk.Store().KeepRoster(t.Context(), []store.RosterEntry{{ID: "clerk-1", Name: "练习操作员", Off: true, Roles: []string{"clerk"}}}); err != nil {
		t.Fatal(err)
	}
	r.another("admin-1", guard.DataAdmin)
	told := r.duties()
	if len(told) != 1 || !strings.Contains(told[0].words, "1 件案件的经办人已停用") || !strings.Contains(told[0].words, "请让一位操作员") || told[0].act != "" {
		t.Fatalf("the administrator is told %+v", told)
	}
	r.snap("today-orphan-admin")
	r.another("clerk-2", guard.Clerk)
	told = r.duties()
	if len(told) != 1 || !strings.Contains(told[0].words, "请接手："+shortCase(id)) {
		t.Fatalf("told %+v", told)
	}
	r.snap("today-orphan")
	r.deals(0)
	if got := r.dialogWords(); !strings.Contains(got, "接手后由您办理") {
		t.Fatalf("it leads to %q", got)
	}
	r.snap("today-orphan-take")
	r.answer()
	r.settle()
	v := r.visit()
	if v == nil || v.id != id || !v.full() || r.u.desk.Handles(v.c) != nil {
		t.Fatal("he does not go on with it")
	}
	if told := r.duties(); len(told) != 0 {
		t.Errorf("once it is taken over: told %+v", told)
	}
}

func TestOfSeveralCasesOfWhoWasSwitchedOffOneIsFirst(t *testing.T) {
	r := newRig(t, kit.Light)
	id := uuid.Must(uuid.NewV7())
	got := r.u.orphanDuty(desk.Duties{Orphans: 3, FirstOrphan: id})
	if len(got) != 1 || !strings.Contains(got[0].words, "3 件案件") || !strings.HasSuffix(got[0].words, "先是"+shortCase(id)+"。") || got[0].take != id {
		t.Errorf("told %+v", got)
	}
}

package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/guard"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

// TestWhatIsGrantedAtTheCentreStandsInItsRecordWithCaseAndFields answers by telephone.
func TestWhatIsGrantedAtTheCentreStandsInItsRecordWithCaseAndFields(t *testing.T) {
	id := uuid.MustParse("0190a000-0000-7000-8000-00000a0b0c0d")
	a := granting("grant answer for clerk-1 approved", "核对家长投诉", guard.Ask{Case: guard.TagOf(id), Fields: []string{"student.phone"}, Hours: 1})
	if a.Name != "grant answer for clerk-1 approved case=0a0b0c0d" || !slices.Equal(a.Fields, []string{"student.phone"}) {
		t.Errorf("got %q of %v", a.Name, a.Fields)
	}
	if got := casesSaid(id.String() + ",0a0b0c0e,a name"); got != " case=0a0b0c0d case=0a0b0c0e" {
		t.Errorf("of cases it says %q", got)
	}
	c, err := central.Open(t.Context(), central.Options{Dir: filepath.Join(t.TempDir(), "centre"), Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Acting(t.Context(), central.Person{ID: "admin-1"}, a, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	r, err := c.Record(t.Context(), central.Person{ID: "practice-auditor"}, central.RecordQuery{Sought: guard.Sought{Leave: true, Reason: "年度核查"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Lines) != 1 || !slices.Equal(r.Lines[0].Fields, a.Fields) || !strings.Contains(r.Lines[0].Words(nil), "批准，案件 0a0b0c0d") {
		t.Errorf("the record says %+v", r.Lines)
	}
}

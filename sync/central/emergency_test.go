package central

import (
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// TestEmergenciesThatAnEarlierProgramTookInAreListed has the tables of emergencies
// made anew from the chains.
func TestEmergenciesThatAnEarlierProgramTookInAreListed(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	if err := c.AddOperator(t.Context(), Operator{ID: "aud-9", Name: "某审计员", Roles: []string{"auditor"}}); err != nil {
		t.Fatal(err)
	}
	if err := c.AddOperator(t.Context(), Operator{ID: "point-9", Name: "某操作员", Roles: []string{"clerk"}, Level: "point", Org: practicePoint}); err != nil {
		t.Fatal(err)
	}
	id, _ := l.finished()
	used := guard.GlassWord{ID: "e-0123456789abcdef01234567"}
	l.change(id, loan.ChangeView, loan.ViewBody{Detail: used.Detail(), Reason: "洪水断网"}).Operator = "point-9"
	l.rechain()
	said := used
	said.Reviewed, said.Operator, said.Right = true, "point-9", true
	l.change(id, loan.ChangeView, loan.ViewBody{Detail: said.Detail(), Reason: "灾情属实"}).Operator = "aud-9"
	l.rechain()
	l.send(l.changes)
	look := func() {
		t.Helper()
		all, err := c.Emergencies(t.Context(), Person{}, "每周复查")
		if err != nil || len(all) != 1 || all[0].Operator != "point-9" || all[0].Case != id || len(all[0].Reviews) != 1 || all[0].Reviews[0].By != "aud-9" || all[0].Reviews[0].Centre {
			t.Fatalf("got %+v, %v", all, err)
		}
	}
	look()
	for _, q := range []string{`DELETE FROM emergencies`, `DELETE FROM emergency_reviews`, `DELETE FROM meta WHERE name = 'emergencies-read'`} {
		if _, err := c.db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := c.readGlass(t.Context()); err != nil {
			t.Fatal(err)
		}
		look()
		if _, err := c.db.ExecContext(t.Context(), `DELETE FROM meta WHERE name = 'emergencies-read'`); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAReviewOverADamagedCaseDoesNotHoldItsParcelUp: who had a part in the case is not
// known, so that the review does not count, but what came with it is taken.
func TestAReviewOverADamagedCaseDoesNotHoldItsParcelUp(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	for _, o := range []Operator{{ID: "aud-9", Name: "某审计员", Roles: []string{"auditor"}}, {ID: "point-9", Name: "某操作员", Roles: []string{"clerk"}, Level: "point", Org: practicePoint}} {
		if err := c.AddOperator(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	id, _ := l.finished()
	used := guard.GlassWord{ID: "e-0123456789abcdef01234567"}
	l.change(id, loan.ChangeView, loan.ViewBody{Detail: used.Detail(), Reason: "洪水断网"}).Operator = "point-9"
	l.rechain()
	l.send(l.changes)
	if _, err := c.db.ExecContext(t.Context(), `UPDATE changes SET bytes = ? WHERE case_id = ? AND kind = ?`, []byte("torn"), id.String(), string(loan.ChangeOpen)); err != nil {
		t.Fatal(err)
	}
	n := len(l.changes)
	said := used
	said.Reviewed, said.Operator, said.Right = true, "point-9", true
	l.change(id, loan.ChangeView, loan.ViewBody{Detail: said.Detail(), Reason: "灾情属实"}).Operator = "aud-9"
	l.rechain()
	l.send(l.changes[n:])
	var held int
	if err := c.db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM changes WHERE device = ?`, l.enrol.Device.String()).Scan(&held); err != nil || held != len(l.changes) {
		t.Fatalf("%d changes of %d are there, %v", held, len(l.changes), err)
	}
	all, err := c.Emergencies(t.Context(), Person{}, "每周复查")
	if err != nil || len(all) != 1 || len(all[0].Reviews) != 0 {
		t.Errorf("got %+v, %v", all, err)
	}
}

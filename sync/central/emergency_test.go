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

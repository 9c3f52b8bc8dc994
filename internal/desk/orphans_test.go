package desk_test

import (
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// TestACaseOfWhoWasSwitchedOffIsToldUntilItIsTakenOver has the roster take its clerk off.
func TestACaseOfWhoWasSwitchedOffIsToldUntilItIsTakenOver(t *testing.T) {
	ctx, must := t.Context(), step(t)
	d := laptop(t, t.TempDir())
	passwords := map[string]string{"clerk-1": clerkPassword, "reviewer-1": reviewPassword}
	for id, role := range map[string]guard.Role{"clerk-2": guard.Clerk, "clerk-3": guard.Clerk, "admin-1": guard.DataAdmin, "auditor-1": guard.Auditor} {
		passwords[id] = bothPassword
		enabled(t, d, guard.Operator{ID: id, Name: "另一人员", Roles: []guard.Role{role}, Enabled: true}, bothPassword)
	}
	as := func(id string) {
		t.Helper()
		var err error
		if d, err = signedIn(t, d, id, passwords[id]); err != nil {
			t.Fatal(err)
		}
	}
	roster := func(id string, off bool, roles ...string) {
		t.Helper()
		if _, err := d.Store().KeepRoster(ctx, []store.RosterEntry{{ID: id, Name: "练习操作员", Roles: roles, Off: off}}); err != nil {
			t.Fatal(err)
		}
	}
	told := func(t *testing.T, id string, want int) {
		t.Helper()
		as(id)
		got, err := d.Duties(ctx)
		if err != nil || got.Orphans != want || (got.FirstOrphan != loan.Case{}.ID) != (want > 0) {
			t.Errorf("%s is told of %d, first %v, %v, want %d", id, got.Orphans, got.FirstOrphan, err, want)
		}
	}
	as("clerk-1")
	draft, review := entered(t, d), entered(t, d)
	must(d.Submit(ctx, review.ID))
	must(d.Void(ctx, entered(t, d).ID, "重复开立"))
	told(t, "clerk-2", 0)
	t.Run("not while he is a clerk, whatever else he is", func(t *testing.T) {
		roster("clerk-1", false, "clerk", "reviewer")
		told(t, "clerk-2", 0)
	})
	t.Run("to clerks and administrators, of what a clerk is to go on with", func(t *testing.T) {
		roster("clerk-1", true, "clerk")
		for id, want := range map[string]int{"clerk-2": 1, "clerk-3": 1, "admin-1": 1, "auditor-1": 0, "reviewer-1": 0} {
			told(t, id, want)
		}
	})
	t.Run("not while his account waits for its first password", func(t *testing.T) {
		roster("clerk-1", false, "clerk")
		told(t, "clerk-2", 0)
		roster("clerk-1", false, "auditor")
		told(t, "clerk-2", 1)
	})
	t.Run("until it is taken over", func(t *testing.T) {
		as("clerk-2")
		if got, err := d.Duties(ctx); err != nil || got.FirstOrphan != draft.ID {
			t.Fatalf("first is %v, %v", got.FirstOrphan, err)
		}
		must(d.TakeOver(ctx, draft.ID, loan.NumberStation, "原经办人已停用"))
		for _, id := range []string{"clerk-2", "clerk-3", "admin-1"} {
			told(t, id, 0)
		}
	})
	t.Run("anew where who took it over is switched off as well", func(t *testing.T) {
		roster("clerk-2", true, "clerk")
		told(t, "clerk-3", 1)
	})
}

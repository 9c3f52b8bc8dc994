package desk_test

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"github.com/google/uuid"
)

func TestWhoMayAnswerIsToldHowMuchWaits(t *testing.T) {
	f, c, a := askedFor(t) // reviewer-1's
	ctx := t.Context()
	is := func(t *testing.T, want desk.Duties) {
		t.Helper()
		n, _ := f.d.Store().Head()
		if got, err := f.d.Duties(ctx); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
		if now, _ := f.d.Store().Head(); now != n {
			t.Error("the chain says something of it")
		}
	}
	if _, err := f.d.BreakGlass(ctx, c.ID, "水灾断网，家长急需核对"); err != nil {
		t.Fatal(err)
	}
	t.Run("who asked has nothing of it", func(t *testing.T) { is(t, desk.Duties{}) })
	f.in("clerk-2", clerkPassword, clock())
	f.many(2, true)
	f.many(1, false)
	t.Run("nor has a clerk", func(t *testing.T) { is(t, desk.Duties{}) })
	f.in("admin-1", clerkPassword, clock())
	t.Run("the data administrator has all", func(t *testing.T) { is(t, desk.Duties{Looks: 2, Exports: 2, Emergencies: 1}) })
	t.Run("also what came down from other laptops, and that of this one once", func(t *testing.T) {
		own := counted(t, f.p.Device, "reviewer-1")
		own.Ask, own.Case = digits(t, a.Code), c.ID
		f.list(own, counted(t, uuid.New(), "clerk-1"))
		is(t, desk.Duties{Looks: 3, Exports: 2, Emergencies: 1})
	})
	t.Run("what is answered waits no more", func(t *testing.T) {
		all, err := f.d.Pleas(ctx)
		if err != nil || len(all) != 2 {
			t.Fatalf("%d requests, %v", len(all), err)
		}
		for _, p := range all {
			if err := f.d.AnswerPlea(ctx, p, true, "属实"); err != nil {
				t.Fatal(err)
			}
		}
		g, err := f.d.Glasses(ctx)
		if err != nil || len(g) != 1 {
			t.Fatalf("%d emergencies, %v", len(g), err)
		}
		if err := f.d.ReviewGlass(ctx, g[0].ID, true, "水灾属实"); err != nil {
			t.Fatal(err)
		}
		is(t, desk.Duties{Looks: 1, Exports: 2})
	})
	t.Run("an administrator's own are for another", func(t *testing.T) {
		f.many(1, false)
		is(t, desk.Duties{Looks: 1, Exports: 2})
	})
}

func TestWhatIsAboutACaseOfHisOwnWaitsForAnother(t *testing.T) {
	ctx := t.Context()
	d, cases := everyRole(t)
	as := func(id, password string) {
		t.Helper()
		var err error
		if d, err = signedIn(t, d, id, password); err != nil {
			t.Fatal(err)
		}
	}
	as("reviewer-1", reviewPassword)
	for _, part := range []string{"own", "another's"} {
		if _, err := d.AskGrant(ctx, wanted(cases[part][0].ID)); err != nil {
			t.Fatal(err)
		}
	}
	as("person-1", bothPassword)
	if got, err := d.Duties(ctx); err != nil || got != (desk.Duties{Looks: 1}) {
		t.Errorf("of two requests, one about a case of his own: got %+v, %v", got, err)
	}
}

// TestAnEmergencyThatTheProvinceReviewsIsToldToTheCounty has one used by a person of the
// county's level, who is a data administrator too.
func TestAnEmergencyThatTheProvinceReviewsIsToldToTheCounty(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c := entered(t, f.d)
	admin2 := guard.Operator{ID: "admin-2", Name: "另一管理员", Roles: []guard.Role{guard.DataAdmin}, Enabled: true}
	both := guard.Operator{ID: "person-1", Name: "县级人员", Roles: []guard.Role{guard.Clerk, guard.DataAdmin}, Enabled: true}
	for _, o := range []guard.Operator{admin2, both, {ID: "province-1", Name: "省级管理员", Roles: []guard.Role{guard.DataAdmin}, Enabled: true}} {
		enabled(t, f.d, o, bothPassword)
	}
	f.stands(clock(), guard.Standing{ID: "person-1", Level: guard.CountyLevel, Org: "522727"}, guard.Standing{ID: "province-1", Level: guard.ProvinceLevel, Org: "52"},
		guard.Standing{ID: "admin-2", Level: guard.PointLevel, Org: f.p.Point})
	f.in("person-1", bothPassword, clock())
	g, err := f.d.BreakGlass(ctx, c.ID, "水灾断网，家长急需核对")
	if err != nil {
		t.Fatal(err)
	}
	is := func(who, password string, want desk.Duties) {
		t.Helper()
		f.in(who, password, clock())
		if got, err := f.d.Duties(ctx); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", who, got, err, want)
		}
	}
	is("person-1", bothPassword, desk.Duties{})
	is("reviewer-1", reviewPassword, desk.Duties{})
	is("admin-1", clerkPassword, desk.Duties{Above: 1})
	is("admin-2", bothPassword, desk.Duties{})
	is("province-1", bothPassword, desk.Duties{Emergencies: 1})
	if err := f.d.ReviewGlass(ctx, g.ID, true, "水灾属实"); err != nil {
		t.Fatal(err)
	}
	is("admin-1", clerkPassword, desk.Duties{})
}

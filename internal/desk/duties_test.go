package desk_test

import (
	"testing"

	"doorstep/internal/desk"
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

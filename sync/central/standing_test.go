package central

import (
	"slices"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

func TestLevelsGoDownSigned(t *testing.T) {
	c := open(t, t.TempDir())
	if _, err := c.BulletinFile(t.Context(), bulletin.Standing, bulletin.StandingName); fault.KindOf(err) != fault.Missing {
		t.Fatalf("before anybody has a level: got %v, want none", err)
	}
	list := func() []guard.Standing {
		t.Helper()
		raw, err := c.BulletinFile(t.Context(), bulletin.Standing, bulletin.StandingName)
		if err != nil {
			t.Fatal(err)
		}
		b, err := bulletin.Open(raw, c.authority.Signer().Public(), practiceCounty)
		if err != nil {
			t.Fatal(err)
		}
		out, err := guard.ParseStandings(b.Content)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	put := func(id, level, org string, roles ...string) error {
		return c.AddOperator(t.Context(), Operator{ID: id, Name: "某人", Roles: roles, Level: level, Org: org})
	}
	for _, bad := range [][3]string{{"p-1", "province", "52"}, {"c-1", "county", "52"}, {"t-1", "point", ""}, {"x-1", "town", "522727"}, {"Y-1", "county", "522727"}} {
		if err := put(bad[0], bad[1], bad[2], "clerk"); fault.KindOf(err) != fault.Input {
			t.Errorf("%v: got %v, want refused", bad, err)
		}
	}
	if err := put("clerk-9", "point", "甲乡受理点", "clerk"); err != nil {
		t.Fatal(err)
	}
	if err := put("prov-1", "province", "52", "dataadmin"); err != nil {
		t.Fatal(err)
	}
	want := []guard.Standing{{ID: "clerk-9", Level: guard.PointLevel, Org: "甲乡受理点"}, {ID: "prov-1", Level: guard.ProvinceLevel, Org: "52"}}
	if got := list(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := c.SwitchOff(t.Context(), "clerk-9"); err != nil {
		t.Fatal(err)
	}
	if got := list(); len(got) != 2 {
		t.Errorf("who was switched off: got %v, want to keep the level", got)
	}
	if err := put("clerk-9", "", "", "clerk"); err != nil {
		t.Fatal(err)
	}
	if got := list(); !slices.Equal(got, want) {
		t.Errorf("put back without a level: got %v, want %v", got, want)
	}
}

func TestAGrantIsOfTheLevelAbove(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c)) // at the practice point
	for _, o := range []Operator{
		{ID: "point-clerk", Level: "point", Org: practicePoint, Roles: []string{"clerk"}}, {ID: "far-clerk", Level: "point", Org: "乙乡受理点", Roles: []string{"clerk"}},
		{ID: "county-clerk", Level: "county", Org: practiceCounty, Roles: []string{"clerk"}}, {ID: "old-clerk", Roles: []string{"clerk"}},
		{ID: "point-admin", Level: "point", Org: practicePoint, Roles: []string{"dataadmin"}}, {ID: "county-admin", Level: "county", Org: practiceCounty, Roles: []string{"dataadmin"}},
		{ID: "province-admin", Level: "province", Org: "52", Roles: []string{"dataadmin"}}, {ID: "bank-admin", Level: "bank", Org: "00", Roles: []string{"dataadmin"}},
		{ID: "old-admin", Roles: []string{"dataadmin"}},
	} {
		o.Name = "某人"
		if err := c.AddOperator(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	id, _ := l.finished(content("a", 10_000))
	l.send(l.changes)
	may := map[string][]string{"point-clerk": {"county-admin", "old-admin"}, "old-clerk": {"county-admin", "old-admin"}, "county-clerk": {"province-admin"}, "far-clerk": nil}
	now := time.Now().UTC().Truncate(time.Second)
	ask, err := guard.Ask{Nonce: [4]byte{1}, Fields: []string{"student.phone"}, Hours: 1, Case: guard.TagOf(id)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for asker, admins := range may {
		for _, by := range []string{"point-admin", "county-admin", "province-admin", "bank-admin", "old-admin"} {
			allowed := slices.Contains(admins, by)
			_, err := c.AnswerGrant(t.Context(), Caller{l.enrol.Device.String(), asker}, by, seal.Spoken(ask), "家长来电核对")
			if (err == nil) != allowed || err != nil && fault.KindOf(err) != fault.Input {
				t.Errorf("%s asks by telephone and %s answers: got %v, want allowed %v", asker, by, err, allowed)
			}
			_, _, err = c.NewGrant(t.Context(), guard.Grant{Operator: asker, By: by, Fields: []string{"student.phone"}, Cases: []uuid.UUID{id}, Reason: "家长来电核对", From: now, Until: now.Add(time.Hour)})
			if (err == nil) != allowed || err != nil && fault.KindOf(err) != fault.Input {
				t.Errorf("%s grants to %s: got %v, want allowed %v", by, asker, err, allowed)
			}
		}
	}
}

func TestWhoDecidesIsOfTheCounty(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	id, blobs := l.finished(content("a", 10_000))
	l.send(l.changes)
	for _, b := range blobs {
		l.blob(b)
	}
	for _, o := range []Operator{{ID: "r-point", Level: "point", Org: practicePoint}, {ID: "r-far", Level: "county", Org: "522728"}, {ID: "r-county", Level: "county", Org: practiceCounty}} {
		o.Name, o.Roles = "某人", []string{"reviewer"}
		if err := c.AddOperator(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		err := c.Return(t.Context(), id, loan.ReturnBody{Codes: []loan.Code{"E-DC-002"}}, o.ID)
		if (err == nil) != (o.ID == "r-county") {
			t.Errorf("returned by %s: %v", o.ID, err)
		}
	}
}

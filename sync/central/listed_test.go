package central

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

func TestTheTwoListsThatRenewAreOfTheDayTheyAreCarried(t *testing.T) {
	c := open(t, t.TempDir())
	ctx := t.Context()
	now := time.Now().UTC().Truncate(time.Millisecond)
	c.now = func() time.Time { return now }
	read := func(t *testing.T, kind bulletin.Kind, name string) *bulletin.Bulletin {
		t.Helper()
		raw, err := c.BulletinToCarry(ctx, kind, name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := bulletin.Open(raw, c.authority.Signer().Public(), practiceCounty)
		if err != nil || b.Withdrawn {
			t.Fatalf("got %+v, %v, want one in force", b, err)
		}
		return b
	}
	people := func(t *testing.T) map[string]bool {
		t.Helper()
		list, err := guard.ParseListed(read(t, bulletin.Operators, bulletin.OperatorsName).Content)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		for _, o := range list {
			out[o.ID] = o.Enabled
		}
		return out
	}
	if err := c.AddOperator(ctx, Operator{ID: "clerk-9", Name: "某人", Roles: []string{"clerk"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.BulletinFile(ctx, bulletin.Operators, bulletin.OperatorsName); fault.KindOf(err) != fault.Missing {
		t.Fatalf("before a stick was written: got %v, want none", err)
	}
	for _, l := range []struct {
		kind bulletin.Kind
		name string
	}{{bulletin.Devices, bulletin.ShutOutName}, {bulletin.Operators, bulletin.OperatorsName}} {
		t.Run(string(l.kind), func(t *testing.T) {
			first := read(t, l.kind, l.name)
			if !first.Issued.Equal(now) {
				t.Errorf("the first is of %v, want %v", first.Issued, now)
			}
			now = now.Add(carriedFor - time.Minute)
			if again := read(t, l.kind, l.name); again.Version != first.Version {
				t.Errorf("within the day: got version %d, want %d still", again.Version, first.Version)
			}
			now = now.Add(2 * time.Minute)
			next := read(t, l.kind, l.name)
			if next.Version <= first.Version || !next.Issued.Equal(now) || !bytes.Equal(next.Content, first.Content) {
				t.Errorf("a day later: got %+v, want the same list of %v", next, now)
			}
		})
	}
	t.Run("the roster follows each change once it is in force", func(t *testing.T) {
		if on, is := people(t)["clerk-9"]; !is || !on {
			t.Errorf("on the roster: listed %v, on %v", is, on)
		}
		now = now.Add(time.Minute)
		if err := c.SwitchOff(ctx, "clerk-9"); err != nil {
			t.Fatal(err)
		}
		if on, is := people(t)["clerk-9"]; !is || on {
			t.Errorf("switched off: listed %v, on %v", is, on)
		}
		if err := c.AddOperator(ctx, Operator{ID: "new-9", Name: "新人", Roles: []string{"reviewer"}}); err != nil {
			t.Fatal(err)
		}
		if !people(t)["new-9"] {
			t.Error("who is new is not listed")
		}
	})
	t.Run("a roster of before levels stood in it is not carried any more", func(t *testing.T) {
		if err := c.AddOperator(ctx, Operator{ID: "admin-9", Name: "管理员", Roles: []string{"dataadmin"}, Level: "point", Org: practicePoint}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.publish(ctx, issuance{kind: bulletin.Operators, name: bulletin.OperatorsName, content: []byte(`{"version":1,"people":[{"id":"admin-9","name":"管理员","roles":["dataadmin"]}]}`)}); err != nil {
			t.Fatal(err)
		}
		list, err := guard.ParseListed(read(t, bulletin.Operators, bulletin.OperatorsName).Content)
		for _, o := range list {
			if o.ID == "admin-9" && (o.Level != guard.PointLevel || o.Org != practicePoint) || len(list) == 1 {
				t.Errorf("got %+v, %v, want the point's", list, err)
			}
		}
	})
	t.Run("what renews nothing is carried as it is", func(t *testing.T) {
		if _, err := c.BulletinToCarry(ctx, bulletin.Policy, "P1"); fault.KindOf(err) != fault.Missing {
			t.Errorf("got %v, want missing", err)
		}
	})
}

func TestNobodyIsPutOnTheRosterInAFormThatLaptopsDoNotTake(t *testing.T) {
	c := open(t, t.TempDir())
	ctx := t.Context()
	for name, o := range map[string]Operator{
		"a role twice":          {ID: "clerk-9", Name: "某人", Roles: []string{"auditor", "auditor"}},
		"a role that is none":   {ID: "clerk-9", Name: "某人", Roles: []string{"inspector"}},
		"no role":               {ID: "clerk-9", Name: "某人"},
		"a long name":           {ID: "clerk-9", Name: strings.Repeat("长", 34), Roles: []string{"clerk"}},
		"no name":               {ID: "clerk-9", Roles: []string{"clerk"}},
		"an id in capitals":     {ID: "Clerk-9", Name: "某人", Roles: []string{"clerk"}},
		"the id of emergencies": {ID: guard.Emergency, Name: "某人", Roles: []string{"clerk"}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.AddOperator(ctx, o); fault.KindOf(err) != fault.Input {
				t.Errorf("got %v, want it refused", err)
			}
		})
	}
	if err := c.AddOperator(ctx, Operator{ID: "clerk-9", Name: strings.Repeat("长", 33), Roles: Roles()}); err != nil {
		t.Errorf("all roles, a name of 99 bytes: %v", err)
	}
	t.Run("one whom an earlier program put there so is taken off", func(t *testing.T) {
		if _, err := c.db.ExecContext(ctx, `INSERT INTO operators (county, id, name, roles) VALUES (?, ?, ?, ?)`, practiceCounty, "Old-9", "某人", `["auditor","auditor"]`); err != nil {
			t.Fatal(err)
		}
		if err := c.SwitchOff(ctx, "Old-9"); err != nil {
			t.Error(err)
		}
	})
}

package central

import (
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
)

// TestAListThatCannotBeReadIsIssuedAnew spoils the row of each list of which there is one.
func TestAListThatCannotBeReadIsIssuedAnew(t *testing.T) {
	a := newAnswering(t)
	ctx := t.Context()
	c := a.c
	lists := map[bulletin.Kind]string{bulletin.Operators: bulletin.OperatorsName, bulletin.Standing: bulletin.StandingName, bulletin.Devices: bulletin.ShutOutName, bulletin.Answers: bulletin.AnswersName}
	point := func(t *testing.T, id string) {
		t.Helper()
		if err := c.AddOperator(ctx, Operator{ID: id, Name: "某人", Roles: []string{"clerk"}, Level: "point", Org: practicePoint}); err != nil {
			t.Fatalf("%s is not put on the roster: %v", id, err)
		}
	}
	point(t, "clerk-1")
	a.answer("practice-admin", true, a.asks(1), time.Now())
	spoil := func(t *testing.T) {
		t.Helper()
		for kind, name := range lists {
			if _, err := c.BulletinToCarry(ctx, kind, name); err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			if _, err := c.db.ExecContext(ctx, `UPDATE bulletins SET bytes = ? WHERE kind = ? AND name = ?`, []byte("DSB1 and no more"), string(kind), name); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole := func(t *testing.T, kind bulletin.Kind) *bulletin.Bulletin {
		t.Helper()
		raw, err := c.BulletinToCarry(ctx, kind, lists[kind])
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		b, err := bulletin.Open(raw, c.authority.Signer().Public(), practiceCounty)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		return b
	}
	t.Run("as it is carried on a stick", func(t *testing.T) {
		spoil(t)
		for kind := range lists {
			whole(t, kind)
		}
	})
	t.Run("as people are put on the roster and taken off", func(t *testing.T) {
		spoil(t)
		point(t, "clerk-2")
		if err := c.SwitchOff(ctx, "clerk-1"); err != nil {
			t.Fatal(err)
		}
		people, err := guard.ParseListed(whole(t, bulletin.Operators).Content)
		if err != nil {
			t.Fatal(err)
		}
		on := map[string]bool{}
		for _, o := range people {
			on[o.ID] = o.Enabled
		}
		if !on["clerk-2"] || on["clerk-1"] {
			t.Errorf("the roster has %v", on)
		}
	})
	t.Run("as the next answer takes no effect", func(t *testing.T) {
		spoil(t)
		a.answer("practice-admin", true, a.asks(2), time.Now())
		if err := c.settlePleas(ctx); err != nil {
			t.Errorf("nothing is settled any more: %v", err)
		}
		list, err := guard.ParseAnswersBack(whole(t, bulletin.Answers).Content)
		if err != nil || len(list) != 2 {
			t.Errorf("told are %d, %v; want both", len(list), err)
		}
	})
}

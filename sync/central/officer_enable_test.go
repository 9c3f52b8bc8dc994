package central

import (
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// TestNobodyLetsAnAccountAboveHimInAtALaptop is about the ways by which a password is
// set at a laptop by the centre's word: a telephone call, and the approval of a request.
func TestNobodyLetsAnAccountAboveHimInAtALaptop(t *testing.T) {
	c := staffed(t)
	ctx := t.Context()
	l := enrol(t, c, serve(t, c))
	for _, o := range []Operator{{ID: "prov-9", Name: "省甲", Roles: []string{"dataadmin"}, Level: "province", Org: "52"},
		{ID: "clerk-9", Name: "点甲", Roles: []string{"clerk"}, Level: "point", Org: l.enrol.Point}} {
		if err := c.AddOperator(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	for i, x := range []struct {
		who  string
		good bool
	}{{"prov-9", false}, {"clerk-9", true}, {"admin-9", true}} {
		t.Run("of "+x.who, func(t *testing.T) {
			answer, err := c.AnswerEnabling(ctx, Caller{l.enrol.Device.String(), x.who}, "admin-9", "012345678"+string(rune('0'+i)))
			if (err == nil) != x.good || (answer == "") == x.good || err != nil && (fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "another level")) {
				t.Errorf("by telephone: got %q, %v, want answered %v", answer, err, x.good)
			}
			done := false
			_, err = c.Acting(ctx, Person{"admin-9", []byte(adminPassword)}, Act{Verb: guard.ManageRoster, Name: "recovery approve", Whom: x.who, Himself: true},
				func() error { done = true; return nil })
			if done != x.good || (err == nil) != x.good {
				t.Errorf("by approval: got %v, done %v, want %v", err, done, x.good)
			}
		})
	}
	t.Run("of prov-9, by himself", func(t *testing.T) {
		if answer, err := c.AnswerEnabling(ctx, Caller{l.enrol.Device.String(), "prov-9"}, "prov-9", "0123456789"); err != nil || answer == "" {
			t.Errorf("got %q, %v, want an answer: nobody of the county stands that high", answer, err)
		}
	})
	t.Run("himself only where the act says so", func(t *testing.T) {
		_, err := c.Acting(ctx, Person{"admin-9", []byte(adminPassword)}, Act{Verb: guard.ManageOperators, Name: "operator off", Whom: "admin-9"}, func() error { return nil })
		if fault.KindOf(err) != fault.Denied {
			t.Errorf("got %v, want denied", err)
		}
	})
}

package desk_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// TestTheRecordOfLooksOutlivesAnErasedCase looks, reveals and asks in a case that is
// erased: who, which fields and why is still in the record, and no value of its people.
func TestTheRecordOfLooksOutlivesAnErasedCase(t *testing.T) {
	k := newKeeper(t)
	ctx, must := t.Context(), step(t)
	c := entered(t, k.d)
	name := c.App.Student.Name
	o := guard.Operator{ID: "clerk-7", Name: "另一", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	enabled(t, k.d, o, "correct horse of clerk-7")
	k.as("clerk-7", "correct horse of clerk-7")
	for _, why := range []string{"家长来电核对", "核对" + name + "的电话", "再核对" + strings.Join(strings.Split(name, ""), " ") + "的电话"} {
		if err := k.d.Reveal(ctx, c.ID, []string{"student.phone"}, why); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.d.AskGrant(ctx, desk.Wanted{Fields: []string{guard.ImagesField}, Case: c.ID, Hours: 2, Reason: "核对" + name + "的照片"}); err != nil {
		t.Fatal(err)
	}
	k.as("clerk-1", clerkPassword)
	must(k.d.Void(ctx, c.ID, "本人不再申请"))
	k.as("admin-1", reviewPassword)
	before, err := k.d.Record(ctx, desk.Sought{Case: c.ID.String(), Kinds: []loan.ChangeKind{loan.ChangeReveal}})
	if err != nil || len(before.Lines) != 3 {
		t.Fatalf("%d lines before, %v", len(before.Lines), err)
	}
	if out, err := k.d.EraseCase(ctx, c.ID, "本人当面要求删除", nil); err != nil || out.Cases != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	check := func() {
		t.Helper()
		r, err := k.d.Record(ctx, desk.Sought{Case: c.ID.String(), Operator: "clerk-7", Kinds: []loan.ChangeKind{loan.ChangeReveal}})
		if err != nil {
			t.Fatal(err)
		}
		var why []string
		for _, l := range r.Lines {
			if slices.Equal(l.Fields, []string{"student.phone"}) {
				why = append(why, l.Reason)
			}
		}
		slices.Sort(why)
		if want := []string{"再核对***的电话", "家长来电核对", "核对***的电话"}; !slices.Equal(why, want) {
			t.Errorf("reasons of what was revealed: %q, want %q", why, want)
		}
		for _, ch := range chain(t, k.d) {
			if bytes.Contains(ch.Body, []byte(name)) || bytes.Contains(ch.Body, []byte(c.App.Student.Phone)) {
				t.Errorf("change %d of kind %s has a value of the student: %s", ch.Counter, ch.Kind, ch.Body)
			}
		}
		audit, err := k.d.Audit(ctx, nil)
		if err != nil || !audit.Sound() || len(audit.Chains) == 0 || audit.Chains[0].Returned != 0 {
			t.Errorf("the chain: %+v, %v", audit, err)
		}
	}
	check()
	mine, err := k.d.Record(ctx, desk.Sought{Person: c.App.Student.IDNo, Reason: "家长投诉核查"})
	if err != nil || mine.Total != 0 || mine.Erased != 1 {
		t.Errorf("the record of the person: %d lines, %d erased cases, %v; want that there is one", mine.Total, mine.Erased, err)
	}
	if r, err := k.d.Record(ctx, desk.Sought{Person: c.App.Student.IDNo, Reason: "家长投诉核查", Kinds: []loan.ChangeKind{loan.ChangePrint}}); err != nil || r.Erased != 0 {
		t.Errorf("of prints, of which there was none: %d erased cases, %v", r.Erased, err)
	}
	if asks, err := k.d.Asks(ctx); err != nil || len(asks) != 0 {
		t.Errorf("requests of the case wait still: %+v, %v", asks, err)
	}
	k.as("admin-1", reviewPassword)
	check()
}

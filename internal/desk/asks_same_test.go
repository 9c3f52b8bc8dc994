package desk_test

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

func TestTheSameRequestIsNotMadeTwice(t *testing.T) {
	f, c, a := askedFor(t) // reviewer-1's
	ctx := t.Context()
	other := func(change func(*desk.Wanted)) desk.Wanted {
		w := wanted(c.ID)
		change(&w)
		return w
	}
	for name, w := range map[string]desk.Wanted{
		"the very same":          wanted(c.ID),
		"for another reason":     other(func(w *desk.Wanted) { w.Reason = "家长再次来电" }),
		"of fewer fields":        other(func(w *desk.Wanted) { w.Fields = w.Fields[:1] }),
		"for less time":          other(func(w *desk.Wanted) { w.Hours-- }),
		"in another order of it": other(func(w *desk.Wanted) { w.Fields = []string{w.Fields[1], w.Fields[0]} }),
	} {
		before, _ := f.d.Store().Head()
		got, err := f.d.AskGrant(ctx, w)
		if fault.KindOf(err) != fault.Exists || got.Code != a.Code || !strings.Contains(fault.Sentence(err), "不用再申请") {
			t.Errorf("%s: got %q, %v, want the one that waits", name, got.Code, err)
		}
		if now, _ := f.d.Store().Head(); now != before {
			t.Errorf("%s: the chain says something of it", name)
		}
	}
	for _, k := range []struct {
		name string
		want desk.Wanted
	}{
		{"for longer", other(func(w *desk.Wanted) { w.Hours++ })},
		{"of another field", other(func(w *desk.Wanted) { w.Fields = append(w.Fields, "student.name") })},
		{"to export", other(func(w *desk.Wanted) { w.Export = true })},
		{"to export for another", other(func(w *desk.Wanted) { w.Export, w.Reason = true, "银行抽查合同" })},
		{"of any cases", other(func(w *desk.Wanted) { w.Case, w.Count = loan.Case{}.ID, 1 })},
	} {
		if _, err := f.d.AskGrant(ctx, k.want); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
	}
	t.Run("but by another", func(t *testing.T) {
		f.in("clerk-2", clerkPassword, clock())
		if _, err := f.d.AskGrant(ctx, wanted(c.ID)); err != nil {
			t.Error(err)
		}
	})
	t.Run("and once the one is declined, or over", func(t *testing.T) {
		f.in("reviewer-1", reviewPassword, clock())
		all, err := f.d.Asks(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			if o.Code != a.Code {
				if err := f.d.WithdrawAsk(ctx, o.Code); err != nil {
					t.Fatal(err)
				}
			}
		}
		f.list(guard.Waiting{Device: f.p.Device, Operator: "reviewer-1", Ask: digits(t, a.Code), Case: c.ID, Reason: "核对家长投诉", At: clock().UTC(), Declined: true, By: "admin-1", Word: "理由不足"})
		if _, err := f.d.AskGrant(ctx, wanted(c.ID)); err != nil {
			t.Errorf("declined: %v", err)
		}
		f.in("reviewer-1", reviewPassword, clock().Add(73*time.Hour))
		if _, err := f.d.AskGrant(ctx, wanted(c.ID)); err != nil {
			t.Errorf("over: %v", err)
		}
	})
}

func TestARequestNamesTheGrantThatItBecomes(t *testing.T) {
	f, _, a := askedFor(t)
	asks, err := f.d.Asks(t.Context())
	if err != nil || len(asks) != 1 {
		t.Fatalf("got %d requests, %v", len(asks), err)
	}
	g, err := f.d.TakeGrant(t.Context(), a.Code, f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock()))
	if err != nil {
		t.Fatal(err)
	}
	if a.Grant != g.ID || asks[0].Grant != g.ID {
		t.Errorf("got %q as it was asked for and %q in the list, want %q", a.Grant, asks[0].Grant, g.ID)
	}
}

func TestTheAnswerToARequestThatIsOverGivesNothing(t *testing.T) {
	f, _, a := askedFor(t)
	late := clock().Add(guard.WaitFor + time.Minute)
	f.in("reviewer-1", reviewPassword, late)
	_, err := f.d.TakeGrant(t.Context(), a.Code, f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, late))
	if fault.KindOf(err) != fault.Missing || !strings.Contains(fault.Sentence(err), "超过了 72 小时。请重新申请") {
		t.Errorf("got %v, %q, want missing, and to ask anew", err, fault.Sentence(err))
	}
}

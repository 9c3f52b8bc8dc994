package desk_test

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
)

func TestWhatWasToldOfGrantsIsPutAway(t *testing.T) {
	f, c, a := askedFor(t) // reviewer-1's
	ctx := t.Context()
	told := func(t *testing.T, grants, declined int) desk.Told {
		t.Helper()
		got, err := f.d.Told(ctx)
		if err != nil || len(got.Grants) != grants || len(got.Declined) != declined {
			t.Errorf("told of %+v, %v, want %d and %d", got, err, grants, declined)
		}
		return got
	}
	told(t, 0, 0)
	another := admin()
	another.ID = "admin-2"
	if err := f.d.Store().EnableOperator(ctx, another, []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	t.Run("a request that was declined", func(t *testing.T) {
		f.list(guard.Waiting{Device: f.p.Device, Operator: "reviewer-1", Ask: digits(t, a.Code), Case: c.ID, Reason: "核对家长投诉", At: clock().UTC(), Declined: true, By: "admin-1", Word: "理由不足"})
		f.in("clerk-2", clerkPassword, clock())
		told(t, 0, 0) // another's
		f.in("reviewer-1", reviewPassword, clock())
		if got := told(t, 0, 1); len(got.Declined) == 1 && (got.Declined[0].Code != a.Code || got.Declined[0].Word != "理由不足") {
			t.Errorf("told of %+v", got.Declined)
		}
		if err := f.d.PutToldAway(ctx, a.Code); err != nil {
			t.Fatal(err)
		}
		told(t, 0, 0)
		if all, err := f.d.Asks(ctx); err != nil || len(all) != 1 {
			t.Errorf("his requests: %+v, %v", all, err)
		}
	})
	t.Run("a grant that was taken back, and not one that stands", func(t *testing.T) {
		b, err := f.d.AskGrant(ctx, wanted(c.ID))
		if err != nil {
			t.Fatal(err)
		}
		g, err := f.d.ApproveAsk(ctx, b.Code, "admin-1", []byte(clerkPassword), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.d.PutToldAway(ctx, g.ID); err != nil {
			t.Fatal(err)
		}
		told(t, 1, 0)
		f.in("admin-2", clerkPassword, clock())
		if err := f.d.TakeBack(ctx, g.ID, "看错了申请人"); err != nil {
			t.Fatal(err)
		}
		f.in("reviewer-1", reviewPassword, clock())
		told(t, 0, 0)
		if heard, err := f.d.GrantsHeard(ctx); err != nil || len(heard) != 1 {
			t.Errorf("heard of %+v, %v", heard, err)
		}
	})
}

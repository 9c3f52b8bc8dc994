package desk_test

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

func TestARequestIsTakenBackByWhoMadeIt(t *testing.T) {
	f, c, a := askedFor(t) // reviewer-1's
	ctx := t.Context()
	refused := func(t *testing.T, err error, kind fault.Kind, words string) {
		t.Helper()
		if fault.KindOf(err) != kind || !strings.Contains(fault.Sentence(err), words) {
			t.Errorf("got %v, %q, want %v with %q", err, fault.Sentence(err), kind, words)
		}
	}
	f.in("clerk-2", clerkPassword, clock())
	t.Run("not by another, which is noted", func(t *testing.T) {
		from, _ := f.d.Store().Head()
		refused(t, f.d.WithdrawAsk(ctx, a.Code), fault.Denied, "请由本人登录后撤回")
		if b, err := loan.Body[loan.ViewBody](lastOf(t, f.d)); err != nil || b.Detail != "request not withdrawn: another operator's" {
			t.Errorf("the chain says %q, %v, from %d", b.Detail, err, from)
		}
	})
	t.Run("the bound of ten is free again", func(t *testing.T) {
		f.many(9, false)
		last := f.many(1, true)
		if err := f.d.WithdrawAsk(ctx, last.Code); err != nil {
			t.Fatal(err)
		}
		if b, err := loan.Body[loan.ViewBody](lastOf(t, f.d)); err != nil || b.Detail != guard.ExportWithdrawn {
			t.Errorf("the chain says %q, %v", b.Detail, err)
		}
		f.many(1, false)
	})
	f.in("reviewer-1", reviewPassword, clock())
	good := f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock())
	t.Run("it waits no more, and the chain says so under its case", func(t *testing.T) {
		if err := f.d.WithdrawAsk(ctx, a.Code); err != nil {
			t.Fatal(err)
		}
		raw, err := seal.ParseSpoken(a.Code, guard.AskSize)
		if err != nil {
			t.Fatal(err)
		}
		ch := lastOf(t, f.d)
		if b, err := loan.Body[loan.ViewBody](ch); err != nil || ch.Case != c.ID || ch.Operator != "reviewer-1" || b.Detail != guard.WithdrawnDetail(raw) {
			t.Errorf("the chain says %+v, %v", b, err)
		}
		if all, err := f.d.Asks(ctx); err != nil || len(all) != 0 {
			t.Errorf("%d wait, %v", len(all), err)
		}
		refused(t, f.d.WithdrawAsk(ctx, a.Code), fault.Missing, "已由本人撤回")
	})
	t.Run("an answer to it counts nothing, and says so", func(t *testing.T) {
		_, err := f.d.TakeGrant(ctx, a.Code, good)
		refused(t, err, fault.Missing, "已由本人撤回，批准不作数")
		_, err = f.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil)
		refused(t, err, fault.Missing, "已由本人撤回")
	})
	t.Run("nor does a grant that comes down for it, which is noted, also once another was taken back", func(t *testing.T) {
		other, err := f.d.AskGrant(ctx, wanted(c.ID))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.d.WithdrawAsk(ctx, other.Code); err != nil {
			t.Fatal(err)
		}
		from, _ := f.d.Store().Head()
		f.grants(a, "reviewer-1")
		if all, err := f.d.Grants(ctx); err != nil || len(all) != 0 {
			t.Errorf("%d grants, %v", len(all), err)
		}
		if got := refusalsIn(t, f.d, from); len(got) != 1 || !strings.HasSuffix(got[0], "grant refused: the request was withdrawn") {
			t.Errorf("the chain says %q", got)
		}
	})
	t.Run("what was granted already is not taken back", func(t *testing.T) {
		a, err := f.d.AskGrant(ctx, wanted(c.ID))
		if err != nil {
			t.Fatal(err)
		}
		f.grants(a, "reviewer-1")
		refused(t, f.d.WithdrawAsk(ctx, a.Code), fault.Missing, "已经批准")
		if all, err := f.d.Grants(ctx); err != nil || len(all) != 1 {
			t.Errorf("%d grants, %v", len(all), err)
		}
	})
}

// TestRequestsAreNotMadeAndTakenBackWithoutEnd is a loop, by itself or by hand.
func TestRequestsAreNotMadeAndTakenBackWithoutEnd(t *testing.T) {
	f, c, _ := askedFor(t)
	ctx := t.Context()
	back := func() error {
		longer := wanted(c.ID)
		longer.Hours++
		a, err := f.d.AskGrant(ctx, longer)
		if err != nil {
			return err
		}
		return f.d.WithdrawAsk(ctx, a.Code)
	}
	for i := range 20 {
		if err := back(); err != nil {
			t.Fatalf("number %d: %v", i+1, err)
		}
	}
	from, _ := f.d.Store().Head()
	if err := back(); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "已撤回 20 份") {
		t.Errorf("one more: got %v, %q", err, fault.Sentence(err))
	}
	if got := refusalsIn(t, f.d, from); len(got) != 1 || !strings.Contains(got[0], "as many were taken back as may") {
		t.Errorf("the chain says %q", got)
	}
	f.receipt(clock().Add(25 * time.Hour))
	f.in("reviewer-1", reviewPassword, clock().Add(25*time.Hour))
	if err := back(); err != nil {
		t.Errorf("a day later: got %v", err)
	}
}

// grants sends the grant down that a request of this laptop became.
func (f *field) grants(a desk.Asked, operator string) {
	f.t.Helper()
	f.grantsAt(f.p.Device, a, operator)
}

// grantsAt is grants for what was asked at another laptop.
func (f *field) grantsAt(device uuid.UUID, a desk.Asked, operator string) {
	f.t.Helper()
	raw, err := seal.ParseSpoken(a.Code, guard.AskSize)
	if err != nil {
		f.t.Fatal(err)
	}
	ask, err := guard.ParseAsk(raw)
	if err != nil {
		f.t.Fatal(err)
	}
	g, err := guard.Plea{Device: guard.TagOf(device), Operator: operator, Ask: ask}.Grant(a.Case, a.Reason, "admin-1", clock())
	if err != nil {
		f.t.Fatal(err)
	}
	g.Device = device
	content, err := g.Encode()
	if err != nil {
		f.t.Fatal(err)
	}
	f.send(bulletin.Bulletin{Kind: bulletin.Grant, Name: g.ID, Issued: clock().Add(time.Second).UTC(), Content: content})
}

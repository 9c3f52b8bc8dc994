package desk_test

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// queue is a number of cases of the clerk signed in.
func queue(t *testing.T, d *desk.Desk, n int) (out []uuid.UUID) {
	t.Helper()
	for range n {
		out = append(out, step(t)(d.NewCase(t.Context(), loan.First, false)).ID)
	}
	return out
}

const illReason = "经办人生病，接着办理"

func TestCasesTakenOverAreBoundedForADay(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	all := queue(t, f.d, guard.MaxTakes+6)
	f.in("clerk-2", clerkPassword, clock())
	take := func(id uuid.UUID) error {
		_, err := f.d.TakeOver(ctx, id, loan.EntryStation, illReason)
		return err
	}
	refused := func(t *testing.T, id uuid.UUID, words string) {
		t.Helper()
		if err := take(id); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), words) || !strings.Contains(fault.Sentence(err), "系统数据管理员") {
			t.Fatalf("got %v: %s", err, fault.Sentence(err))
		}
		if c, err := f.d.Case(ctx, id); err != nil || f.d.SeesFull(c) {
			t.Fatalf("he sees the case: %v", err)
		}
	}
	next := all[guard.MaxTakes:]
	for i, id := range all[:guard.MaxTakes] {
		if i == guard.MaxTakes/2 { // half of them before the program began afresh
			f.in("clerk-2", clerkPassword, f.now)
		}
		if err := take(id); err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		if _, err := f.d.TakeOver(ctx, next[0], loan.EntryStation, ""); fault.KindOf(err) != fault.Input {
			t.Fatalf("one without a reason is none, and not counted: %v", err)
		}
	}
	t.Run("one more is refused and recorded, and shows nothing", func(t *testing.T) {
		refused(t, next[0], "已达上限")
		if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Operator != "clerk-2" || ch.Case != next[0] || b.Detail != guard.TakeRefused || b.Reason != illReason {
			t.Errorf("the chain says %+v", b)
		}
	})
	t.Run("also after signing in again, and with the clock set back", func(t *testing.T) {
		f.in("clerk-2", clerkPassword, f.now)
		refused(t, next[0], "已达上限")
		f.in("clerk-2", clerkPassword, clock().Add(-20*time.Hour))
		refused(t, next[0], "已达上限")
		f.in("clerk-2", clerkPassword, clock().Add(time.Minute))
	})
	t.Run("to pass a case on is not to take one over, nor to work on what was passed on", func(t *testing.T) {
		f.in("clerk-1", clerkPassword, f.now)
		step(t)(f.d.PassOn(ctx, next[0], f.p.Device, "A", loan.ReviewStation))
		f.in("clerk-2", clerkPassword, f.now)
		step(t)(f.d.Edit(ctx, next[0], map[string]any{"loan.amount": 5000}))
		step(t)(f.d.PassOn(ctx, next[0], f.p.Device, "A", loan.SignStation))
	})
	t.Run("a grant allows as many as it counts, by telephone", func(t *testing.T) {
		a, err := f.d.AskGrant(ctx, desk.Wanted{Fields: []string{desk.TakeField}, Count: 2, Hours: 2, Reason: "经办人生病"})
		if err != nil {
			t.Fatal(err)
		}
		g, err := f.d.TakeGrant(ctx, a.Code, f.answerGrant(a.Code, "clerk-2", "admin-1", f.p.Device, f.now))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range next[1:3] {
			if err := take(id); err != nil {
				t.Fatal(err)
			}
			if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Case != id || b.Detail != guard.TakenWords(g.ID) {
				t.Errorf("the chain says %q", b.Detail)
			}
		}
		refused(t, next[3], "用完")
		f.in("clerk-2", clerkPassword, f.now)
		refused(t, next[3], "用完")
	})
	t.Run("and so does the word of a data administrator at the desk, of one's own none", func(t *testing.T) {
		a, err := f.d.AskGrant(ctx, desk.Wanted{Fields: []string{desk.TakeField}, Count: 1, Hours: 2, Reason: "经办人生病"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.d.ApproveAsk(ctx, a.Code, "clerk-2", []byte(clerkPassword), nil); fault.KindOf(err) != fault.Denied {
			t.Errorf("his own word: %v", err)
		}
		if _, err := f.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil); err != nil {
			t.Fatal(err)
		}
		if err := take(next[3]); err != nil {
			t.Fatal(err)
		}
		refused(t, next[4], "用完")
	})
	t.Run("the auditor is told", func(t *testing.T) {
		f.in("admin-1", clerkPassword, f.now)
		r, err := f.d.Record(ctx, desk.Sought{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, o := range r.Odd {
			found = found || o.Kind == desk.OddTakes && o.Operator == "clerk-2" && len(o.Cases) == 3
		}
		if !found {
			t.Errorf("odd: %+v", r.Odd)
		}
	})
	t.Run("the next day begins anew", func(t *testing.T) {
		f.in("clerk-2", clerkPassword, clock().AddDate(0, 0, 1))
		if err := take(next[4]); err != nil {
			t.Error(err)
		}
	})
}

func TestAFolderPutBackGivesNoTakeOverBack(t *testing.T) {
	f := newField(t)
	all := queue(t, f.d, guard.MaxTakes)
	f.in("clerk-2", clerkPassword, clock())
	f.setBack("clerk-2", clerkPassword, func() {
		for _, id := range all {
			step(t)(f.d.TakeOver(t.Context(), id, loan.EntryStation, illReason))
		}
	})
	if _, err := f.d.TakeOver(t.Context(), all[0], loan.EntryStation, illReason); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "恢复过备份") {
		t.Errorf("got %v: %s", err, fault.Sentence(err))
	}
}

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

func TestSearchesBeyondTheQueueAreBoundedForADay(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	entered(t, f.d)
	f.in("clerk-2", clerkPassword, clock())
	search := func() error {
		_, err := f.d.FindBeyond(ctx, "9914", "家长来电核对")
		return err
	}
	refused := func(t *testing.T, words string) {
		t.Helper()
		if err := search(); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), words) {
			t.Fatalf("got %v: %s", err, fault.Sentence(err))
		}
	}
	for i := range guard.MaxSearches {
		if i == guard.MaxSearches/2 { // half of them before the program began afresh
			f.in("clerk-2", clerkPassword, f.now)
		}
		if err := search(); err != nil {
			t.Fatalf("search %d: %v", i, err)
		}
		if _, err := f.d.FindBeyond(ctx, "9", "家长来电核对"); fault.KindOf(err) != fault.Input {
			t.Fatalf("one that browses is no search, and not counted: %v", err)
		}
	}
	t.Run("one more is refused and recorded", func(t *testing.T) {
		refused(t, "已达上限")
		if ch, b := lastLook(t, f.d, loan.ChangeSearch); ch.Operator != "clerk-2" || b.Detail != guard.SearchRefused || b.Reason == "" {
			t.Errorf("the chain says %+v", b)
		}
	})
	t.Run("also after signing in again, and with the clock set back", func(t *testing.T) {
		f.in("clerk-2", clerkPassword, f.now)
		refused(t, "已达上限")
		f.in("clerk-2", clerkPassword, clock().Add(-20*time.Hour))
		refused(t, "已达上限")
		f.in("clerk-2", clerkPassword, clock().Add(time.Minute))
	})
	t.Run("another operator has his own", func(t *testing.T) {
		f.in("reviewer-1", reviewPassword, f.now)
		if err := search(); err != nil {
			t.Error(err)
		}
		f.in("clerk-2", clerkPassword, f.now)
	})
	t.Run("a grant allows as many as it counts, by telephone", func(t *testing.T) {
		a, err := f.d.AskGrant(ctx, desk.Wanted{Fields: []string{desk.SearchField}, Count: 2, Hours: 2, Reason: "大批家长来电"})
		if err != nil {
			t.Fatal(err)
		}
		g, err := f.d.TakeGrant(ctx, a.Code, f.answerGrant(a.Code, "clerk-2", "admin-1", f.p.Device, f.now))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := search(); err != nil {
				t.Fatal(err)
			}
			if _, b := lastLook(t, f.d, loan.ChangeSearch); !strings.HasPrefix(b.Detail, "beyond 1, grant "+g.ID+", cases ") {
				t.Errorf("the chain says %q", b.Detail)
			}
		}
		refused(t, "用完")
		f.in("clerk-2", clerkPassword, f.now)
		refused(t, "用完")
	})
	t.Run("the auditor is told", func(t *testing.T) {
		f.in("admin-1", clerkPassword, f.now)
		r, err := f.d.Record(ctx, desk.Sought{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, o := range r.Odd {
			found = found || o.Kind == desk.OddSearches && o.Operator == "clerk-2"
		}
		if !found {
			t.Errorf("odd: %+v", r.Odd)
		}
	})
	t.Run("the next day begins anew", func(t *testing.T) {
		f.in("clerk-2", clerkPassword, clock().AddDate(0, 0, 1))
		if err := search(); err != nil {
			t.Error(err)
		}
	})
}

func TestAFolderPutBackGivesNoSearchBack(t *testing.T) {
	f := newField(t)
	entered(t, f.d)
	f.in("clerk-2", clerkPassword, clock())
	f.setBack("clerk-2", clerkPassword, func() {
		for range guard.MaxSearches {
			if _, err := f.d.FindBeyond(t.Context(), "9914", "家长来电核对"); err != nil {
				t.Fatal(err)
			}
		}
	})
	if _, err := f.d.FindBeyond(t.Context(), "9914", "家长来电核对"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "恢复过备份") {
		t.Errorf("got %v: %s", err, fault.Sentence(err))
	}
}

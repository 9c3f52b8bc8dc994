package desk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

// chain are the changes of this laptop's own chain that are not acknowledged.
func chain(t *testing.T, d *desk.Desk) []*loan.Change {
	t.Helper()
	all, err := d.Store().Pending(t.Context(), 0, 10000)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// lastLook is the newest look of a kind.
func lastLook(t *testing.T, d *desk.Desk, kind loan.ChangeKind) (*loan.Change, loan.ViewBody) {
	t.Helper()
	all := chain(t, d)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Kind == kind {
			b, err := loan.Body[loan.ViewBody](all[i])
			if err != nil {
				t.Fatal(err)
			}
			return all[i], b
		}
	}
	t.Fatalf("no %s in the chain", kind)
	return nil, loan.ViewBody{}
}

// ticking is a laptop whose clock the test moves.
func ticking(t *testing.T, dir, who, password string, now *time.Time) *desk.Desk {
	t.Helper()
	tl := tools(t)
	tl.Now = func() time.Time { return *now }
	door, err := desk.OpenDoor(t.Context(), store.Options{Dir: dir, Cost: seal.CheapCost(), Now: tl.Now}, tl)
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.SignIn(t.Context(), who, []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestAValueIsRevealedForHalfAMinute(t *testing.T) {
	ctx, dir, now := context.Background(), t.TempDir(), clock()
	d := laptop(t, dir)
	c := entered(t, d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	r := ticking(t, dir, "reviewer-1", reviewPassword, &now)
	if got := r.Shown(c).Student; got.Phone != "154****0001" || got.Name != "韦*𬎆" {
		t.Fatalf("before: %+v", got)
	}
	if err := r.Reveal(ctx, c.ID, []string{"student.phone"}, ""); fault.KindOf(err) != fault.Input {
		t.Fatalf("without a reason: got %v", err)
	}
	if err := r.Reveal(ctx, c.ID, []string{"student.phone"}, "家长来电核对"); err != nil {
		t.Fatal(err)
	}
	if got := r.Shown(c).Student; got.Phone != "15400000001" || got.Name != "韦*𬎆" || got.IDNo != "522***********9914" {
		t.Errorf("revealed: %+v", got)
	}
	if got := r.Shown(c).Coborrowers[0].Phone; got != "154****0002" {
		t.Errorf("the co-borrower's: %s", got)
	}
	ch, b := lastLook(t, r, loan.ChangeReveal)
	if ch.Operator != "reviewer-1" || ch.Case != c.ID || b.Reason != "家长来电核对" || len(b.Fields) != 1 || b.Fields[0] != "student.phone" {
		t.Errorf("the chain says %+v %+v", ch, b)
	}
	if strings.Contains(string(ch.Body), "15400000001") {
		t.Error("the chain has the value")
	}
	now = now.Add(guard.RevealFor - time.Second)
	if got := r.Shown(c).Student.Phone; got != "15400000001" {
		t.Errorf("after 29 s: %s", got)
	}
	now = now.Add(time.Second)
	if got := r.Shown(c).Student.Phone; got != "154****0001" {
		t.Errorf("after 30 s: %s", got)
	}
	if err := r.Reveal(ctx, c.ID, []string{"student.phone"}, "家长来电核对"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-time.Hour)
	if got := r.Shown(c).Student.Phone; got != "154****0001" {
		t.Errorf("with a clock set back: %s", got)
	}
	if err := r.Reveal(ctx, c.ID, []string{"student.phone"}, "家长来电核对"); err != nil {
		t.Fatal(err)
	}
	r.Conceal(c.ID)
	if got := r.Shown(c).Student.Phone; got != "154****0001" {
		t.Errorf("concealed: %s", got)
	}
}

func TestMoreThanAHandfulADayNeedsAGrant(t *testing.T) {
	ctx, dir, now := context.Background(), t.TempDir(), clock()
	d := laptop(t, dir)
	var cases []*loan.Case
	for range guard.MaxReveals + 1 {
		c, err := d.NewCase(ctx, loan.First, false)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	r := ticking(t, dir, "reviewer-1", reviewPassword, &now)
	phone := []string{"student.phone"}
	left := func(c *loan.Case, want int, may bool) {
		t.Helper()
		if n, here, err := r.ByReason(ctx, c.ID); n != want || here != may || err != nil {
			t.Errorf("%d are left, of this one %v, %v; want %d, %v", n, here, err, want, may)
		}
	}
	last := cases[guard.MaxReveals]
	for i, c := range cases[:guard.MaxReveals] {
		left(last, guard.MaxReveals-i, true)
		if err := r.Reveal(ctx, c.ID, phone, "家长来电核对"); err != nil {
			t.Fatal(err)
		}
	}
	left(last, 0, false)
	left(cases[0], 0, true)
	if err := r.Reveal(ctx, last.ID, phone, "家长来电核对"); fault.KindOf(err) != fault.Denied {
		t.Fatalf("one more: got %v", err)
	}
	if left, _ := r.Revealed(last.ID); left != 0 {
		t.Error("and it is shown all the same")
	}
	if ch, b := lastLook(t, r, loan.ChangeReveal); ch.Case != last.ID || b.Detail != "refused" {
		t.Errorf("the refusal in the chain: %+v %+v", ch, b)
	}
	if err := r.Reveal(ctx, cases[0].ID, phone, "家长来电核对"); err != nil {
		t.Errorf("one of today again: %v", err)
	}
	now = now.Add(-26 * time.Hour)
	if err := r.Reveal(ctx, last.ID, phone, "家长来电核对"); fault.KindOf(err) != fault.Denied {
		t.Errorf("with a clock set back a day: got %v", err)
	}
	now = now.Add(50 * time.Hour)
	if err := r.Reveal(ctx, last.ID, phone, "家长来电核对"); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

func TestASearchIsForTheOwnQueue(t *testing.T) {
	c, as := staffed(t)
	ctx := context.Background()
	for _, r := range guard.Roles() {
		d := as(r)
		if got := d.Find("", 0); len(got) != 0 {
			t.Errorf("%s lists %d cases of another", r, len(got))
		}
		if got := d.Matches("weice"); got != 0 {
			t.Errorf("%s counts %d cases of another", r, got)
		}
		for _, q := range []string{"", "韦", "99", "wei", "zhuang", "....  韦", "。。 韦", "—— 4", "!!!! w", "....", "。。。。"} {
			if _, err := d.FindBeyond(ctx, q, "家长来电核对"); fault.KindOf(err) != fault.Input {
				t.Errorf("%s browses by %q: %v", r, q, err)
			}
		}
		if _, err := d.FindBeyond(ctx, "9914", ""); fault.KindOf(err) != fault.Input {
			t.Errorf("%s searches without a reason: %v", r, err)
		}
		got, err := d.FindBeyond(ctx, "9914", "家长来电核对")
		if err != nil || got.Matches != 1 || len(got.Rows) != 1 || got.Rows[0].ID != c.ID || got.Rows[0].Name != "韦*𬎆" {
			t.Errorf("%s: got %+v, %v", r, got, err)
		}
		if ch, b := lastLook(t, d, loan.ChangeSearch); b.Reason != "家长来电核对" || b.Detail != "beyond 1, cases "+got.Rows[0].ID.String() || strings.Contains(string(ch.Body), "9914") {
			t.Errorf("the chain says %+v", b)
		}
	}
}

func TestASearchThatFindsManyShowsNone(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.Clerk)
	for range guard.MaxBeyond {
		k, err := d.NewCase(t.Context(), loan.First, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Edit(t.Context(), k.ID, map[string]any{"student.name": c.App.Student.Name}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := as(guard.Auditor).FindBeyond(t.Context(), c.App.Student.Name, "核对投诉")
	if err != nil || got.Matches != guard.MaxBeyond+1 || len(got.Rows) != 0 {
		t.Fatalf("got %+v, %v", got, err)
	}
}

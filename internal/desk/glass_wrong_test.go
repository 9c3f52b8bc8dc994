package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// TestAnEmergencyThatWasNotRightShowsNothingMore reviews one here and one at the
// centre, both before their hour is over.
func TestAnEmergencyThatWasNotRightShowsNothingMore(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c := entered(t, f.d)
	broken := func() guard.Grant {
		t.Helper()
		f.in("reviewer-1", reviewPassword, clock())
		g, err := f.d.BreakGlass(ctx, c.ID, "洪水断网，家属急用")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.d.Reveal(ctx, c.ID, []string{guard.ImagesField}, "洪水断网，家属急用"); err != nil {
			t.Fatalf("before the review: %v", err)
		}
		if _, err := f.d.Blob(ctx, c.ID, c.Slot(loan.PortraitStudent)[0].Blob); err != nil {
			t.Errorf("a picture before the review: %v", err)
		}
		return g.Grant
	}
	shut := func(when string) {
		t.Helper()
		err := f.d.Reveal(ctx, c.ID, []string{guard.ImagesField}, "洪水断网，家属急用")
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "撤销") {
			t.Errorf("%s: got %v: %s", when, err, fault.Sentence(err))
		}
		if have, err := f.d.Grants(ctx); err != nil || len(have) != 0 {
			t.Errorf("%s: %d grants in force, %v", when, len(have), err)
		}
	}
	reviewed := func(id string, right bool) {
		t.Helper()
		f.in("admin-1", clerkPassword, clock())
		if err := f.d.ReviewGlass(ctx, id, right, "复查过了"); err != nil {
			t.Fatal(err)
		}
		f.in("reviewer-1", reviewPassword, clock())
	}
	reviewed(broken().ID, false)
	shut("after the review here")
	if heard, err := f.d.GrantsHeard(ctx); err != nil || len(heard) != 1 || !heard[0].Revoked || heard[0].By != guard.Emergency || heard[0].Found.By != "admin-1" || heard[0].Found.Word != "复查过了" {
		t.Errorf("who used it hears %+v, %v", heard, err)
	}

	last := broken()
	b, err := guard.EncodeReviewed([]guard.Reviewed{{Device: f.d.Store().Profile().Device, ID: last.ID, Operator: "reviewer-1", Case: c.ID, By: "auditor-9", Word: "不应使用", At: clock()}})
	if err != nil {
		t.Fatal(err)
	}
	f.send(bulletin.Bulletin{Kind: bulletin.Reviews, Name: bulletin.ReviewsName, Issued: clock().UTC(), Content: b})
	if left, fields := f.d.Revealed(c.ID); left > 0 {
		t.Errorf("what was shown as the centre's review came is shown for %v yet: %v", left, fields)
	}
	if _, err := f.d.Blob(ctx, c.ID, c.Slot(loan.PortraitStudent)[0].Blob); fault.KindOf(err) != fault.Denied {
		t.Errorf("a picture after the centre's review: %v", err)
	}
	shut("after the review at the centre")
	if heard, err := f.d.GrantsHeard(ctx); err != nil || len(heard) != 2 || !slices.ContainsFunc(heard, func(g desk.Given) bool { return g.Found.By == "auditor-9" && g.Found.Word == "不应使用" }) {
		t.Errorf("who used it hears %+v, %v", heard, err)
	}

	t.Run("and what is odd says so", func(t *testing.T) {
		odd := func() desk.Oddity {
			t.Helper()
			f.in("admin-1", clerkPassword, clock())
			r, err := f.d.Record(ctx, desk.Sought{})
			i := slices.IndexFunc(r.Odd, func(o desk.Oddity) bool { return o.Kind == desk.OddGlass })
			if err != nil || i < 0 {
				t.Fatalf("got %+v, %v", r.Odd, err)
			}
			return r.Odd[i]
		}
		if o := odd(); o.Count != 2 || o.NotRight != 2 || o.Judged() != "2 次复查为不应使用" {
			t.Errorf("reviewed here and at the centre: %+v: %s", o, o.Judged())
		}
	})
	reviewed(broken().ID, true)
	if err := f.d.Reveal(ctx, c.ID, []string{guard.ImagesField}, "洪水断网，家属急用"); err != nil {
		t.Errorf("one that was right: %v", err)
	}
}

// TestAnEmergencyEndsWithAFileThatIsPutBack has the file put back that knows of the
// emergency, and not that it was not right.
func TestAnEmergencyEndsWithAFileThatIsPutBack(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c := entered(t, f.d)
	f.in("reviewer-1", reviewPassword, clock())
	g, err := f.d.BreakGlass(ctx, c.ID, "洪水断网，家属急用")
	if err != nil {
		t.Fatal(err)
	}
	f.setBack("admin-1", clerkPassword, func() {
		if err := f.d.ReviewGlass(ctx, g.ID, false, "与灾情无关"); err != nil {
			t.Fatal(err)
		}
	})
	f.in("reviewer-1", reviewPassword, f.now)
	if err := f.d.Reveal(ctx, c.ID, []string{guard.ImagesField}, "洪水断网，家属急用"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "恢复过备份") {
		t.Errorf("got %v: %s", err, fault.Sentence(err))
	}
}

// atOnce calls do n times at once and counts what went well.
func atOnce(n int, do func(i int) error) (well int) {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			well++
		}
	}
	return well
}

func TestEmergenciesAtOnceAreThreeAndAllAreReviewed(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.Clerk)
	n := atOnce(12, func(i int) error {
		return of(d.BreakGlass(t.Context(), c.ID, fmt.Sprintf("洪水断网 第%c次", '甲'+i)))
	})
	d = as(guard.Auditor)
	all, err := d.Glasses(t.Context())
	if n != 3 || err != nil || len(all) != 3 {
		t.Errorf("%d given, %d wait for a review, %v; want 3 of both", n, len(all), err)
	}
}

func TestRequestsAtOnceAreKeptUpToTen(t *testing.T) {
	_, as := staffed(t)
	d := as(guard.Clerk)
	n := atOnce(12, func(i int) error {
		return of(d.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.SearchField}, Count: 1 + i, Hours: 20 - i, Reason: fmt.Sprintf("家长来电第%c次", '甲'+i)}))
	})
	all, err := d.Asks(t.Context())
	if n != guard.MaxOwn || err != nil || len(all) != guard.MaxOwn {
		t.Errorf("%d asked, %d wait, %v; want ten of both", n, len(all), err)
	}
}

// TestARequestIsApprovedOnce has it approved many times at once while others are made.
func TestARequestIsApprovedOnce(t *testing.T) {
	f, _, a := askedFor(t)
	n := atOnce(6, func(i int) error {
		if i%2 == 0 {
			return of(f.d.ApproveAsk(t.Context(), a.Code, "admin-1", []byte(clerkPassword), nil))
		}
		_, err := f.d.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.SearchField}, Count: 1 + i, Hours: 20 - i, Reason: "家长来电核对"})
		if err == nil {
			err = errors.New("asked, and approved nothing")
		}
		return err
	})
	all, err := f.d.Asks(t.Context())
	if n != 1 || err != nil || len(all) != 3 || slices.ContainsFunc(all, func(o desk.Asked) bool { return o.Code == a.Code }) {
		t.Errorf("approved %d times, %d wait, %v; want 1 and 3", n, len(all), err)
	}
}

package desk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// manifold is a laptop of a real county at which one person is clerk, data
// administrator and auditor, signed in, with a case of his own.
func manifold(t *testing.T) (*field, *loan.Case) {
	t.Helper()
	f := newField(t)
	p := guard.Operator{ID: "person-1", Name: "身兼数职", Roles: []guard.Role{guard.Clerk, guard.DataAdmin, guard.Auditor}, Enabled: true}
	if err := f.d.Store().EnableOperator(t.Context(), p, []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	f.in(p.ID, clerkPassword, clock())
	return f, entered(t, f.d)
}

// refusedFor wants a refusal because of a part in the case, which says who may.
func refusedFor(t *testing.T, what string, err error, others string) {
	t.Helper()
	if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "没有经手本案的另一位"+others) {
		t.Errorf("%s: got %v: %s", what, err, fault.Sentence(err))
	}
}

func TestWhoHadAPartInACaseHasNoWordOnAGrantForIt(t *testing.T) {
	f, c := manifold(t)
	ctx := t.Context()
	f.in("reviewer-1", reviewPassword, clock())
	a, err := f.d.AskGrant(ctx, wanted(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.d.ApproveAsk(ctx, a.Code, "person-1", []byte(clerkPassword), nil)
	refusedFor(t, "at the desk", err, "系统数据管理员")
	if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Operator != "person-1" || b.Detail != "refused approve-grant: "+guard.WhyPart {
		t.Errorf("the chain says %s %+v", ch.Operator, b)
	}
	_, err = f.d.TakeGrant(ctx, a.Code, f.answerGrant(a.Code, "reviewer-1", "person-1", f.p.Device, clock()))
	refusedFor(t, "by a code, given where the case is not", err, "系统数据管理员")
	out := wanted(c.ID)
	out.Export = true
	e, err := f.d.AskGrant(ctx, out)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.d.ApproveAsk(ctx, e.Code, "person-1", []byte(clerkPassword), nil)
	refusedFor(t, "of an export", err, "系统数据管理员")
	f.in("person-1", clerkPassword, clock())
	id := f.p.Device.String()
	_, err = f.d.AnswerAsk(ctx, id[len(id)-8:], "reviewer-1", a.Code, "核对家长投诉")
	refusedFor(t, "an answer by telephone", err, "系统数据管理员")
	f.in("reviewer-1", reviewPassword, clock())
	if _, err := f.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil); err != nil {
		t.Errorf("by another: %v", err)
	}
}

// TestWhoTookACaseOverOrPassedItOnHadAPartInIt is of one who wrote nothing of it.
func TestWhoTookACaseOverOrPassedItOnHadAPartInIt(t *testing.T) {
	f, _ := manifold(t)
	ctx, must := t.Context(), step(t)
	f.in("clerk-1", clerkPassword, clock())
	other, live := must(f.d.Void(ctx, entered(t, f.d).ID, "本人不再申请")), entered(t, f.d)
	f.in("person-1", clerkPassword, clock())
	if _, err := f.d.RequestedCase(ctx, other.ID.String()[28:], "本人当面要求删除"); err != nil {
		t.Fatalf("who had no part: %v", err)
	}
	must(f.d.TakeOver(ctx, live.ID, loan.EntryStation, "经办人临时离开"))
	f.in("reviewer-1", reviewPassword, clock())
	a, err := f.d.AskGrant(ctx, wanted(live.ID))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.d.ApproveAsk(ctx, a.Code, "person-1", []byte(clerkPassword), nil)
	refusedFor(t, "took it over", err, "系统数据管理员")
	f.in("clerk-1", clerkPassword, clock())
	walked := entered(t, f.d)
	must(f.d.PassOn(ctx, walked.ID, f.p.Device, "A", loan.EntryStation))
	f.in("person-1", clerkPassword, clock())
	c := must(f.d.PassOn(ctx, walked.ID, f.p.Device, "A", loan.PhotoStation))
	if c.Authors["person-1"] || c.Handlers["person-1"] {
		t.Fatal("he wrote of it")
	}
	f.in("reviewer-1", reviewPassword, clock())
	g, err := f.d.BreakGlass(ctx, walked.ID, "洪水断网，家属急用")
	if err != nil {
		t.Fatal(err)
	}
	f.in("person-1", clerkPassword, clock())
	refusedFor(t, "passed it on", f.d.ReviewGlass(ctx, g.ID, true, "属实"), "系统数据管理员或审计员")
}

func TestWhoHadAPartInACaseDoesNotReviewAnEmergencyInIt(t *testing.T) {
	f, c := manifold(t)
	ctx := t.Context()
	f.in("reviewer-1", reviewPassword, clock())
	g, err := f.d.BreakGlass(ctx, c.ID, "洪水断网，家属急用")
	if err != nil {
		t.Fatal(err)
	}
	f.in("person-1", clerkPassword, clock())
	refusedFor(t, "his own case's", f.d.ReviewGlass(ctx, g.ID, true, "属实"), "系统数据管理员或审计员")
	f.in("admin-1", clerkPassword, clock())
	if err := f.d.ReviewGlass(ctx, g.ID, true, "属实"); err != nil {
		t.Errorf("another: %v", err)
	}
}

func TestWhoHadAPartInACaseDoesNotEraseIt(t *testing.T) {
	f, c := manifold(t)
	ctx := t.Context()
	step(t)(f.d.Void(ctx, c.ID, "本人不再申请"))
	row, err := f.d.RequestedCase(ctx, c.ID.String()[28:], "本人当面要求删除")
	refusedFor(t, "finds it", err, "系统数据管理员")
	if row.ID != c.ID {
		t.Error("the screen cannot note that it was asked for")
	}
	_, err = f.d.EraseCase(ctx, c.ID, "本人当面要求删除", nil)
	refusedFor(t, "erases it", err, "系统数据管理员")
	if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Operator != "person-1" || !strings.HasSuffix(b.Detail, c.ID.String()+" on request: refused") {
		t.Errorf("the chain says %s %+v", ch.Operator, b)
	}
	f.in("admin-1", clerkPassword, clock())
	if _, err := f.d.RequestedCase(ctx, c.ID.String()[28:], "本人当面要求删除"); err != nil {
		t.Errorf("another finds it: %v", err)
	}
	if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Operator != "admin-1" || ch.Case != uuid.Nil || b.Detail != "case to erase found: "+c.ID.String() {
		t.Errorf("that it was shown: the chain says %s %+v", ch.Operator, b)
	}
	if _, err := f.d.EraseCase(ctx, c.ID, "本人当面要求删除", nil); err != nil {
		t.Errorf("another: %v", err)
	}
}

// TestWhoHadAPartInACaseDoesNotEraseItWithItsSeason lets a clerk who is a data
// administrator too erase a season of which one case is his own.
func TestWhoHadAPartInACaseDoesNotEraseItWithItsSeason(t *testing.T) {
	ctx := context.Background()
	k := newKeeper(t)
	others := k.delivered()
	both := guard.Operator{ID: "both-1", Name: "身兼两职", Roles: []guard.Role{guard.Clerk, guard.DataAdmin}, Enabled: true}
	enabled(t, k.d, both, bothPassword)
	k.as("both-1", bothPassword)
	own := k.delivered()
	out, err := k.d.EraseSeason(ctx, 2023, nil)
	if err != nil || out.Cases != 1 || len(out.Refused) != 1 || out.Refused[0].Why != desk.WhyPart || !slices.Equal(out.Refused[0].Cases, []uuid.UUID{own.ID}) {
		t.Fatalf("by who entered one of two: got %+v, %v", out, err)
	}
	if _, err := k.d.Open(ctx, others.ID); fault.KindOf(err) != fault.Erased {
		t.Errorf("the other's: got %v, want it erased", err)
	}
	k.as("admin-1", reviewPassword)
	if out, err = k.d.EraseSeason(ctx, 2023, nil); err != nil || out.Cases != 1 || len(out.Refused) != 0 {
		t.Errorf("by another: got %+v, %v", out, err)
	}
}

// TestNothingRestsOnAReviewOfNoReviewer has a case of which a laptop says that a data
// administrator, or nobody of the roster, reviewed it.
func TestNothingRestsOnAReviewOfNoReviewer(t *testing.T) {
	ctx := t.Context()
	for name, who := range map[string]string{"of a data administrator": "admin-1", "of nobody of the roster": "made-up"} {
		t.Run(name, func(t *testing.T) {
			f := newField(t)
			c := step(t)(f.d.Submit(ctx, entered(t, f.d).ID))
			body := store.Entry{Kind: loan.ChangeReview, Operator: who, Case: c.ID, Body: loan.ReviewBody{Pass: true}}
			if _, err := f.d.Store().Commit(ctx, []store.Entry{body}, nil); err != nil {
				t.Fatal(err)
			}
			if c = step(t)(f.d.Store().Case(ctx, c.ID)); c.Status != loan.ToSign {
				t.Fatalf("the case is %s", c.Status)
			}
			_, _, err := f.d.PrepareContract(ctx, c.ID)
			var why *guard.Refusal
			if fault.KindOf(err) != fault.Denied || !errors.As(err, &why) || why.Why != guard.WhyReview || !strings.Contains(fault.Sentence(err), "请先同步") {
				t.Fatalf("a contract: got %v: %s", err, fault.Sentence(err))
			}
			if err := f.d.Store().AddOperator(ctx, guard.Operator{ID: who, Name: "某", Roles: []guard.Role{guard.Reviewer}, Enabled: true}); err != nil {
				t.Fatal(err)
			}
			if _, _, err := f.d.PrepareContract(ctx, c.ID); err != nil {
				t.Errorf("once the roster says that he is one: %v", err)
			}
		})
	}
}

// TestWhoHadAWordOnACaseHasNoPartInItAfterwards is the other order: one who approves
// grants reviews cases too, and one who reviews emergencies is a clerk too.
func TestWhoHadAWordOnACaseHasNoPartInItAfterwards(t *testing.T) {
	f := newField(t)
	ctx, must := t.Context(), step(t)
	for _, o := range []guard.Operator{
		{ID: "both-1", Name: "两种角色", Roles: []guard.Role{guard.DataAdmin, guard.Reviewer}, Enabled: true},
		{ID: "watch-1", Name: "审计兼操作", Roles: []guard.Role{guard.Auditor, guard.Clerk}, Enabled: true},
	} {
		if err := f.d.Store().EnableOperator(ctx, o, []byte(clerkPassword)); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(what string, err error) {
		t.Helper()
		if say := fault.Sentence(err); fault.KindOf(err) != fault.Denied || !strings.Contains(say, "另一位") || !strings.Contains(say, "县资助中心另派一位") {
			t.Errorf("%s: got %v: %s", what, err, say)
		}
	}
	may := func(c *loan.Case) (ids []string) {
		people, err := f.d.Reviewers(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			ids = append(ids, p.ID)
		}
		return ids
	}
	f.in("clerk-1", clerkPassword, clock())
	c, other := entered(t, f.d), entered(t, f.d)
	f.in("clerk-2", clerkPassword, clock())
	a, err := f.d.AskGrant(ctx, wanted(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = f.d.ApproveAsk(ctx, a.Code, "both-1", []byte(clerkPassword), nil); err != nil {
		t.Fatal(err)
	}
	f.in("clerk-1", clerkPassword, clock())
	c, other = must(f.d.Submit(ctx, c.ID)), must(f.d.Submit(ctx, other.ID))
	if got := may(c); slices.Contains(got, "both-1") || !slices.Contains(got, "reviewer-1") {
		t.Errorf("who may review are %v", got)
	}
	if got := may(other); !slices.Contains(got, "both-1") {
		t.Errorf("who may review the other case are %v", got)
	}
	_, err = f.d.Review(ctx, c.ID, "both-1", []byte(clerkPassword), true, "")
	refused("the review of who approved a grant", err)
	if _, b := lastLook(t, f.d, loan.ChangeView); b.Detail != "refused review: "+guard.WhyWord {
		t.Errorf("the chain says %+v", b)
	}
	must(f.d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	must(f.d.Review(ctx, other.ID, "both-1", []byte(clerkPassword), true, ""))

	f.in("clerk-2", clerkPassword, clock())
	g, err := f.d.BreakGlass(ctx, c.ID, "洪水断网急需核对")
	if err != nil {
		t.Fatal(err)
	}
	f.in("watch-1", clerkPassword, clock())
	if err := f.d.ReviewGlass(ctx, g.ID, true, "情况属实"); err != nil {
		t.Fatal(err)
	}
	_, err = f.d.TakeOver(ctx, c.ID, loan.SignStation, "接着办理")
	refused("taken over by who reviewed an emergency", err)
	must(f.d.TakeOver(ctx, other.ID, loan.SignStation, "接着办理"))
	if _, _, err := f.d.PrepareContract(ctx, other.ID); err != nil {
		t.Errorf("of a case on which he had no word: %v", err)
	}
}

// TestAWordOfTheCentreCountsAtTheLaptop is of a grant that came down signed.
func TestAWordOfTheCentreCountsAtTheLaptop(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	both := guard.Operator{ID: "both-1", Name: "两种角色", Roles: []guard.Role{guard.DataAdmin, guard.Reviewer}, Enabled: true}
	if err := f.d.Store().EnableOperator(ctx, both, []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	f.in("clerk-1", clerkPassword, clock())
	c := step(t)(f.d.Submit(ctx, entered(t, f.d).ID))
	content, err := guard.Grant{ID: "g-1", Operator: "clerk-2", By: "both-1", Fields: []string{"student.phone"}, Cases: []uuid.UUID{c.ID}, Reason: "核对家长投诉",
		From: clock().UTC().Add(-time.Hour), Until: clock().UTC().Add(time.Hour)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	f.send(bulletin.Bulletin{Kind: bulletin.Grant, Name: "g-1", Issued: clock(), Content: content})
	_, err = f.d.Review(ctx, c.ID, "both-1", []byte(clerkPassword), true, "")
	if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "县资助中心另派一位") {
		t.Errorf("got %v: %s", err, fault.Sentence(err))
	}
}

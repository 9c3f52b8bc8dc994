package desk_test

import (
	"encoding/hex"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"github.com/google/uuid"
)

func TestWhatWasApprovedOverTheNetworkIsTakenBackWhereItWasApproved(t *testing.T) {
	a := newAnswering(t)
	if err := a.plea(true); err != nil {
		t.Fatal(err)
	}
	all := a.leaves()
	if len(all) != 1 || all[0].Where != a.end() || all[0].Operator != "clerk-2" || all[0].Case != a.c.ID.String()[28:] {
		t.Fatalf("got %+v", all)
	}
	if err := a.d.TakeBack(t.Context(), all[0].Grant, "看错了申请人"); err != nil || len(a.leaves()) != 0 {
		t.Errorf("got %v", err)
	}
}

func TestAGrantThatNeverCameToBeIsNotOfferedToBeTakenBack(t *testing.T) {
	a := newAnswering(t)
	if err := a.plea(true); err != nil {
		t.Fatal(err)
	}
	all := a.leaves()
	if len(all) != 1 {
		t.Fatalf("got %+v", all)
	}
	for i, k := range []struct {
		why  guard.Why
		at   time.Time
		want int
	}{
		{guard.WhyGone, clock().Add(-time.Hour), 1}, // said of an answer before this one
		{guard.WhyApproved, clock().Add(time.Hour), 1},
		{guard.WhyGone, clock().Add(time.Hour), 0},
		{guard.WhyDeclined, clock().Add(time.Hour), 0},
	} {
		back := guard.AnswerBack{Operator: "both-1", Answer: guard.SaidYes, Why: k.why, Device: a.other, Asker: "clerk-2",
			Ask: hex.EncodeToString(must(t, a.ask)), Grant: all[0].Grant, Case: a.c.ID, At: k.at.UTC()}
		if k.why == guard.WhyApproved || k.why == guard.WhyDeclined {
			back.By = "admin-9"
		}
		b, err := guard.EncodeAnswersBack([]guard.AnswerBack{back})
		if err != nil {
			t.Fatal(err)
		}
		a.send(bulletin.Bulletin{Kind: bulletin.Answers, Name: bulletin.AnswersName, Issued: clock().Add(time.Duration(i+1) * time.Minute).UTC(), Content: b})
		if got := a.leaves(); len(got) != k.want {
			t.Errorf("%s at %s: got %+v", k.why, k.at, got)
		}
	}
}

func TestNobodyIsOfferedToTakeHisOwnGrantBack(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c := entered(t, f.d)
	other := admin()
	other.ID = "admin-2"
	enabled(t, f.d, other, clerkPassword)
	f.in("admin-1", clerkPassword, clock())
	a, err := f.d.AskGrant(ctx, wanted(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.d.ApproveAsk(ctx, a.Code, "admin-2", []byte(clerkPassword), nil); err != nil {
		t.Fatal(err)
	}
	if all := f.leaves(); len(all) != 0 {
		t.Errorf("his own: %+v", all)
	}
	f.in("admin-2", clerkPassword, clock())
	if all := f.leaves(); len(all) != 1 {
		t.Errorf("to another: %+v", all)
	}
}

func TestAGrantForAnotherLaptopIsNotHeardOfHere(t *testing.T) {
	f, _, a := askedFor(t)
	for name, want := range map[uuid.UUID]int{uuid.New(): 0, f.p.Device: 1} {
		f.grantsAt(name, a, "reviewer-1")
		var here []desk.Given
		all, err := f.d.GrantsHeard(t.Context())
		for _, g := range all {
			if g.Grant.Device == name && g.By != guard.Emergency {
				here = append(here, g)
			}
		}
		if err != nil || len(here) != want {
			t.Errorf("heard of %+v, %v, want %d", all, err, want)
		}
	}
}

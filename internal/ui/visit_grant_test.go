package ui

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func testAdmin() guard.Operator {
	return guard.Operator{ID: "admin-1", Name: "练习管理员", Roles: []guard.Role{guard.DataAdmin}, Enabled: true}
}

// othersCase is a case of clerk-1 open before a reviewer, on a laptop where a
// data administrator can sign in.
func othersCase(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered).id
	if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	r.openFor(id)
	return r
}

func TestPicturesAreSeenByAGrantOfAnAdministratorAtTheDesk(t *testing.T) {
	r := othersCase(t)
	r.ui(func() { r.u.shell.current.askGrant() })
	r.settle()
	r.typeLines("核对家长投诉的材料")
	r.settle()
	r.snap("grant-wait")
	asks, err := r.u.desk.Asks(t.Context())
	if err != nil || len(asks) != 1 {
		t.Fatalf("got %d requests, %v", len(asks), err)
	}
	r.answer() // nothing was given
	if r.dialog() == nil {
		t.Fatal("approved by nobody")
	}
	if _, err := r.u.desk.ApproveAsk(t.Context(), asks[0].Code, "admin-1", []byte(reviewPassword), nil); err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.dialog().Close() })
	v := r.visit()
	r.ui(func() { v.askReveal() })
	r.settle()
	r.snap("reveal-more")
	r.ui(func() { r.dialog().Close() })
	if err := r.u.desk.Reveal(t.Context(), v.id, []string{guard.ImagesField}, "核对家长投诉的材料"); err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		v.refresh()
		v.showPictures()
	})
	r.settle()
	r.u.idle(t)
	r.snap("reveal-pictures")
	r.ui(func() {
		if v.revealing.pictures == nil {
			t.Fatal("no pictures")
		}
		v.conceal()
		if r.dialog() != nil {
			t.Error("the pictures stay when the time is over")
		}
	})
}

func TestAnAdministratorAnswersAndReviews(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	if _, err := r.u.desk.BreakGlass(t.Context(), v.id, "洪水断网，家属急需核对"); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("admin-1", reviewPassword)
	r.ui(func() {
		r.u.shell.visit("manage")
		r.u.shell.screen.(*manage).turn(ofGrants)
	})
	var s *grantSection
	r.until("the emergency is listed", func() bool {
		s = r.u.shell.screen.(*manage).shownNow.(*grantSection)
		return len(s.breaks.Objects) == 1
	})
	r.snap("manage-grants")
	all, err := r.u.desk.Glasses(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("got %d, %v", len(all), err)
	}
	r.ui(func() { s.review(all[0]) })
	r.settle()
	r.snap("manage-review")
	r.answer() // without a word
	if r.dialog() == nil {
		t.Fatal("reviewed without a word")
	}
	if at, say := r.blamed(); at != 0 || say == "" {
		t.Errorf("with nothing chosen: got field %d: %q", at, say)
	}
	r.ui(func() { r.dialog().Close() })
	r.ui(s.answer)
	r.snap("manage-answer")
}

func TestAScannedRequestFillsWhoAsksAndWhere(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Case: v.id, Hours: 2, Reason: "核对家长投诉"})
	if err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("admin-1", reviewPassword)
	r.ui(func() {
		r.u.shell.visit("manage")
		r.u.shell.screen.(*manage).turn(ofGrants)
	})
	r.settle()
	s := r.u.shell.screen.(*manage).shownNow.(*grantSection)
	r.ui(s.answer)
	r.settle()
	r.typeLines(a.Scan, "核对是本人")
	r.settle()
	r.snap("grant-answer")
	if r.dialog() == nil {
		t.Fatal("no answer is shown")
	}
	// The answer, as its QR code says it, serves where it was asked for.
	answer, err := r.u.desk.AnswerAsk(t.Context(), a.Scan[len("doorstep:ask:"):][:8], "reviewer-1", a.Code, "核对是本人")
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.dialog().Close() })
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	if _, err := r.u.desk.TakeGrant(t.Context(), a.Code, desk.AnswerScan(answer)+"\r\n"); err != nil {
		t.Error(err)
	}
}

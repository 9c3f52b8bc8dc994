package ui

import (
	"encoding/hex"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

func TestAnAdministratorAnswersARequestOfAnotherLaptop(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			r := newIssuerRig(t, variant)
			point := r.u.desk.Laptop().Point
			if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
				t.Fatal(err)
			}
			stands, err := guard.EncodeStandings([]guard.Standing{{ID: "admin-1", Level: guard.CountyLevel, Org: "522727"}, {ID: "reviewer-1", Level: guard.PointLevel, Org: point}})
			if err != nil {
				t.Fatal(err)
			}
			r.send(bulletin.Standing, bulletin.StandingName, stands)
			id := uuid.MustParse("0190a000-0000-7000-8000-0000000000a1")
			ask, err := guard.Ask{Nonce: [4]byte{1}, Fields: []string{guard.ImagesField, "student.phone"}, Hours: 2, Case: guard.TagOf(id)}.Encode()
			if err != nil {
				t.Fatal(err)
			}
			list, err := guard.EncodeWaiting([]guard.Waiting{{Device: uuid.MustParse("0190a000-0000-7000-8000-0000000000d1"), Operator: "reviewer-1", Ask: hex.EncodeToString(ask), Case: id,
				Reason: "家长投诉影像与本人不符，须核对原件", At: testClock().UTC()}})
			if err != nil {
				t.Fatal(err)
			}
			r.send(bulletin.Asks, bulletin.AsksName, list)
			seen, err := guard.EncodeReviewed([]guard.Reviewed{
				{Device: r.u.desk.Store().Profile().Device, ID: "e-0123456789abcdef01234567", Operator: "reviewer-1", Case: id, By: "aud-9", Word: "灾情不在本乡，不应使用", At: testClock().UTC()},
				{Device: id, ID: "e-0123456789abcdef01234568", Operator: "reviewer-1", Case: id, By: "aud-9", Word: "另一台电脑的", At: testClock().UTC()}})
			if err != nil {
				t.Fatal(err)
			}
			r.send(bulletin.Reviews, bulletin.ReviewsName, seen)
			r.ui(r.u.lock)
			r.locked()
			r.enter("admin-1", reviewPassword)
			r.ui(func() { r.u.shell.visit("manage") })
			r.u.idle(t)
			r.snap("manage-people-" + look)
			var s *grantSection
			r.ui(func() {
				m := r.u.shell.screen.(*manage)
				m.sections.SetValue(ofGrants)
				m.turn(ofGrants)
				s = m.shownNow.(*grantSection)
			})
			// That none waits, and what the centre said of one.
			r.until("the emergencies are listed", func() bool { return len(s.breaks.Objects) == 2 })
			r.snap("manage-pleas-" + look)
			pleas, err := r.u.desk.Pleas(t.Context())
			if err != nil || len(pleas) != 1 {
				t.Fatalf("got %d requests, %v", len(pleas), err)
			}
			r.ui(func() { s.decide(pleas[0]) })
			r.snap("manage-plea-" + look)
			r.answer()
			if r.dialog() == nil {
				t.Fatal("answered without a choice")
			}
			r.ui(func() { r.dialog().Close() })
			if err := r.u.desk.AnswerPlea(t.Context(), pleas[0], true, "核对属实，同意"); err != nil {
				t.Fatal(err)
			}
			n, _ := r.u.desk.Store().Head()
			last, err := r.u.desk.Store().Pending(t.Context(), n-1, 1)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := loan.Body[loan.ViewBody](last[0]); err != nil || !strings.HasPrefix(b.Detail, "grant approved ") {
				t.Errorf("the chain says %+v, %v", b, err)
			}
			r.ui(s.refresh)
			r.u.idle(t)
			if again, err := r.u.desk.Pleas(t.Context()); err != nil || len(again) != 0 {
				t.Errorf("it still waits: %d, %v", len(again), err)
			}
		})
	}
}

func TestTheRecordSaysOfAnAnswerWhichCaseItWasAbout(t *testing.T) {
	for detail, want := range map[string]string{
		"grant answered for o-1 at 01020304, 2 hours, 1 cases, case 0a0b0c0d":                                     "批准他机申请，账号 o-1，电脑 01020304，2 小时，1 件，案件 0a0b0c0d",
		"grant answered for o-1 at 01020304, 2 hours, 3 cases":                                                    "批准他机申请，账号 o-1，电脑 01020304，2 小时，3 件",
		"export answered for o-1 at 01020304, 2 hours, 1 cases, case 0a0b0c0d, to 0100-0000-0000-0000 某市, for 抽查": "批准他机导出申请，账号 o-1，电脑 01020304，2 小时，1 件，案件 0a0b0c0d，接收人 0100-0000-0000-0000 某市，用途 抽查",
	} {
		if got := detailWords(desk.Line{Kind: loan.ChangeView, Detail: detail}); got != want {
			t.Errorf("%q: got %s, want %s", detail, got, want)
		}
	}
}

package ui

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

func TestTheReviewerSeesWhatDiffers(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			r := newRig(t, variant)
			v := r.open(loan.First, false, entered, func(r *rig, id uuid.UUID) {
				r.must(r.u.desk.Edit(t.Context(), id, map[string]any{"student.id_ocr_name": "韦测瑾", "student.sex": "女"}))
				r.must(r.u.desk.Edit(t.Context(), id, map[string]any{"student.id_ocr_name": "韦测𬎆"}))
				r.must(r.u.desk.Edit(t.Context(), id, map[string]any{"student.sex": "男"}))
				r.must(r.u.desk.Submit(t.Context(), id))
			})
			r.ui(func() { v.show(stepReview) })
			r.settle()
			r.u.idle(t)
			c := v.steps[stepReview].(*reviewStep).beside
			r.ui(func() {
				if c.content.Visible() {
					t.Error("it shows differences where all agree")
				}
			})
			first := v.c
			second, err := r.u.desk.NewCase(t.Context(), loan.First, false)
			if err != nil {
				t.Fatal(err)
			}
			entered(r, second.ID)
			r.must(r.u.desk.Edit(t.Context(), second.ID, map[string]any{"student.phone": "15400000077", "study.major": "另一专业"}))
			r.ui(func() {
				c.asked = ""
				v.take(first)
			})
			r.until("what differs is shown", func() bool { return c.content.Visible() })
			r.snap("review-compare-" + look)
		})
	}
}

func TestWhatIsNotOnesToCompareSaysSo(t *testing.T) {
	for look, variant := range looks() {
		t.Run(look, func(t *testing.T) {
			r := newIssuerRig(t, variant)
			s := listed("52272720050314991", "韦测丙", true)
			s.Phone = "15400000055"
			r.send(bulletin.Roster, "PT1", rosterText(s))
			v := r.open(loan.First, false, entered, func(r *rig, id uuid.UUID) {
				r.must(r.u.desk.Edit(t.Context(), id, map[string]any{"student.id_no": s.IDNo, "student.name": "韦测丁"}))
			})
			r.ui(func() { v.show(stepReview) })
			r.settle()
			c := v.steps[stepReview].(*reviewStep).beside
			r.until("what differs is shown", func() bool { return c.content.Visible() })
			r.ui(func() {
				said := ""
				for _, o := range test.LaidOutObjects(c.content) {
					if t, ok := o.(*kit.Text); ok {
						said += t.Text() + "\n"
					}
				}
				if !strings.Contains(said, "只显示遮盖的部分") || strings.Contains(said, s.Phone) || strings.Contains(said, s.Name) {
					t.Errorf("it says %q", said)
				}
			})
			r.snap("review-compare-withheld-" + look)
		})
	}
}

// TestAReviewerWhoMayNotReviewIsToldWhoMay is of one who granted the case before.
func TestAReviewerWhoMayNotReviewIsToldWhoMay(t *testing.T) {
	field, centre, _ := fieldRig(t, kit.Light)
	r := &issuerRig{rig: field, centre: centre}
	both := guard.Operator{ID: "both-1", Name: "身兼两职", Roles: []guard.Role{guard.DataAdmin, guard.Reviewer}, Enabled: true}
	if err := r.u.desk.Store().EnableOperator(t.Context(), both, []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	c := r.open(loan.First, false, entered, func(r *rig, id uuid.UUID) { r.must(r.u.desk.Submit(t.Context(), id)) }).c
	now := testClock().UTC()
	content, err := guard.Grant{ID: "g-1", Operator: "clerk-2", By: "both-1", Fields: []string{"student.phone"}, Cases: []uuid.UUID{c.ID}, Reason: "核对家长投诉", From: now, Until: now.Add(time.Hour)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	r.send(bulletin.Grant, "g-1", content)
	r.ui(r.u.lock)
	r.locked()
	r.enter("both-1", reviewPassword)
	r.openFor(c.ID)
	v := r.visit()
	r.ui(func() { v.show(stepReview) })
	r.settle()
	r.u.idle(t)
	said := ""
	r.ui(func() {
		said = v.steps[stepReview].(*reviewStep).state.Text()
		if v.full() {
			t.Error("he sees it in full")
		}
	})
	if !strings.Contains(said, "您不能复核本案") || !strings.Contains(said, testReviewer().Name+"看着原件") || strings.Contains(said, both.Name) {
		t.Errorf("it says %q", said)
	}
	if got := r.u.desk.Find("", 0); len(got) != 0 {
		t.Errorf("%d cases are offered to him", len(got))
	}
}

func TestTheReviewerSeesWhatDiffersOfTheCoborrower(t *testing.T) {
	for look, variant := range looks() {
		t.Run(look, func(t *testing.T) {
			r := newRig(t, variant)
			other := r.open(loan.First, false, entered).c
			v := r.open(loan.First, false, entered, func(r *rig, id uuid.UUID) {
				r.must(r.u.desk.Edit(t.Context(), id, map[string]any{"student.id_no": "522727200703149919", "student.birth": "2007-03-14", "student.name": "韦测己", "coborrowers.0.phone": "15400000066"}))
			})
			r.ui(func() { v.show(stepReview) })
			r.settle()
			c := v.steps[stepReview].(*reviewStep).beside
			r.until("what differs is shown", func() bool { return c.content.Visible() })
			r.ui(func() {
				said := ""
				for _, o := range test.LaidOutObjects(c.content) {
					if t, ok := o.(*kit.Text); ok {
						said += t.Text() + "\n"
					}
				}
				for _, want := range []string{"共同借款人的以往案件", string(other.App.Coborrowers[0].Phone), "另一名学生：" + guard.MaskName(other.App.Student.Name)} {
					if !strings.Contains(said, want) {
						t.Errorf("%q is not said in %q", want, said)
					}
				}
			})
			r.snap("review-compare-coborrower-" + look)
			if variant == kit.Light {
				r.picture(stepReview, "visit-review-coborrower")
			}
		})
	}
}
func TestWhatWasShownForAWhileLeavesTheComparison(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered, func(r *rig, id uuid.UUID) {
		r.must(r.u.desk.Edit(t.Context(), id, map[string]any{"student.id_ocr_name": "韦测丁"}))
	}).id
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	r.openFor(id)
	if err := r.u.desk.Reveal(t.Context(), id, []string{"student.name"}, "家长来电核对进度"); err != nil {
		t.Fatal(err)
	}
	v := r.visit()
	c := v.steps[stepReview].(*reviewStep).beside
	shows := func() bool { return strings.Contains(textsIn(c.content), "韦测") }
	r.ui(func() { v.refresh(); v.show(stepReview) })
	r.until("the name is compared", func() bool { return c.content.Visible() && shows() })
	r.ui(func() { v.show(stepStudent); v.conceal() })
	r.ui(func() {
		if shows() {
			t.Error("it stands in the table of a step that is not shown")
		}
		if v.show(stepReview); shows() {
			t.Error("back at the review it is shown again")
		}
	})
	r.settle()
	r.ui(func() {
		if shows() {
			t.Error("it is read anew in full")
		}
	})
}

package ui

import (
	"strings"
	"testing"

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

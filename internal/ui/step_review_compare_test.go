package ui

import (
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
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

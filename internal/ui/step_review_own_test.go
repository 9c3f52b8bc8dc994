package ui

import (
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestAReviewerWhoSignedInIsLedToHisReview(t *testing.T) {
	r := newRig(t, kit.Light)
	id := r.open(loan.First, false, entered, submitted).id
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	r.openFor(id)
	r.ui(func() {
		v := r.u.shell.current
		s := v.steps[stepReview].(*reviewStep)
		if got := s.who.Value().ID; got != "reviewer-1" || !s.password.Focused() {
			t.Errorf("at the review: got reviewer %q, password focused %v", got, s.password.Focused())
		}
		if v.banner.content.Visible() {
			t.Errorf("at the review: got banner %q", v.banner.text.Text())
		}
		v.show(stepStudent)
		if got := v.banner.text.Text(); !strings.Contains(got, "本案等您复核") {
			t.Errorf("at the student: got banner %q", got)
		}
		s.secret.SetError("said of another")
		s.who.OnChanged(kit.Option{ID: "reviewer-1"})
		if got := s.secret.Error(); got != "" {
			t.Errorf("after another was chosen: got %q", got)
		}
	})
}

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

func TestWhoIsLetInLaterMayReview(t *testing.T) {
	none, some := "本机没有能复核本案的人", "请复核员看着原件"
	for name, comes := range map[string]func(*rig, *visit){
		"with the county's roster": func(r *rig, v *visit) { r.roster("reviewer-1", "练习复核员", false, "reviewer") },
		"at this laptop": func(r *rig, v *visit) {
			if err := r.u.desk.Store().EnableOperator(r.t.Context(), testReviewer(), []byte(reviewPassword)); err != nil {
				r.t.Fatal(err)
			}
			r.ui(func() {
				r.u.shell.visit("manage")
				r.u.shell.visit("visit")
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, kit.Light)
			r.roster("reviewer-1", "练习复核员", false, "auditor")
			v := r.open(loan.First, false, entered, submitted)
			r.ui(func() { v.show(stepReview) })
			r.settle()
			s := v.steps[stepReview].(*reviewStep)
			r.ui(func() {
				if got := s.state.Text(); !strings.Contains(got, none) {
					t.Errorf("without a reviewer it says %q", got)
				}
			})
			comes(r, v)
			r.until("the review can go on", func() bool { return strings.Contains(s.state.Text(), some) })
			second := testReviewer()
			second.ID, second.Name = "reviewer-2", "另一复核员"
			if err := r.u.desk.Store().EnableOperator(t.Context(), second, []byte(reviewPassword)); err != nil {
				t.Fatal(err)
			}
			r.ui(func() {
				v.show(stepStudent)
				v.show(stepReview)
			})
			r.until("the second is offered beside the first", func() bool { return len(s.people) == 2 })
			r.ui(func() {
				if got := s.who.Value().ID; got != "reviewer-1" {
					t.Errorf("%q is chosen by now", got)
				}
			})
		})
	}
}

func TestAPasswordThatWasNotGivenGoesWithTheStep(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted)
	s := v.steps[stepReview].(*reviewStep)
	for name, leave := range map[string]func(){
		"for another step":   func() { v.show(stepStudent) },
		"for another screen": func() { r.u.shell.visit("today") },
	} {
		t.Run(name, func(t *testing.T) {
			r.ui(func() {
				r.u.shell.visit("visit")
				v.show(stepReview)
				s.password.SetText(reviewPassword)
				leave()
				if !s.password.Empty() {
					t.Error("it stands there still")
				}
			})
		})
	}
}

package ui

import (
	"strings"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

// reviewing is a window in which the reviewer himself is signed in, with so many cases
// that wait for him.
func reviewing(t *testing.T, n int) (r *rig, ids []uuid.UUID) {
	t.Helper()
	r = newRig(t, kit.Light)
	for range n {
		ids = append(ids, r.open(loan.First, false, entered, submitted).id)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter("reviewer-1", reviewPassword)
	r.openFor(ids[0])
	return r, ids
}

// says gives the reviewer's word on the case in hand.
func (r *rig) says(pass bool) {
	r.t.Helper()
	r.ui(func() {
		s := r.u.shell.current.steps[stepReview].(*reviewStep)
		s.password.SetText(reviewPassword)
		if !pass {
			s.note.SetText("请补拍户口簿首页")
		}
		s.review(pass)
	})
	r.settle()
}

func TestAReviewerWhoSignedInIsLedFromCaseToCase(t *testing.T) {
	for name, pass := range map[string]bool{"after a pass": true, "after a case was sent back": false} {
		t.Run(name, func(t *testing.T) {
			r, ids := reviewing(t, 2)
			r.says(pass)
			next := r.visit()
			if next == nil || next.id != ids[1] {
				t.Fatal("the next case is not in hand")
			}
			r.ui(func() {
				if next.at != stepReview || r.u.shell.name != "visit" || !next.steps[stepReview].(*reviewStep).password.Focused() {
					t.Errorf("at step %d of %s the caret is not in his password", next.at, r.u.shell.name)
				}
			})
			r.says(pass)
			r.ui(func() {
				if v := r.u.shell.current; v != nil || r.u.shell.name != "today" {
					t.Errorf("with nothing left he is at %s", r.u.shell.name)
				}
				if got := r.notices(); !strings.Contains(got, "没有等您复核的案件了") {
					t.Errorf("it says %q", got)
				}
			})
			if got := r.saved(ids[0]).Status; (got == loan.ToSign) != pass {
				t.Errorf("the first is %s", got)
			}
		})
	}
}

// TestAReviewerIsNotLedToWhatHeEntered has a reviewer who is a clerk too, as in a small
// point, take the case over that waits longest.
func TestAReviewerIsNotLedToWhatHeEntered(t *testing.T) {
	r, ids := newRig(t, kit.Light), []uuid.UUID(nil)
	for range 3 {
		ids = append(ids, r.open(loan.First, false, entered, submitted).id)
	}
	both := guard.Operator{ID: "both-1", Name: "两用人员", Roles: []guard.Role{guard.Clerk, guard.Reviewer}, Enabled: true}
	if err := r.u.desk.Store().EnableOperator(t.Context(), both, []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	r.ui(r.u.lock)
	r.locked()
	r.enter(both.ID, reviewPassword)
	d := r.u.desk
	r.must(d.TakeOver(t.Context(), ids[0], loan.NumberStation, "原经办人请假"))
	r.must(d.Edit(t.Context(), ids[0], map[string]any{"student.phone": "15400000009"}))
	r.must(d.Submit(t.Context(), ids[0]))
	r.openFor(ids[2])
	r.says(true)
	next := r.visit()
	if next == nil || next.id != ids[1] {
		t.Fatalf("%v is in hand, want %s", next, ids[1])
	}
	r.ui(func() {
		if !next.steps[stepReview].(*reviewStep).own() {
			t.Error("it does not wait for him")
		}
	})
	r.says(true)
	r.ui(func() {
		if v := r.u.shell.current; v != nil || r.u.shell.name != "today" {
			t.Errorf("with his own entries left he is at %s", r.u.shell.name)
		}
	})
}

func TestTheTextsAreTickedByNobodyElse(t *testing.T) {
	r, ids := reviewing(t, 1)
	r.says(true)
	r.openFor(ids[0])
	v := r.visit()
	r.ui(func() {
		s := v.steps[stepSign].(*signStep)
		if v.at != stepSign || v.full() || s.texts.Visible() || !s.waiting.Visible() {
			t.Errorf("at step %d the texts are in view: %v", v.at, s.texts.Visible())
		}
		if got := s.wait.Text(); !strings.Contains(got, "由经办人员请双方签署") {
			t.Errorf("it says %q", got)
		}
	})
	r.press("下一步：回执")
	r.ui(func() {
		if v.at != stepReceipt {
			t.Errorf("the button leads to step %d", v.at)
		}
	})
}

func TestAStepThatAReviewerPassedHasItsTick(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted)
	mark := func() (s kit.StepState) {
		r.ui(func() {
			same := *v.c
			same.Same = []loan.SameStudent{{}}
			v.c = &same
			v.problems.refresh()
			s = v.stepState(stepStudent)
		})
		return s
	}
	if got := mark(); got != kit.StepTodo {
		t.Errorf("before the review: %v", got)
	}
	reviewed(r, v.id)
	r.ui(v.refreshCase)
	r.settle()
	if got := mark(); got != kit.StepDone {
		t.Errorf("after it: %v", got)
	}
}

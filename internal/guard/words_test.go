package guard

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestNobodyIsToldToTakeOverWhatNobodyTakesOver(t *testing.T) {
	for _, s := range []loan.Status{loan.Draft, loan.ToSign, loan.Received, loan.Accepted} {
		c := &loan.Case{Status: s, OpenedBy: "y"}
		told := fault.Sentence(hands(operator("x", Clerk), Edit, c, uuid.Nil))
		if strings.Contains(told, "请先接手") == settled(s) {
			t.Errorf("%s: %s", s, told)
		}
	}
}

func TestARefusalTellsOneNextStep(t *testing.T) {
	now := time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC)
	locked := operator("x", Clerk)
	for range MaxFailures {
		locked = locked.Failed(now)
	}
	off := operator("x", Clerk)
	off.Enabled = false
	for name, c := range map[string]struct {
		err error
		own bool // the sentence tells the next step itself
	}{
		"another's case":          {hands(operator("x", Clerk), Edit, &loan.Case{Status: loan.Draft, OpenedBy: "y"}, uuid.Nil), true},
		"another's that is sent":  {hands(operator("x", Clerk), Edit, &loan.Case{Status: loan.Received, OpenedBy: "y"}, uuid.Nil), true},
		"one's own case":          {May(operator("x", Reviewer), Review, &loan.Case{Status: loan.ToReview, OpenedBy: "x"}), true},
		"an account that is off":  {off.MaySignIn(now), true},
		"an account that is shut": {locked.MaySignIn(now), true},
		"another role":            {May(operator("x", Auditor), OpenCase, nil), false},
		"a role that reviews":     {May(operator("x", Clerk), Review, &loan.Case{Status: loan.ToReview, OpenedBy: "y"}), false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.err == nil {
				t.Fatal("allowed")
			}
			if got := fault.Step(c.err); (got == "") != c.own {
				t.Errorf("behind %q: got %q", fault.Sentence(c.err), got)
			}
		})
	}
}

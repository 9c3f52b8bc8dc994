package guard

import (
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestAHeldCaseIsForItsStation(t *testing.T) {
	here, there := uuid.New(), uuid.New()
	held := caseOf(loan.Draft, "author", "")
	held.Holders = []loan.Holding{{Device: here, Station: loan.EntryStation, Name: "B"}}
	as := func(s loan.Status, h loan.Holding, change func(c *loan.Case)) *loan.Case {
		c := caseOf(s, "author", "")
		h.Device = here
		c.Holders = []loan.Holding{h}
		if change != nil {
			change(c)
		}
		return c
	}
	handled := func(c *loan.Case) { c.Handlers = map[string]bool{"x": true} }
	free := caseOf(loan.Draft, "author", "")
	off := operator("x", Clerk)
	off.Enabled = false
	for name, c := range map[string]struct {
		op     Operator
		on     *loan.Case
		device uuid.UUID
		want   bool
	}{
		"a clerk where it is":             {operator("x", Clerk), held, here, true},
		"a clerk elsewhere":               {operator("x", Clerk), held, there, false},
		"a reviewer where it is":          {operator("x", Reviewer), held, here, false},
		"an auditor where it is":          {operator("x", Auditor), held, here, false},
		"a clerk who is switched off":     {off, held, here, false},
		"a case that was never passed on": {operator("x", Clerk), free, here, false},
		"no case":                         {operator("x", Clerk), nil, here, false},
		"held by its number alone":        {operator("x", Clerk), as(loan.Draft, loan.Holding{Number: true, By: "author"}, nil), here, false},
		"taken over by him":               {operator("x", Clerk), as(loan.Signed, loan.Holding{By: "x", Reason: "r"}, nil), here, true},
		"taken over by another":           {operator("x", Clerk), as(loan.Draft, loan.Holding{By: "y", Reason: "r"}, nil), here, false},
		"passed on and signed":            {operator("x", Clerk), as(loan.Signed, loan.Holding{Station: loan.SignStation}, nil), here, false},
		"signed before him":               {operator("x", Clerk), as(loan.Signed, loan.Holding{Station: loan.SignStation}, handled), here, true},
		"signed, for its receipt":         {operator("x", Clerk), as(loan.Queued, loan.Holding{Station: loan.ReceiptStation}, nil), here, true},
		"accepted":                        {operator("x", Clerk), as(loan.Accepted, loan.Holding{By: "x", Reason: "r", Station: loan.ReceiptStation}, handled), here, false},
	} {
		if got := SeesHeld(c.op, c.on, c.device); got != c.want {
			t.Errorf("%s sees it whole: got %v, want %v", name, got, c.want)
		}
	}
	if err := Holds(held, here); err != nil {
		t.Errorf("who holds it: %v", err)
	}
	if err := Holds(free, there); err != nil {
		t.Errorf("a case that was never passed on: %v", err)
	}
	if err := Holds(held, there); fault.KindOf(err) != fault.Denied || fault.Step(err) != "" {
		t.Errorf("got %v, and the step %q", err, fault.Step(err))
	}
	if got := Where(loan.Holding{Station: loan.PhotoStation}); got != "“拍照”工位" {
		t.Errorf("got %s", got)
	}
}

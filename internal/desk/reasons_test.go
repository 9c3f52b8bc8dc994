package desk_test

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestAReasonThatStaysIsCheckedWhereverItIsGiven(t *testing.T) {
	d := laptop(t, t.TempDir())
	ctx := t.Context()
	for name, why := range map[string]string{"nothing": "", "one character": "错", "one character often": "！！！！", "an ID number": "522727200503149914 韦测",
		"a phone": "家长 15400000009 来电", "too long": string(make([]rune, 301))} {
		t.Run(name, func(t *testing.T) {
			draft, signedOne := entered(t, d), sealed(t, d)
			before := signedOne.Status
			if _, err := d.Void(ctx, draft.ID, why); fault.KindOf(err) != fault.Input || fault.Sentence(err) == "" {
				t.Errorf("void: got %v", err)
			}
			if _, err := d.Correct(ctx, signedOne.ID, map[string]any{"loan.amount": 5000}, why); fault.KindOf(err) != fault.Input {
				t.Errorf("correct: got %v", err)
			}
			if c := mustCase(t, d, signedOne.ID); c.Status != before {
				t.Errorf("and it is corrected: %s", c.Status.Label())
			}
			waiting, err := d.Submit(ctx, draft.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Review(ctx, waiting.ID, "reviewer-1", []byte(reviewPassword), false, why); fault.KindOf(err) != fault.Input {
				t.Errorf("sent back: got %v", err)
			}
			if _, err := d.Review(ctx, waiting.ID, "reviewer-1", []byte(reviewPassword), true, why); (fault.KindOf(err) == fault.Input) != (why != "") {
				t.Errorf("passed: got %v", err)
			}
		})
	}
	c := entered(t, d)
	if c, err := d.Void(ctx, c.ID, "重复受理"); err != nil || c.Status != loan.Void {
		t.Errorf("a reason: got %v", err)
	}
	if err := desk.CheckReview(""); !strings.Contains(fault.Sentence(err), "例如“户口簿缺首页”") || strings.Contains(fault.Sentence(err), "家长来电") {
		t.Errorf("a reviewer who writes nothing is told %q", fault.Sentence(err))
	}
	if desk.CheckReason("重复受理") != nil || desk.CheckReason("") == nil {
		t.Error("a screen is told otherwise")
	}
}

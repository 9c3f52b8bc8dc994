package desk_test

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
)

func TestWhoErasedACaseAndWhyIsFoundByTheCase(t *testing.T) {
	k := newKeeper(t)
	ctx, must := t.Context(), step(t)
	c, other := entered(t, k.d), entered(t, k.d)
	must(k.d.Void(ctx, c.ID, "本人不再申请"))
	k.as("admin-1", reviewPassword)
	if out, err := k.d.EraseCase(ctx, c.ID, "本人当面要求删除", nil); err != nil || out.Cases != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	told := func(end string) (n int) {
		r, err := k.d.Record(ctx, desk.Sought{Case: end})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range r.Lines {
			if l.Label() == "清除" && strings.Contains(l.Words(nil), "应本人要求") && l.Reason == "本人当面要求删除" && l.Operator == "admin-1" && l.CaseEnd() == end {
				n++
			}
		}
		return n
	}
	if got := told(c.ID.String()[28:]); got != 2 {
		t.Errorf("%d lines, want the wish and the erasing", got)
	}
	if got := told(other.ID.String()[28:]); got != 0 {
		t.Errorf("%d lines of another case", got)
	}
}

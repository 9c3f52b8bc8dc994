package guard

import (
	"encoding/json"
	"slices"
	"testing"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestAnErasingIsFoundByItsCase(t *testing.T) {
	id, other := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	of := func(kind loan.ChangeKind, body any) *loan.Change {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return &loan.Change{Kind: kind, Operator: "admin-1", Body: b}
	}
	for name, x := range map[string]struct {
		ch    *loan.Change
		words string
		end   string
		found bool
	}{
		"the wish": {of(loan.ChangeView, loan.ViewBody{Reason: "本人当面要求", Detail: "erasing of case " + id.String() + " on request: to be done"}),
			"应本人要求删除，案件 " + loan.ShortID(id), loan.ShortID(id), true},
		"the erasing at a wish": {of(loan.ChangeErase, loan.EraseBody{Rule: loan.EraseRequest, Cases: []uuid.UUID{id}, Count: 1, Blobs: 3, Reason: "本人当面要求"}),
			"应本人要求，1 件案件，3 个文件", loan.ShortID(id), true},
		"that of a season": {of(loan.ChangeErase, loan.EraseBody{Rule: "season", Cases: []uuid.UUID{other, id}, Count: 2, Reason: "本人当面要求"}),
			"学年结束后，2 件案件", "", true},
		"that of images": {of(loan.ChangeErase, loan.EraseBody{Rule: "images-7d", Cases: []uuid.UUID{id}, Count: 1, Blobs: 1, Reason: "本人当面要求"}),
			"影像送达满 7 天，1 件案件，1 个文件", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			l := LineOf(x.ch)
			if got := l.Words(nil); got != x.words {
				t.Errorf("says %q, want %q", got, x.words)
			}
			if got := l.CaseEnd(); got != x.end {
				t.Errorf("its case is %q, want %q", got, x.end)
			}
			if l.Reason != "本人当面要求" || l.Label() != "清除" {
				t.Errorf("got %q, %q", l.Reason, l.Label())
			}
			if got := (Sought{Case: loan.ShortID(id)}).Wants(l); got != x.found {
				t.Errorf("by the end of the case's id: %v", got)
			}
			if got := l.About([]uuid.UUID{id}); got != x.found {
				t.Errorf("by the case: %v", got)
			}
			if l.Saw() || slices.Contains(l.Shown, id) {
				t.Error("it tells that somebody saw the case")
			}
			if (Sought{Case: loan.ShortID(uuid.New())}).Wants(l) {
				t.Error("found by another case")
			}
		})
	}
	if l := LineOf(of(loan.ChangeErase, loan.EraseBody{Rule: "韦小明", Cases: []uuid.UUID{id}})); l.Detail != "" {
		t.Errorf("of no rule: %q", l.Detail)
	}
}

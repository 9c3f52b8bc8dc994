package guard

import (
	"encoding/json"
	"slices"
	"testing"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestASearchBeyondTheQueueNamesTheCasesItShowed(t *testing.T) {
	ids := make([]uuid.UUID, MaxBeyond+2)
	for i := range ids {
		ids[i] = uuid.New()
	}
	line := func(detail string) Line {
		return Line{Kind: loan.ChangeSearch, Detail: detail, Shown: beyondShown(detail)}
	}
	for name, c := range map[string]struct {
		detail string
		want   []uuid.UUID
	}{
		"none":                     {BeyondWords(0, "", nil), nil},
		"one":                      {BeyondWords(1, "", ids[:1]), ids[:1]},
		"two by a grant":           {BeyondWords(2, "g-1", ids[:2]), ids[:2]},
		"no more than a handful":   {BeyondWords(7, "", ids), ids[:MaxBeyond]},
		"a line of before":         {"beyond 1", nil},
		"and one by a grant":       {"beyond 1, grant g-1", nil},
		"what is no id":            {"beyond 1, cases 522727200503149914", nil},
		"a search of another sort": {"3, cases " + ids[0].String(), nil},
	} {
		if l := line(c.detail); !slices.Equal(l.Shown, c.want) {
			t.Errorf("%s: %q names %v, want %v", name, c.detail, l.Shown, c.want)
		}
	}
	l := line(BeyondWords(2, "", ids[:2]))
	if !(Sought{Case: ids[1].String()[28:]}).Wants(l) || (Sought{Case: ids[2].String()[28:]}).Wants(l) || (Sought{Case: "0000"}).Wants(Line{}) {
		t.Error("a case is sought, and a line of another is found, or its own is not")
	}
}

func TestACaseShownToBeErasedIsNamedByItsLine(t *testing.T) {
	id := uuid.New()
	for name, c := range map[string]struct {
		kind   loan.ChangeKind
		detail string
		want   []uuid.UUID
	}{
		"found":               {loan.ChangeView, ErasureWords(id, ""), []uuid.UUID{id}},
		"by a grant":          {loan.ChangeView, ErasureWords(id, "g-1"), []uuid.UUID{id}},
		"a line of before":    {loan.ChangeView, "case to erase found: " + id.String(), []uuid.UUID{id}},
		"what is no id":       {loan.ChangeView, "case to erase found: 522727200503149914", nil},
		"with something else": {loan.ChangeView, "case to erase found: " + id.String() + " x", nil},
		"another look":        {loan.ChangeView, "record " + id.String(), nil},
		"a search":            {loan.ChangeSearch, ErasureWords(id, ""), nil},
	} {
		body, err := json.Marshal(loan.ViewBody{Detail: c.detail})
		if err != nil {
			t.Fatal(err)
		}
		if l := LineOf(&loan.Change{Kind: c.kind, Body: body}); !slices.Equal(l.Shown, c.want) {
			t.Errorf("%s: %q names %v, want %v", name, c.detail, l.Shown, c.want)
		}
	}
}

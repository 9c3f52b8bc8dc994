package guard

import (
	"testing"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

const anEmergency = "e-0123456789abcdef01234567"

func TestWhatALookSaysOfAnEmergency(t *testing.T) {
	for detail, want := range map[string]GlassWord{
		"glass " + anEmergency:                                 {ID: anEmergency},
		"glass " + anEmergency + " of o-1 reviewed: right":     {anEmergency, true, "o-1", true},
		"glass " + anEmergency + " of o-1 reviewed: not right": {anEmergency, true, "o-1", false},
	} {
		if got, ok := GlassOf(detail); !ok || got != want || got.Detail() != detail {
			t.Errorf("%q: got %+v, %v", detail, got, ok)
		}
	}
	for _, detail := range []string{"", "glass", "glass ", "glass review", "glass g-1", "glass e-1 of", "glass e-1 of o-1", "glass e-1 of o-1 reviewed: ", "glass e-1 of o-1 reviewed: right!",
		"case", "glass e-1 and more"} {
		if got, ok := GlassOf(detail); ok {
			t.Errorf("%q: got %+v", detail, got)
		}
	}
}

func reviewedOne() Reviewed {
	return Reviewed{Device: uuid.MustParse("0190a000-0000-7000-8000-0000000000d1"), ID: anEmergency, Operator: "o-1", By: "o-2", Right: true, Word: "灾情属实",
		At: time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)}
}

func TestAReviewOfOnesOwnIsNoReview(t *testing.T) {
	for name, change := range map[string]func(*Reviewed){
		"as it is": nil, "of one's own": func(r *Reviewed) { r.By = r.Operator }, "of no emergency": func(r *Reviewed) { r.ID = "g-1" },
		"of no laptop": func(r *Reviewed) { r.Device = uuid.Nil }, "by nobody": func(r *Reviewed) { r.By = "" }, "at no time": func(r *Reviewed) { r.At = time.Time{} },
	} {
		r := reviewedOne()
		if change != nil {
			change(&r)
		}
		if _, err := EncodeReviewed([]Reviewed{r}); (err == nil) != (change == nil) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := ParseReviewed([]byte(`{"version":2,"reviews":[]}`)); fault.KindOf(err) != fault.Newer {
		t.Errorf("a later version: %v", err)
	}
}

func FuzzParseReviewed(f *testing.F) {
	b, err := EncodeReviewed([]Reviewed{reviewedOne()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"version":1,"reviews":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := ParseReviewed(b)
		if err != nil {
			return
		}
		if _, err := EncodeReviewed(list); err != nil {
			t.Errorf("what was read is not written: %v", err)
		}
	})
}

package desk_test

import (
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
)

// TestAVerdictIsToldFromWhenItIsHeard has an emergency looked at four days after its use,
// here and at the centre.
func TestAVerdictIsToldFromWhenItIsHeard(t *testing.T) {
	const day = 24 * time.Hour
	for name, review := range map[string]func(f *field, g guard.Grant){
		"here": func(f *field, g guard.Grant) {
			f.in("admin-1", clerkPassword, clock().Add(4*day))
			if err := f.d.ReviewGlass(t.Context(), g.ID, false, "与灾情无关"); err != nil {
				t.Fatal(err)
			}
		},
		"at the centre, a day before it came": func(f *field, g guard.Grant) {
			b, err := guard.EncodeReviewed([]guard.Reviewed{{Device: f.p.Device, ID: g.ID, Operator: "reviewer-1", Case: g.Cases[0], By: "auditor-9", Word: "与灾情无关", At: clock().Add(3 * day)}})
			if err != nil {
				t.Fatal(err)
			}
			f.in("admin-1", clerkPassword, clock().Add(4*day))
			f.send(bulletin.Bulletin{Kind: bulletin.Reviews, Name: bulletin.ReviewsName, Issued: clock().Add(3 * day).UTC(), Content: b})
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newField(t)
			c := entered(t, f.d)
			f.in("reviewer-1", reviewPassword, clock())
			broken, err := f.d.BreakGlass(t.Context(), c.ID, "洪水断网，家属急用")
			if err != nil {
				t.Fatal(err)
			}
			review(f, broken.Grant)
			told := func(at time.Duration, want int) {
				t.Helper()
				f.in("reviewer-1", reviewPassword, clock().Add(at))
				got, err := f.d.Told(t.Context())
				if err != nil || len(got.Grants) != want {
					t.Errorf("%v after its use: told of %+v, %v, want %d", at, got.Grants, err, want)
				}
			}
			told(5*day, 1)
			told(5*day+time.Hour, 1)
			if err := f.d.PutToldAway(t.Context(), broken.ID); err != nil {
				t.Fatal(err)
			}
			told(5*day+2*time.Hour, 0)
			if heard, err := f.d.GrantsHeard(t.Context()); err != nil || len(heard) != 1 {
				t.Errorf("heard of %+v, %v", heard, err)
			}
			f.receipt(clock().Add(6 * day))
			told(9*day, 0)
			if heard, err := f.d.GrantsHeard(t.Context()); err != nil || len(heard) != 0 {
				t.Errorf("three days after it was heard: %+v, %v", heard, err)
			}
		})
	}
}

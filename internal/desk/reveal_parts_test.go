package desk_test

import (
	"slices"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// TestEachLeaveOfARevealHasALineOfItsOwn has pictures shown by a grant and a number by the
// reason, at once.
func TestEachLeaveOfARevealHasALineOfItsOwn(t *testing.T) {
	f := newField(t)
	ctx, c := t.Context(), entered(t, f.d)
	f.in("reviewer-1", reviewPassword, clock())
	images, phone := []string{guard.ImagesField}, []string{"student.phone"}
	f.grant("g-images", "reviewer-1", images, 2)
	if err := f.d.Reveal(ctx, c.ID, append(phone, images...), "核对家长投诉"); err != nil {
		t.Fatal(err)
	}
	var got []loan.ViewBody
	for _, ch := range chain(t, f.d) {
		if ch.Kind == loan.ChangeReveal {
			b, err := loan.Body[loan.ViewBody](ch)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b)
		}
	}
	if len(got) != 2 || got[0].Detail != "grant g-images" || !slices.Equal(got[0].Fields, images) || got[1].Detail != "" || !slices.Equal(got[1].Fields, phone) {
		t.Errorf("the chain says %+v", got)
	}
	if left, fields := f.d.Revealed(c.ID); left <= 0 || !slices.Equal(fields, append(phone, images...)) {
		t.Errorf("shown are %q", fields)
	}
	if g, err := f.d.Grants(ctx); err != nil || len(g) != 1 || len(g[0].Used) != 1 {
		t.Errorf("the grant was used %+v, %v", g, err)
	}
}

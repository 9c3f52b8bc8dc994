package desk_test

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// A counted grant is for looking: where there is nothing to see it stays whole.
func TestAGrantIsNotUsedUpByACaseWithoutPictures(t *testing.T) {
	f := newField(t)
	ctx, must := t.Context(), step(t)
	bare := must(f.d.NewCase(ctx, loan.First, false))
	full := entered(t, f.d)
	f.in("reviewer-1", reviewPassword, clock())
	a, err := f.d.AskGrant(ctx, desk.Wanted{Fields: []string{guard.ImagesField}, Count: 1, Hours: 2, Reason: "抽查影像质量"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.d.TakeGrant(ctx, a.Code, f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock())); err != nil {
		t.Fatal(err)
	}
	used := func(want ...uuid.UUID) {
		t.Helper()
		got, err := f.d.Grants(ctx)
		if err != nil || len(got) != 1 || len(got[0].Used) != len(want) {
			t.Fatalf("got %+v, %v, want %d uses", got, err, len(want))
		}
	}
	err = f.d.Reveal(ctx, bare.ID, []string{guard.ImagesField}, "抽查影像质量")
	if fault.KindOf(err) != fault.Missing || !strings.Contains(fault.Sentence(err), "没有用掉授权") {
		t.Errorf("of a case without pictures: got %v", err)
	}
	if left, _ := f.d.Revealed(bare.ID); left > 0 {
		t.Error("something is shown")
	}
	used()
	if err := f.d.Reveal(ctx, full.ID, []string{guard.ImagesField}, "抽查影像质量"); err != nil {
		t.Fatal(err)
	}
	used(full.ID)
}

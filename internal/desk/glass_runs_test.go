package desk_test

import (
	"slices"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

func TestAnEmergencyThatRunsIsKnownAndSaysWhatItShowed(t *testing.T) {
	f := newField(t)
	c := entered(t, f.d)
	f.in("reviewer-1", reviewPassword, clock())
	ctx := t.Context()
	if _, on, err := f.d.RunningGlass(ctx, c.ID); on || err != nil {
		t.Fatalf("before there is one: %v, %v", on, err)
	}
	g, err := f.d.BreakGlass(ctx, c.ID, "洪水断网，家属急用")
	if err != nil {
		t.Fatal(err)
	}
	got, on, err := f.d.RunningGlass(ctx, c.ID)
	if err != nil || !on || got.ID != g.ID || got.Nth != 1 || !got.Until.Equal(g.Until) {
		t.Errorf("while it runs: %+v, %v, %v", got, on, err)
	}
	for _, fields := range [][]string{{"student.phone"}, {guard.ImagesField, "student.address"}} {
		if err := f.d.Reveal(ctx, c.ID, fields, "韦测𬎆家急用"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.d.GlassSeen(ctx, g.ID); fault.KindOf(err) != fault.Denied {
		t.Errorf("a reviewer looks what it showed: got %v", err)
	}
	f.in("reviewer-1", reviewPassword, clock().Add(time.Hour))
	if _, on, err := f.d.RunningGlass(ctx, c.ID); on || err != nil {
		t.Errorf("when its hour is over: %v, %v", on, err)
	}
	f.in("admin-1", clerkPassword, clock().Add(time.Hour))
	seen, err := f.d.GlassSeen(ctx, g.ID)
	if err != nil || len(seen) == 0 || seen[0].Reason == "韦测𬎆家急用" {
		t.Fatalf("it showed %+v, %v", seen, err)
	}
	if last := seen[len(seen)-1]; !slices.Equal(last.Fields, []string{guard.ImagesField, "student.address"}) {
		t.Errorf("last it showed %v", last.Fields)
	}
	if none, err := f.d.GlassSeen(ctx, "e-0102"); err != nil || len(none) != 0 {
		t.Errorf("another showed %+v, %v", none, err)
	}
}

package ui

import (
	"context"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// TestWhatStandsAsSavedIsWhatWasWritten has an act find nothing to do, an hour after the
// last that was written.
func TestWhatStandsAsSavedIsWhatWasWritten(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	written := r.saved(v.id).Updated
	now := r.u.deps.Now
	r.ui(func() {
		r.u.deps.Now = func() time.Time { return now().Add(time.Hour) }
		r.u.shell.savedAt.Set(kit.Good, "已保存 10:00:00")
		v.do("read", func(ctx context.Context) (*loan.Case, error) { return v.u.desk.Case(ctx, v.id) }, nil)
	})
	r.settle()
	r.ui(func() {
		if !v.savedAt.Equal(written) {
			t.Errorf("after an act that wrote nothing it says %s, want %s", v.savedAt, written)
		}
		for _, o := range test.LaidOutObjects(r.u.shell.savedAt) {
			if x, ok := o.(*canvas.Text); ok && x.Text != "已保存 10:00:00" {
				t.Errorf("the rail says %q", x.Text)
			}
		}
		v.do("edit", func(ctx context.Context) (*loan.Case, error) {
			return v.u.desk.Edit(ctx, v.id, map[string]any{"student.phone": "15400000009"})
		}, nil)
	})
	if c := r.saved(v.id); !v.savedAt.Equal(c.Updated) {
		t.Errorf("after an edit it says %s, want %s", v.savedAt, c.Updated)
	}
}

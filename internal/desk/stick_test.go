package desk_test

import (
	"context"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestAStickIsNotedBeforeItIsWritten(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	wrong := fault.New("stick", fault.Disk, nil)
	err := d.ToStick(t.Context(), func(ctx context.Context) error {
		s := d.Store()
		n, _ := s.Head()
		last, err := s.Pending(ctx, n-1, 1)
		if err != nil || len(last) != 1 || last[0].Kind != loan.ChangeExport || last[0].Operator != "clerk-1" {
			t.Errorf("the chain ends with %+v, %v", last, err)
		}
		return wrong
	})
	if fault.KindOf(err) != fault.Disk {
		t.Errorf("got %v, want what went wrong with the stick", err)
	}
	n, _ := d.Store().Head()
	if err := d.FromStick(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	if after, _ := d.Store().Head(); after != n {
		t.Error("reading wrote a change: all would never be sent")
	}
}

package guard

import (
	"testing"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TestAnEmergencyOfNobodyIsCountedToo has a line that no honest laptop writes.
func TestAnEmergencyOfNobodyIsCountedToo(t *testing.T) {
	line := Act{At: time.Date(2026, 8, 3, 4, 0, 0, 0, time.UTC), Operator: Unknown, Kind: loan.ChangeView, Detail: GlassWord{ID: "e-0123456789ab"}.Detail()}
	one, other := line, line
	one.Device, other.Device = uuid.New(), uuid.New()
	got := Odd([]Act{one, other})
	if len(got) != 2 || got[0].Kind != OddGlass || got[0].Count != 1 {
		t.Fatalf("got %+v", got)
	}
	for _, o := range got {
		o.Judge(func(device uuid.UUID, _ string) (right, reviewed bool) { return true, device == one.Device })
		if want := map[bool]string{true: "复查属实", false: "1 次还没有复查"}[o.Devices[0] == one.Device]; o.Judged() != want {
			t.Errorf("of the same id at two laptops: %q, want %q", o.Judged(), want)
		}
	}
}

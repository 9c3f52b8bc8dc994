package loan

import (
	"testing"
	"time"
)

func TestAnEraIsAboveAllBefore(t *testing.T) {
	now := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	for name, at := range map[string]time.Time{"today": now, "1970": time.Unix(0, 0), "2200": now.AddDate(174, 0, 0)} {
		for _, last := range []uint64{0, 1, 1<<32 - 1, 1 << 32, 1 << 62} {
			next, err := NextEra(last, at, 1<<16)
			if err != nil || next>>EraShift <= last>>EraShift || next >= 1<<63 {
				t.Errorf("%s: after %d comes %d, %v", name, last, next, err)
			}
		}
	}
	a, aerr := NextEra(7, now, 1<<16)
	b, berr := NextEra(7, now, 1<<16)
	if a == b || aerr != nil || berr != nil {
		t.Error("one backup restored twice in the same second gives the same counters")
	}
	if _, err := NextEra(1<<63-1, now, 1<<16); err == nil {
		t.Error("the last era has an era after it")
	}
}

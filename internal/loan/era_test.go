package loan

import (
	"testing"
	"time"
)

func TestAnEraIsAboveAllBefore(t *testing.T) {
	now := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	for name, at := range map[string]time.Time{"today": now, "1970": time.Unix(0, 0), "2200": now.AddDate(174, 0, 0)} {
		for _, last := range []uint64{0, 1, 1<<32 - 1, 1 << 32, 1 << 62} {
			next, err := NextEra(last, at)
			if err != nil || next>>EraShift <= last>>EraShift || next >= 1<<63 {
				t.Errorf("%s: after %d comes %d, %v", name, last, next, err)
			}
		}
	}
	for _, later := range []time.Duration{time.Millisecond, time.Second - time.Millisecond, time.Second, time.Minute} {
		first, _ := NextEra(7, now)
		second, _ := NextEra(7, now.Add(later))
		if second <= first+1<<16 {
			t.Errorf("a life that begins %v later has the counters from %d on, after %d", later, second, first)
		}
	}
	a, _ := NextEra(7, now)
	if b, _ := NextEra(7, now.Add(time.Microsecond)); b <= a {
		t.Error("one backup restored twice in the same second gives the same counters")
	}
	if _, err := NextEra(1<<63-1, now); err == nil {
		t.Error("the last era has an era after it")
	}
}

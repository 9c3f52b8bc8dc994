package kit

import (
	"testing"
	"time"
)

func TestIdleOf(t *testing.T) {
	for registry, want := range map[string]time.Duration{
		"+-o IOHIDSystem\n    {\n      \"HIDScrollCountMap\" = {}\n      \"HIDIdleTime\" = 2500000000\n    }\n": 2500 * time.Millisecond,
		"\"HIDIdleTime\" = 0\n":    0,
		"\"HIDIdleTime\" = <00>\n": -1,
		"\"HIDIdleTime\" = -5\n":   -1,
		"":                         -1,
	} {
		if got, ok := idleOf([]byte(registry)); ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: got %v, %v; want %v", registry, got, ok, want)
		}
	}
}

package courier

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/sync/parcel"
)

// A busy centre says when to come again, and is not asked sooner; laptops do not
// come back at the same moment.
func TestABusyCentreIsLeftAlone(t *testing.T) {
	busy := func(header string) error {
		p := &refusal{status: 503, Problem: parcel.Problem{Kind: "busy", Code: parcel.CodeBusy}}
		err := asksFor(refused("t", p), http.Header{"Retry-After": {header}})
		return fault.Wrap("attempt", roadFault(context.Background(), "connect", err))
	}
	for header, want := range map[string]time.Duration{"5": 5 * time.Second, "1000": maxWait / 2, "": 0, "-3": 0, "soon": 0, "99999999999": 0} {
		seen := map[time.Duration]bool{}
		for range 200 {
			d := pauseAfter(busy(header), 0)
			if d < want || d > max(2*want, firstWait) {
				t.Errorf("asked for %q: waits %v", header, d)
			}
			seen[d] = true
		}
		if len(seen) < 10 {
			t.Errorf("asked for %q: all come back together", header)
		}
	}
	if d := pauseAfter(errors.New("x"), 1000); d > maxWait {
		t.Errorf("waits %v", d)
	}
}

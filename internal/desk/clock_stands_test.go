package desk_test

import (
	"testing"
	"time"

	"doorstep/internal/desk"
)

// TestAClockThatStandsStillIsPointedOut puts the clock each morning to where it stood
// the evening before: by the log it is one day with many sign-ins.
func TestAClockThatStandsStillIsPointedOut(t *testing.T) {
	f := newField(t)
	told := func() (n int) {
		t.Helper()
		at := f.now
		f.in("admin-1", clerkPassword, at)
		r, err := f.d.Record(t.Context(), desk.Sought{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range r.Odd {
			if o.Kind == desk.OddSignIns && o.Operator == "clerk-1" {
				n += o.Count
			}
		}
		return n
	}
	evening := func(days int) {
		t.Helper()
		for range days {
			f.in("clerk-1", clerkPassword, f.now)
			if err := f.works(); err != nil {
				t.Fatal(err)
			}
			f.now = f.now.Add(5 * time.Minute)
		}
	}
	evening(36)
	if n := told(); n != 0 {
		t.Errorf("%d sign-ins told of", n)
	}
	evening(6)
	if n := told(); n < 40 || n > 45 {
		t.Errorf("got %d sign-ins, want those of the clerk", n)
	}
}

package desk_test

import (
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestAClockSetBackGivesNoFormerDaysBounds(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	all := []uuid.UUID{entered(t, f.d).ID}
	all = append(all, queue(t, f.d, guard.MaxTakes+guard.MaxReveals)...)
	for len(all) < 2*guard.MaxTakes {
		all = append(all, queue(t, f.d, 1)...)
	}
	acts := []struct {
		name string
		most int
		do   func(i int) error
	}{
		{"take-overs", guard.MaxTakes, func(i int) error {
			_, err := f.d.TakeOver(ctx, all[i], loan.EntryStation, illReason)
			return err
		}},
		{"searches", guard.MaxSearches, func(int) error {
			_, err := f.d.FindBeyond(ctx, "9914", "家长来电核对")
			return err
		}},
		{"reveals", guard.MaxReveals, func(i int) error {
			return f.d.Reveal(ctx, all[len(all)-1-i], []string{"student.name"}, "家长来电核对")
		}},
	}
	next := clock().AddDate(0, 0, 1)
	f.in("clerk-2", clerkPassword, next)
	if err := f.works(); err != nil {
		t.Fatal(err)
	}
	f.in("clerk-2", clerkPassword, next.Add(-19*time.Hour)) // the day before, within the slack
	for _, a := range acts {
		for i := range a.most / 2 {
			if err := a.do(i); err != nil {
				t.Fatalf("%s %d by the clock set back: %v", a.name, i, err)
			}
		}
	}
	f.in("clerk-2", clerkPassword, next.Add(time.Minute))
	for _, a := range acts {
		t.Run(a.name+" that were done by the clock set back count for the day", func(t *testing.T) {
			n := a.most / 2
			for ; n < 2*a.most; n++ {
				if err := a.do(n); fault.KindOf(err) == fault.Denied {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
			if n != a.most {
				t.Errorf("got %d on one day, want %d", n, a.most)
			}
		})
	}
}

package ui

import (
	"context"
	"errors"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestTheWindowCountsItsInputWhereTheSystemTellsNoIdleTime(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	starts := make(chan func(), 2)
	fail := make(chan error)
	r.ui(func() {
		r.u.deps.Idle = func() (time.Duration, bool) { return 0, false }
		r.u.deps.Input = func(ctx context.Context, touched func()) error {
			starts <- touched
			select {
			case <-ctx.Done():
				return nil
			case err := <-fail:
				return err
			}
		}
	})
	// The clock stands at now, and the window is looked at as each tick does.
	now := time.Now()
	tick := func(d time.Duration) {
		before := now
		now = now.Add(d)
		since, ok := r.u.untouched(now, now) // no sleep
		if !ok {
			t.Fatalf("after %v nothing is told", now.Sub(before))
		}
		r.ui(func() { r.u.idled(since) })
	}
	r.u.touched.touch(now)
	tick(idleLimit - idleWarning - time.Second)
	touched := <-starts
	touched()
	r.u.touched.touch(now) // as it would at that time of the clock
	tick(idleLimit - time.Second)
	r.ui(func() {
		if r.u.shell == nil {
			t.Fatal("it locked though it was touched meanwhile")
		}
		v.jump("student.name")
		for _, c := range "韦测戊" {
			r.u.win.Canvas().Focused().(*kit.Field).TypedRune(c)
		}
	})
	t.Run("a watch that ended is begun anew", func(t *testing.T) {
		fail <- errors.New("the display ended")
		r.until("it has ended", func() bool {
			if !r.u.touched.begin() {
				return false
			}
			r.u.touched.end()
			return true
		})
		r.u.touched.touch(now)
		tick(time.Second)
		<-starts
	})
	t.Run("and then it locks, and the work is kept", func(t *testing.T) {
		r := &rig{t, r.u}
		tick(idleLimit)
		r.locked()
		if c := r.again(v); c.App.Student.Name != "韦测戊" {
			t.Errorf("of the name %q is kept", c.App.Student.Name)
		}
	})
}

// again is the case once its operator signed in again.
func (r *rig) again(v *visit) *loan.Case {
	r.t.Helper()
	r.enter("clerk-1", clerkPassword)
	r.until("the case in hand is open", func() bool { return r.u.shell.current != nil && r.u.shell.current.id == v.id })
	r.settle()
	return r.saved(v.id)
}

func TestASleepAsLongAsTheLimitCountsWhereNothingTells(t *testing.T) {
	r := newRig(t, kit.Light)
	r.u.deps.Idle = func() (time.Duration, bool) { return 0, false }
	now := time.Now()
	if _, ok := r.u.untouched(now, now.Add(-time.Minute)); ok {
		t.Error("nothing tells, and yet it is known")
	}
	if since, ok := r.u.untouched(now, now.Add(-idleLimit)); !ok || since < idleLimit {
		t.Errorf("a sleep of the limit: got %v, %v", since, ok)
	}
}

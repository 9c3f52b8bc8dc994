package ui

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
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

// TestTheWindowsOwnInputCountsWhereNothingElseTells has a machine that tells
// nothing: who works in the window is not locked out, and it is said once.
func TestTheWindowsOwnInputCountsWhereNothingElseTells(t *testing.T) {
	r := newRig(t, kit.Light)
	log := &safeLog{}
	ends := make(chan error)
	starts := make(chan func())
	r.ui(func() {
		r.u.deps.Log = slog.New(slog.NewTextHandler(log, nil))
		r.u.deps.Idle = func() (time.Duration, bool) { return 0, false }
		r.u.deps.Input = func(ctx context.Context, touched func()) error {
			select {
			case starts <- touched:
			case <-ctx.Done():
				return nil
			}
			select {
			case err := <-ends:
				return err
			case <-ctx.Done():
				return nil
			}
		}
	})
	v := r.open(loan.First, false)
	// fails has the watch begin and end, as at each look.
	fails := func() {
		t.Helper()
		r.u.untouched(time.Now(), time.Now())
		<-starts
		ends <- errors.New("no such display")
		r.until("it has ended", func() bool {
			if !r.u.touched.begin() {
				return false
			}
			r.u.touched.end()
			return true
		})
	}
	for range 5 {
		fails()
	}
	if got := strings.Count(log.text(), "nothing tells input"); got != 1 {
		t.Errorf("it is said %d times, want once:\n%s", got, log.text())
	}
	// long is that nobody touched anything for nearly as long as it takes to lock.
	long := func() {
		r.u.touched.mu.Lock()
		defer r.u.touched.mu.Unlock()
		r.u.touched.last = time.Now().Add(-idleLimit + time.Second)
	}
	since := func() time.Duration { return r.u.touched.since(time.Now()) }
	r.ui(func() { v.jump("student.name") })
	for name, touch := range map[string]func(){
		"a character in a field":  func() { r.u.win.Canvas().Focused().(*kit.Field).TypedRune('韦') },
		"a key that moves":        func() { r.u.win.Canvas().Focused().(*kit.Field).TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft}) },
		"a key that is held":      func() { r.u.win.Canvas().Focused().(*kit.Field).KeyDown(&fyne.KeyEvent{Name: fyne.KeyF1}) },
		"the pointer, anywhere":   func() { r.u.root.MouseMoved(&desktop.MouseEvent{}) },
		"the pointer on a button": func() { v.main.MouseMoved(&desktop.MouseEvent{}) },
	} {
		r.ui(long)
		if since() < idleLimit-time.Minute {
			t.Fatal("the test's own clock is wrong")
		}
		r.ui(touch)
		if got := since(); got > idleLimit/2 {
			t.Errorf("%s: it counts %v as untouched", name, got)
		}
	}
	r.ui(func() {
		r.u.shell.section = ofDevice
		r.u.shell.visit("manage")
		if !strings.Contains(textsIn(r.u.shell.screen.object()), "只按本窗口内的操作计时") {
			t.Error("管理 does not say it")
		}
	})
	t.Run("and when the machine tells again, that is said once too", func(t *testing.T) {
		r := &rig{t, r.u}
		r.u.untouched(time.Now(), time.Now())
		touched := <-starts
		touched()
		touched()
		if got := strings.Count(log.text(), "told again"); got != 1 || r.u.touched.isBlind() {
			t.Errorf("said %d times", got)
		}
		r.ui(func() { r.u.stopCarrier() })
	})
	t.Run("and left alone it locks", func(t *testing.T) {
		r := &rig{t, r.u}
		r.ui(func() { r.u.idled(idleLimit) })
		r.locked()
	})
}

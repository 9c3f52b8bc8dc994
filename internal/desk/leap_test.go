package desk_test

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

// steady is a laptop with a time that runs beside its clock, whatever that is set to.
type steady struct {
	*field
	ran time.Duration
}

func newSteady(t *testing.T) *steady {
	f := &steady{field: newField(t)}
	f.in("clerk-1", clerkPassword, clock())
	if err := f.works(); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *steady) in(who, password string, at time.Time) {
	f.t.Helper()
	if err := f.d.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.now = at
	tl := tools(f.t)
	tl.Now, tl.Steady = func() time.Time { return f.now }, func() time.Duration { return f.ran }
	door, err := desk.OpenDoor(f.t.Context(), store.Options{Dir: f.dir, Cost: seal.CheapCost(), Now: tl.Now}, tl)
	if err != nil {
		f.t.Fatal(err)
	}
	if f.d, err = door.SignIn(f.t.Context(), who, []byte(password)); err != nil {
		f.t.Fatal(err)
	}
}

// pass lets time go by; set sets the clock alone.
func (f *steady) pass(d time.Duration) { f.now, f.ran = f.now.Add(d), f.ran+d }
func (f *steady) set(d time.Duration)  { f.now = f.now.Add(d) }

// stopped wants that the clock's leap stops the work, and is told in words.
func (f *steady) stopped(from, to string) {
	f.t.Helper()
	err := f.works()
	if say := fault.Sentence(err); fault.KindOf(err) != fault.Denied || !strings.Contains(say, from) || !strings.Contains(say, to) || !strings.Contains(say, "再登录一次") {
		f.t.Fatalf("got %v: %s", err, say)
	}
	if f.d.Lapsed() == nil {
		f.t.Error("and the desk does not say so")
	}
	if err := f.d.SwitchRoom(f.t.Context(), true); err != nil {
		f.t.Errorf("what carries is refused: %v", err)
	}
}

func (f *steady) goesOn(when string) {
	f.t.Helper()
	if err := f.works(); err != nil {
		f.t.Fatalf("%s: %v: %s", when, err, fault.Sentence(err))
	}
}

func TestAClockSetFarAheadWithinASessionIsToldAndNotBelieved(t *testing.T) {
	day := 24 * time.Hour
	t.Run("set right in the session", func(t *testing.T) {
		f := newSteady(t)
		f.set(5 * day)
		f.stopped("2023-08-05", "2023-08-10")
		if got := f.d.Find("", 0); len(got) != 0 {
			t.Error("cases are listed meanwhile")
		}
		f.set(-5 * day)
		f.goesOn("set right")
		told := 0
		for _, ch := range chain(t, f.d) {
			if b, err := loan.Body[loan.ViewBody](ch); err == nil && ch.Kind == loan.ChangeSetting && b.Detail == desk.ClockAhead+"7200 minutes" {
				told++
			}
		}
		if told != 1 {
			t.Errorf("the chain says it %d times, want once", told)
		}
		f.in("clerk-1", clerkPassword, f.now.Add(time.Hour))
		f.goesOn("signed in anew")
	})
	for name, ahead := range map[string]time.Duration{"five days": 5 * day, "forty days": 40 * day} {
		t.Run(name+" ahead as it was closed, and set right before it is opened", func(t *testing.T) {
			f := newSteady(t)
			f.pass(3 * time.Hour)
			f.goesOn("three hours on")
			right := f.now
			f.set(ahead)
			if err := f.d.SwitchRoom(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			f.in("clerk-1", clerkPassword, right.Add(time.Hour))
			f.goesOn("set right")
			f.in("clerk-1", clerkPassword, right.Add(-2*day))
			if err := f.works(); !strings.Contains(fault.Sentence(err), "校正电脑的日期") {
				t.Errorf("and turned back then, it is forgotten how late it was: %v", err)
			}
		})
	}
	t.Run("and carried meanwhile", func(t *testing.T) {
		f := newSteady(t)
		right := f.now
		f.set(5 * day)
		if err := f.d.SwitchRemote(t.Context(), true); err != nil { // before anything else was asked
			t.Fatal(err)
		}
		f.in("clerk-1", clerkPassword, right.Add(time.Hour))
		f.goesOn("set right")
	})
	t.Run("still ahead when it is opened, it is told once, and then a person has said so", func(t *testing.T) {
		f := newSteady(t)
		f.set(5 * day)
		ahead := f.now
		f.in("clerk-1", clerkPassword, ahead)
		f.stopped("2023-08-05", "2023-08-10")
		f.pass(time.Minute)
		f.stopped("2023-08-05", "2023-08-10")
		f.in("clerk-1", clerkPassword, ahead.Add(2*time.Minute))
		f.goesOn("signed in once more")
	})
	t.Run("told at signing in, and set right", func(t *testing.T) {
		f := newSteady(t)
		f.set(5 * day)
		f.in("clerk-1", clerkPassword, f.now)
		f.stopped("2023-08-05", "2023-08-10")
		f.set(-5 * day)
		f.goesOn("set right")
		f.in("clerk-1", clerkPassword, f.now.Add(time.Minute))
		f.goesOn("and signed in anew")
	})
	t.Run("a sleep over days is none", func(t *testing.T) {
		f := newSteady(t)
		f.pass(4 * day)
		f.goesOn("after the sleep")
	})
	t.Run("nor is a clock that is set right after it stood behind", func(t *testing.T) {
		f := newSteady(t)
		f.in("clerk-1", clerkPassword, clock().Add(-3*day))
		if err := f.works(); err == nil {
			t.Fatal("behind, and open")
		}
		f.set(3 * day)
		f.goesOn("set right")
	})
	t.Run("the account's time is over by it all the same", func(t *testing.T) {
		f := newSteady(t)
		f.pass(8 * day)
		if err := f.works(); !strings.Contains(fault.Sentence(err), "7 天") {
			t.Errorf("got %v", err)
		}
	})
}

func TestTimesWrittenWhileWorkIsStoppedSayNothing(t *testing.T) {
	f := newField(t)
	f.in("clerk-1", clerkPassword, clock())
	f.now = clock().AddDate(0, 0, 40) // by a desk that has no other time to hold it against
	if err := f.works(); !strings.Contains(fault.Sentence(err), "14 天") {
		t.Fatalf("got %v", err)
	}
	carries := func() {
		t.Helper()
		if err := f.d.SwitchRoom(t.Context(), true); err != nil {
			t.Fatal(err)
		}
	}
	carries()
	f.now = clock().Add(time.Hour)
	if err := f.works(); err != nil {
		t.Errorf("set right in the session: %v", err)
	}
	f.now = clock().AddDate(0, 0, 40)
	if err := f.works(); err == nil {
		t.Fatal("open")
	}
	carries()
	f.in("clerk-1", clerkPassword, clock().Add(2*time.Hour))
	if err := f.works(); err != nil {
		t.Errorf("set right before signing in: %v", err)
	}
	f.in("clerk-1", clerkPassword, clock().Add(-2*guard.ClockSlack))
	if err := f.works(); err == nil {
		t.Error("it is forgotten how late it was")
	}
}

func TestARenewalsRequestIsGoodForADay(t *testing.T) {
	f := newSteady(t)
	f.pass(8 * 24 * time.Hour)
	at := f.now
	answer := f.answer(f.d.AskRenewal(), "clerk-1", f.p.Device, at)
	f.pass(30 * 24 * time.Hour) // more than is believed of a clock
	f.now = at
	if err := f.d.Renew(t.Context(), answer); fault.KindOf(err) != fault.Refused {
		t.Errorf("got %v", err)
	}
}

func TestTheSteadyTimeRuns(t *testing.T) {
	f := desk.Steady()
	a, b := f(), f()
	for range 1_000_000_000 {
		if b = f(); b > a {
			return
		}
	}
	t.Errorf("it stands at %s", b)
}

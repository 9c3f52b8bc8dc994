package desk_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"
	"unsafe"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// late is an hour past midnight, two days after clock; early the day before it, which
// a clock set back by less than the slack shows.
func late() time.Time  { return clock().Add(39 * time.Hour) }
func early() time.Time { return clock().Add(19 * time.Hour) }

// turned lets the laptop see late, and turns its clock back.
func (f *field) turned() {
	f.t.Helper()
	f.now = late()
	if err := f.works(); err != nil {
		f.t.Fatal(err)
	}
	f.now = early()
	if err := f.works(); err != nil {
		f.t.Fatal(err)
	}
}

func TestAnAnswerOfADayThatIsOverServesNoMoreByTheClock(t *testing.T) {
	ctx := t.Context()
	t.Run("a grant's", func(t *testing.T) {
		f, _, a := askedFor(t)
		answer := f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, clock())
		f.now = late()
		if _, err := f.d.TakeGrant(ctx, a.Code, answer); fault.KindOf(err) != fault.Untrusted {
			t.Fatalf("two days on: got %v", err)
		}
		f.now = early()
		if _, err := f.d.TakeGrant(ctx, a.Code, answer); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("and back: got %v", err)
		}
		f.in("reviewer-1", reviewPassword, early())
		if _, err := f.d.TakeGrant(ctx, a.Code, answer); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("and signed in anew: got %v", err)
		}
		good := f.answerGrant(a.Code, "reviewer-1", "admin-1", f.p.Device, late())
		g, err := f.d.TakeGrant(ctx, a.Code, good)
		if err != nil || !g.From.Equal(late()) {
			t.Errorf("one of today begins at %s, %v", g.From, err)
		}
	})
	t.Run("an enabling's", func(t *testing.T) {
		f := newEnablingField(t)
		f.in("clerk-1", clerkPassword, clock())
		taken, waits := f.asked("reviewer-7"), f.asked("admin-7")
		if err := f.d.TakeAnswer(ctx, taken, f.say(guard.Enabling{Device: f.p.Device, Operator: "reviewer-7", Digits: taken.Code()}, clock())); err != nil {
			t.Fatal(err)
		}
		f.turned()
		if err := f.d.Admit(ctx, taken, []byte(lentPassword)); fault.KindOf(err) != fault.Refused {
			t.Errorf("one that was taken in time: got %v", err)
		}
		if err := f.d.TakeAnswer(ctx, waits, f.say(guard.Enabling{Device: f.p.Device, Operator: "admin-7", Digits: waits.Code()}, clock())); fault.KindOf(err) != fault.Untrusted {
			t.Errorf("one that was not: got %v", err)
		}
	})
	t.Run("a renewal's", func(t *testing.T) {
		f := newField(t)
		day := 24 * time.Hour
		f.in("clerk-1", clerkPassword, clock().Add(8*day))
		answer := f.answer(f.d.AskRenewal(), "clerk-1", f.p.Device, f.now)
		f.now = clock().Add(12 * day)
		if err := f.works(); fault.KindOf(err) != fault.Denied {
			t.Fatal("open after twelve days")
		}
		f.now = clock().Add(8 * day)
		if err := f.d.Renew(ctx, answer); fault.KindOf(err) != fault.Refused || !strings.Contains(fault.Sentence(err), "重新生成") {
			t.Errorf("got %v: %s", err, fault.Sentence(err))
		}
		if err := f.works(); err == nil {
			t.Error("it opened")
		}
		t.Run("and a new request's does", func(t *testing.T) {
			code := f.d.AskRenewal()
			if err := f.d.Renew(ctx, f.answer(code, "clerk-1", f.p.Device, f.now)); err != nil {
				t.Fatal(err)
			}
			if err := f.works(); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("one that is given here is of the latest day", func(t *testing.T) {
		f, _, a := askedFor(t)
		f.in("admin-1", clerkPassword, clock())
		f.now = late()
		if err := f.d.MaySync(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := f.d.Pleas(ctx); err != nil {
			t.Fatal(err)
		}
		f.now = early()
		got, err := f.d.AnswerAsk(ctx, f.p.Device.String()[28:], "reviewer-1", a.Code, "核对家长投诉")
		if err != nil {
			t.Fatal(err)
		}
		b, err := seal.ParseSpoken(a.Code, guard.AskSize)
		if err != nil {
			t.Fatal(err)
		}
		ask, err := guard.ParseAsk(b)
		if err != nil {
			t.Fatal(err)
		}
		m, err := guard.Plea{Device: guard.TagOf(f.p.Device), Operator: "reviewer-1", Ask: ask}.Message("admin-1", guard.DayOf(late()))
		if err != nil {
			t.Fatal(err)
		}
		if want := seal.Spoken(f.p.CountyKey.Derive("doorstep grant answer 1").Answer(m)); got != want {
			t.Error("it is of the day that the clock was set back to")
		}
	})
}

func TestARequestThatIsOverDoesNotWaitAgainByTheClock(t *testing.T) {
	f, c, a := askedFor(t)
	raw, err := seal.ParseSpoken(a.Code, guard.AskSize)
	if err != nil {
		t.Fatal(err)
	}
	list, err := guard.EncodeWaiting([]guard.Waiting{{Device: uuid.New(), Operator: "reviewer-1", Ask: hex.EncodeToString(raw), Case: c.ID, Reason: "核对家长投诉",
		At: clock().Add(39*time.Hour - guard.WaitFor - time.Minute).UTC()}})
	if err != nil {
		t.Fatal(err)
	}
	f.in("admin-1", clerkPassword, early())
	f.send(bulletin.Bulletin{Kind: bulletin.Asks, Name: bulletin.AsksName, Issued: clock().UTC(), Content: list})
	waits := func(want int) {
		t.Helper()
		if got, err := f.d.Pleas(t.Context()); err != nil || len(got) != want {
			t.Errorf("%d wait, want %d: %v", len(got), want, err)
		}
	}
	waits(1)
	f.now = late()
	waits(0)
	f.now = early()
	waits(0)
}

func TestWhatIsOnForADayIsNotOnAgainByTheClock(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	f.in("clerk-1", clerkPassword, early())
	for name, x := range map[string]struct {
		on    func(*desk.Desk) (bool, error)
		press func(*desk.Desk) error
	}{
		"同室协作": {func(d *desk.Desk) (bool, error) { return d.InRoom(ctx) }, func(d *desk.Desk) error { return d.SwitchRoom(ctx, true) }},
		"远程协作": {func(d *desk.Desk) (bool, error) { return d.Remote(ctx) }, func(d *desk.Desk) error { return d.SwitchRemote(ctx, true) }},
	} {
		f.in("clerk-1", clerkPassword, f.now)
		is := func(when string, want bool) {
			t.Helper()
			if on, err := x.on(f.d); err != nil || on != want {
				t.Errorf("%s %s: on %v, want %v, %v", name, when, on, want, err)
			}
		}
		if err := x.press(f.d); err != nil {
			t.Fatal(err)
		}
		is("switched on", true)
		began := f.now
		f.now = began.Add(20 * time.Hour) // past midnight
		if err := f.works(); err != nil {
			t.Fatal(err)
		}
		is("the day after", false)
		f.now = began
		is("and back", false)
		f.in("clerk-1", clerkPassword, began)
		is("and signed in anew", false)
		if err := x.press(f.d); err != nil {
			t.Fatal(err)
		}
		is("switched on again", true)
		f.now = began.Add(24 * time.Hour)
	}
}

// onWall is a moment of the real clock whose wall was set: the time that it carries
// beside goes on as before.
func onWall(t time.Time, set time.Duration) time.Time {
	(*[2]uint64)(unsafe.Pointer(&t))[0] += uint64(int64(set/time.Second) << 30)
	return t
}

func TestARealClockThatIsSetBackIsSeen(t *testing.T) {
	if a, b := time.Now(), onWall(time.Now(), -time.Hour); b.Before(a) || !b.Round(0).Before(a.Round(0)) {
		t.Skip("moments are kept otherwise here")
	}
	f := newField(t)
	if err := f.d.Close(); err != nil {
		t.Fatal(err)
	}
	set := time.Until(clock()).Round(time.Second)
	tl := tools(t)
	tl.Now = func() time.Time { return onWall(time.Now(), set) }
	door, err := desk.OpenDoor(t.Context(), store.Options{Dir: f.dir, Cost: seal.CheapCost(), Now: tl.Now}, tl)
	if err != nil {
		t.Fatal(err)
	}
	if f.d, err = door.SignIn(t.Context(), "clerk-1", []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	if err := f.works(); err != nil {
		t.Fatal(err)
	}
	set -= 2 * guard.ClockSlack
	if err := f.works(); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "校正电脑的日期") {
		t.Errorf("set back by two days: got %v", err)
	}
}

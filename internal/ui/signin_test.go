package ui

import (
	"errors"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

func TestWhatIsSaidOfOneIsNotSaidOfWhoIsChosenNext(t *testing.T) {
	u := testWindow(t, settledFolder(t, 0), kit.Light)
	r := &rig{t, u}
	var s *signIn
	r.ui(func() {
		s = newSignIn(u)
		u.show("signin", s.content)
		s.who.SetValue(kit.Option{ID: "clerk-1", Text: "练习操作员"})
		s.password.SetText("not the password")
		s.try()
	})
	r.until("the password is refused", func() bool { return s.fieldOf.Error() != "" })
	r.ui(func() {
		s.who.OnChanged(kit.Option{ID: testReviewer().ID, Text: testReviewer().Name})
		if got := s.fieldOf.Error(); got != "" {
			t.Errorf("of another than who was refused: got %q", got)
		}
	})
}

func TestWhoTakesNoCasesInIsNotOfferedOne(t *testing.T) {
	for who, want := range map[string]struct {
		password string
		offered  bool
	}{"clerk-1": {clerkPassword, true}, testReviewer().ID: {reviewPassword, false}} {
		t.Run(who, func(t *testing.T) {
			u := testWindow(t, settledFolder(t, 0), kit.Light)
			r := &rig{t, u}
			d, err := u.deps.Door.SignIn(t.Context(), who, []byte(want.password))
			if err != nil {
				t.Fatal(err)
			}
			r.ui(func() {
				u.signedIn(d)
				u.stopCarrier()
				for _, place := range []string{"today", "visit"} {
					u.shell.visit(place)
					var offered, told bool
					for _, s := range kit.Spots(u.win) {
						offered = offered || s.Kind == "button" && strings.HasPrefix(s.Text, "首贷")
					}
					told = strings.Contains(textsIn(u.shell.screen.object()), "须由操作员办理")
					if offered != want.offered || told != (place == "visit" && !want.offered) {
						t.Errorf("%s: offered %v, told who may %v", place, offered, told)
					}
				}
			})
		})
	}
}

func TestWhoWasAtTheDeskIsChosenAfterALock(t *testing.T) {
	const alone = "已自动锁定，案件里填的内容都保存了，请登录后接着办。"
	for name, c := range map[string]struct {
		lock  func(*Window)
		alone bool
	}{
		"locked by hand":   {(*Window).lock, false},
		"locked by itself": {func(u *Window) { u.idled(idleLimit) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, kit.Light)
			r.ui(r.u.lock)
			r.locked()
			r.enter(testReviewer().ID, reviewPassword)
			var left Left
			worn := Look{kit.Dark, 1.3}
			r.ui(func() {
				r.u.look = worn
				r.u.deps.Restart = func(l Left) error { left = l; return errors.New("this system cannot") }
				c.lock(r.u)
			})
			r.locked()
			if want := (Left{Who: testReviewer().ID, Alone: c.alone, Look: worn}); left != want || left.Worn() != worn {
				t.Errorf("the next run is told %+v, want %+v", left, want)
			}
			r.ui(func() {
				s := newSignIn(r.u)
				if got := s.who.Value().ID; got != testReviewer().ID || s.begins() != fyne.CanvasObject(s.password) {
					t.Errorf("chosen is %q", got)
				}
				if got := strings.Contains(textsIn(s.content), alone); got != c.alone {
					t.Errorf("it says that it locked by itself: %v", got)
				}
				r.u.left.Who = "clerk-9" // who is not on this laptop any more
				s = newSignIn(r.u)
				if got := s.who.Value().ID; got != "" || s.begins() != fyne.CanvasObject(s.who.Field()) {
					t.Errorf("for who is not here chosen is %q", got)
				}
			})
		})
	}
}

func TestWhoWasAtTheCounterLastIsChosenAtAFreshStart(t *testing.T) {
	dir := settledFolder(t, 0)
	atStart := func(t *testing.T, want string) {
		t.Helper()
		u := testWindow(t, dir, kit.Light)
		fyne.DoAndWait(func() {
			s := newSignIn(u)
			if got := s.who.Value().ID; got != want {
				t.Errorf("chosen is %q, want %q", got, want)
			}
			begins := map[bool]fyne.CanvasObject{true: s.who.Field(), false: s.password}[want == ""]
			if s.begins() != begins {
				t.Error("typing does not begin where it should")
			}
			u.Close()
		})
	}
	at := func(who, password string, counter bool) {
		t.Helper()
		door, err := desk.OpenDoor(t.Context(), store.Options{Dir: dir, Cost: seal.CheapCost(), Now: testClock}, desk.Tools{Now: testClock, Counter: counter})
		if err != nil {
			t.Fatal(err)
		}
		d, err := door.SignIn(t.Context(), who, []byte(password))
		if err == nil {
			err = d.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Run("nobody where nobody was", func(t *testing.T) { atStart(t, "") })
	at(testReviewer().ID, reviewPassword, true)
	t.Run("who signed in at the counter", func(t *testing.T) { atStart(t, testReviewer().ID) })
	at("clerk-1", clerkPassword, false)
	t.Run("and not whom a verb worked as", func(t *testing.T) { atStart(t, testReviewer().ID) })
	at("clerk-1", clerkPassword, true)
	t.Run("the last of several", func(t *testing.T) { atStart(t, "clerk-1") })
}

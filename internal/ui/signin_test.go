package ui

import (
	"strings"
	"testing"

	"doorstep/internal/ui/kit"
)

func TestWhatIsSaidOfOneIsNotSaidOfWhoIsChosenNext(t *testing.T) {
	u := testWindow(t, settledFolder(t, 0), kit.Light)
	r := &rig{t, u}
	var s *signIn
	r.ui(func() {
		s = newSignIn(u)
		u.show("signin", s.content)
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
					if offered != want.offered || told == want.offered {
						t.Errorf("%s: offered %v, told who may %v", place, offered, told)
					}
				}
			})
		})
	}
}

package ui

import (
	"context"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
)

// atTheDoor is a window that asks to enrol, at a centre that answers err.
func atTheDoor(t *testing.T, err error) (*rig, *enrol) {
	t.Helper()
	r := newRig(t, kit.Light)
	u := r.u
	u.deps.Enrol = func(context.Context, string, string) (desk.Enrolment, error) {
		if err != nil {
			return desk.Enrolment{}, err
		}
		return desk.Enrolment{Profile: testProfile(t), Roster: []desk.Operator{testClerk(), testReviewer()}}, nil
	}
	var e *enrol
	r.ui(func() {
		e = newEnrol(u)
		u.show("enrol", e.content)
	})
	return r, e
}

func TestEnrolLeadsToWhatIsWrong(t *testing.T) {
	t.Run("an empty address gets the focus back", func(t *testing.T) {
		r, e := atTheDoor(t, nil)
		r.ui(func() {
			kit.Focus(e.code)
			e.code.SetText("DS1-X")
			e.ask()
			if !e.server.Focused() || e.serverOf.Error() == "" {
				t.Errorf("got focus %v, error %q", e.server.Focused(), e.serverOf.Error())
			}
		})
	})
	t.Run("a centre that cannot be reached is said at the address", func(t *testing.T) {
		r, e := atTheDoor(t, fault.New("enrol", fault.Offline, nil))
		r.ui(func() {
			e.server.SetText("127.0.0.1:1")
			e.code.SetText("DS1-X")
			e.ask()
		})
		r.settle()
		r.ui(func() {
			if got := e.serverOf.Error(); !strings.Contains(got, "连不上这个地址") || !e.server.Focused() {
				t.Errorf("got %q, focus %v", got, e.server.Focused())
			}
			if got := e.codeOf.Error(); got != "" {
				t.Errorf("the code is blamed: %q", got)
			}
		})
	})
	t.Run("what the centre says of the code is said at the code", func(t *testing.T) {
		r, e := atTheDoor(t, fault.New("enrol", fault.Untrusted, nil))
		r.ui(func() {
			e.server.SetText("127.0.0.1:1")
			e.code.SetText("DS1-X")
			e.ask()
		})
		r.settle()
		r.ui(func() {
			if e.codeOf.Error() == "" || !e.code.Focused() {
				t.Errorf("got %q, focus %v", e.codeOf.Error(), e.code.Focused())
			}
		})
	})
	t.Run("a corrected password is no longer called wrong", func(t *testing.T) {
		r, e := atTheDoor(t, nil)
		r.ui(func() {
			e.server.SetText("127.0.0.1:1")
			e.code.SetText("DS1-X")
			e.ask()
		})
		r.settle()
		r.ui(func() {
			e.passwordOf.SetError("密码至少 8 位")
			e.password.SetText("lianxi2026")
			e.again.SetText("lianxi2027")
			e.open()
			if got := e.passwordOf.Error(); got != "" || !e.again.Focused() {
				t.Errorf("got %q, focus %v", got, e.again.Focused())
			}
		})
	})
}

func TestPeopleHaveRoomOnTheirCard(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() {
		r.u.shell.visit("manage")
		m := r.u.shell.screen.(*manage)
		if len(m.people.Objects) != 2 {
			t.Errorf("got %d people at once, want 2", len(m.people.Objects))
		}
		if got, want := m.people.Size().Height, m.people.MinSize().Height; got < want {
			t.Errorf("the list is %v high, and needs %v", got, want)
		}
	})
}

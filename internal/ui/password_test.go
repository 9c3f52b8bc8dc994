package ui

import (
	"context"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// typeLines types each text into the field that has the focus and presses
// Return behind it, as a person at the keyboard does.
func (r *rig) typeLines(lines ...string) {
	for _, text := range lines {
		r.ui(func() {
			f := r.u.win.Canvas().Focused().(*kit.Field)
			for _, c := range text {
				f.TypedRune(c)
			}
			f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		})
	}
	r.settle()
}

func TestOnesOwnPasswordIsChangedInTheWindow(t *testing.T) {
	r := newRig(t, kit.Light)
	verify := func(password string) fault.Kind {
		_, err := r.u.desk.Store().Verify(context.Background(), "clerk-1", []byte(password))
		if err == nil {
			return fault.Other
		}
		return fault.KindOf(err)
	}
	r.ui(r.u.changePassword)
	r.snap("password-change")
	r.typeLines("not the one", "the new password", "the new password")
	if r.dialog() == nil {
		t.Fatal("a wrong password was taken")
	}
	r.snap("password-wrong")
	// The caret is back in the empty field of the old password, the new ones stand.
	r.typeLines(clerkPassword, "", "")
	if r.dialog() != nil {
		t.Fatal("the dialog is still open")
	}
	if got := verify(clerkPassword); got != fault.Password {
		t.Errorf("the old password: got %v", got)
	}
	if got := verify("the new password"); got != fault.Other {
		t.Errorf("the new password: got %v", got)
	}
}

func TestOnlyAnAdministratorIsOfferedToResetPasswords(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() {
		if r.u.desk.MayResetPasswords() {
			t.Error("a clerk may")
		}
		if got := len(r.u.others()); got != 1 {
			t.Errorf("got %d others who can sign in, want the reviewer", got)
		}
		if h := r.u.passwordCard().MinSize().Height; h <= 0 {
			t.Errorf("the card is %v high", h)
		}
	})
}

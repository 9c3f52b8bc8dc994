package ui

import (
	"context"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

func TestLockSavesWhatIsBeingTyped(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	id := v.id
	r.ui(func() {
		v.jump("student.name")
		f := r.u.win.Canvas().Focused()
		for _, c := range "韦测丁" {
			f.TypedRune(c)
		}
		r.u.lock()
	})
	for deadline := time.Now().Add(30 * time.Second); ; {
		locked := false
		r.ui(func() { locked = r.u.first != nil })
		if locked {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the window did not lock")
		}
		time.Sleep(10 * time.Millisecond)
	}
	d, err := r.u.deps.Door.SignIn(context.Background(), "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.signedIn(d) })
	c, err := d.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.App.Student.Name, "韦测丁"; got != want {
		t.Errorf("after locking while typing: got %q, want %q", got, want)
	}
}

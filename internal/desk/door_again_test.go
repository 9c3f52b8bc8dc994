package desk_test

import (
	"context"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

// TestASignInThatFailsBehindThePasswordCanBeTriedAgain has it end once the store is open.
func TestASignInThatFailsBehindThePasswordCanBeTriedAgain(t *testing.T) {
	dir := t.TempDir()
	if err := laptop(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	tl := tools(t)
	var cut context.CancelFunc
	tl.Now = func() time.Time {
		if cut != nil {
			cut() // the desk asks for the time once the store is open
		}
		return clock()
	}
	door, err := desk.OpenDoor(t.Context(), store.Options{Dir: dir, Cost: seal.CheapCost(), Now: clock}, tl)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cut = cancel
	if _, err := door.SignIn(ctx, "reviewer-1", []byte(reviewPassword)); err == nil {
		t.Fatal("signed in though it was cut short")
	}
	cut = nil
	if n := len(door.People()); n == 0 {
		t.Error("nobody is listed who can sign in")
	}
	d, err := door.SignIn(t.Context(), "reviewer-1", []byte(reviewPassword))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

package desk_test

import (
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
)

// TestWhatOthersAskedForIsNotReadPastTheDesk has a reviewer, who approves nothing, look
// for the code and the reason of another's request.
func TestWhatOthersAskedForIsNotReadPastTheDesk(t *testing.T) {
	c, as := staffed(t)
	d := as(guard.Clerk)
	if _, err := d.AskGrant(t.Context(), wanted(c.ID)); err != nil {
		t.Fatal(err)
	}
	d = as(guard.Reviewer)
	var asks any
	if ok, err := d.Setting(t.Context(), "desk.asks", &asks); ok || asks != nil || fault.KindOf(err) != fault.Denied {
		t.Errorf("as a setting: %t, %v, %v, want denied", ok, asks, err)
	}
	if all, err := d.Asks(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("as requests: got %v, %v", all, err)
	}
	d = as(guard.Clerk)
	if all, err := d.Asks(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("one's own: got %d, %v", len(all), err)
	}
}

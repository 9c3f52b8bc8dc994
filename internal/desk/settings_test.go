package desk_test

import (
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/store"
)

func TestDeskKeepsItsOwnSettings(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	for _, key := range []string{"desk.asks", "desk.reveals", "desk.temporary", "room.on", "remote.on", "room.seat", "backup", "housekeeping", store.RevokedDevice + "x", "lookout"} {
		if err := d.SetSetting(t.Context(), key, map[string]int{}); fault.KindOf(err) != fault.Denied {
			t.Errorf("%s: got %v, want denied", key, err)
		}
		var got any
		if ok, err := d.Setting(t.Context(), key, &got); ok || fault.KindOf(err) != fault.Denied {
			t.Errorf("%s is read: %t, %v, want denied", key, ok, err)
		}
	}
	if err := d.SetSetting(t.Context(), "print.printer", "a"); err != nil {
		t.Errorf("how things are shown: %v", err)
	}
	var printer string
	if ok, err := d.Setting(t.Context(), "print.printer", &printer); !ok || err != nil || printer != "a" {
		t.Errorf("how things are shown: read %q, %t, %v", printer, ok, err)
	}
}

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

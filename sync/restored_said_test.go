package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/guard"
	"doorstep/sync/central"
)

// TestWhatABackupOfTheCentreLacksIsToldOf shuts a laptop out after the centre was backed
// up, and puts the backup back.
func TestWhatABackupOfTheCentreLacksIsToldOf(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	s.must(t, "operator", "add", "--id", "clerk-9", "--name", "某人", "--role", "clerk")
	var last time.Time
	if err := at(t.Context(), s.dir, io.Discard, func(c *central.Central) (err error) {
		last, err = c.LastSaid(t.Context())
		return err
	}); err != nil || time.Since(last).Abs() > time.Hour {
		t.Fatalf("the centre last did something at %v, %v", last, err)
	}
	s.stop()
	putBack := backedUp(t, s.dir)
	s.must(t, "device", "revoke", "--id", l.Profile().Device.String())
	putBack()
	out := s.must(t, "restored")
	if !strings.Contains(out, "到 "+clockTime(last)+"为止") || !strings.Contains(out, "重新办理") {
		t.Errorf("told %q, want up to %s", out, guard.RecordTime(last))
	}
}

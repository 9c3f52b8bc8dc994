package main

import (
	"path/filepath"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/store"
	"doorstep/sync/courier"
)

// TestARestoredLaptopHearsTheCountyAnew: what the county sent down before the backup may have
// been taken back since, and stands only once it is heard, over either road.
func TestARestoredLaptopHearsTheCountyAnew(t *testing.T) {
	for _, road := range []string{"network", "stick"} {
		t.Run("by "+road, func(t *testing.T) {
			s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
			l := newLaptop(t, s)
			l.draft(t)
			mustCarry(t, l, "")
			if err := l.Setting(t.Context(), store.CountyHeard, new(time.Time)); fault.KindOf(err) != fault.Missing {
				t.Errorf("while no era began: %v", err)
			}
			backup, old := t.TempDir(), t.TempDir()
			if _, err := l.Backup(t.Context(), backup, nil); err != nil {
				t.Fatal(err)
			}
			l.write(t, old)
			takeStick(t, s, old, exitOK)
			back := restoredFrom(t, backup)
			heard := func() (is bool) {
				t.Helper()
				var began, at time.Time
				if err := back.Setting(t.Context(), store.EraBegan, &began); err != nil {
					t.Fatal(err)
				}
				if err := back.Setting(t.Context(), store.CountyHeard, &at); err != nil && fault.KindOf(err) != fault.Missing {
					t.Fatal(err)
				}
				return !at.Before(began)
			}
			if heard() {
				t.Fatal("before anything was carried")
			}
			if road == "network" {
				mustCarry(t, back, "")
			} else {
				_, _ = courier.ReadStick(t.Context(), back.Store, old)
				if heard() {
					t.Error("by an answer of before the backup was put back")
				}
				dir := t.TempDir()
				for range 3 { // it asks; it gets what is lacking; it sends the rest
					back.write(t, dir)
					takeStick(t, s, dir, -1)
					back.read(t, dir)
				}
			}
			if !heard() {
				t.Error("it is not heard")
			}
		})
	}
}

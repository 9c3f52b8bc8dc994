package store

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAWrongPasswordIsCountedOnAFullDisk leaves no room for a file beside the counts.
func TestAWrongPasswordIsCountedOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	a, now := newAttempts(dir), clock()()
	a.miss("c1", now)
	noErr(t, os.Mkdir(filepath.Join(dir, attemptsFile+newSuffix), 0o700))
	for range 12 { // to ten, and the file is longer
		a.miss("c1", now)
	}
	if got := newAttempts(dir).by["c1"].Missed; got != 13 {
		t.Errorf("after a new start %d are known, want 13", got)
	}
	a.put("c1", attempt{})
	if got := newAttempts(dir).by; len(got) != 0 {
		t.Errorf("once told: %v", got)
	}
}

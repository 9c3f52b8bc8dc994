package capture_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"doorstep/internal/capture"
	"doorstep/internal/fault"
)

func TestAPipeIsNotWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := capture.FromFile(t.Context(), nil, path); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("got %v, want unsupported", err)
	}
}

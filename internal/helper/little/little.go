// Package little builds, for tests, a little helper program as its makers would
// write one, and makes it behave and misbehave.
package little

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Build makes the program and gives its path, and what makes it do, from then on,
// what a mode says: nothing is a helper that does its work.
func Build(t testing.TB) (path string, behaves func(mode string)) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "helper")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", path, "doorstep/internal/helper/testdata/helper")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path, func(mode string) {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "mode"), []byte(mode), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestWholePath drives the window itself through two cases: see doc.go. Where
// it fails, what it left is in the folder it names.
func TestWholePath(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	needTools(t)
	if out, err := exec.Command("go", "env", "CGO_ENABLED").Output(); err != nil || strings.TrimSpace(string(out)) != "1" {
		t.Skip("the window needs cgo to build")
	}
	dir := t.TempDir()
	o := options{app: filepath.Join(dir, "doorstep"), sync: filepath.Join(dir, "doorstep-sync"), out: filepath.Join(dir, "out")}
	build(t, os.Environ(), append(detector(), "-tags", "gles,x11,no_animations,no_emoji", "-o", o.app, "doorstep/app")...)
	build(t, append(os.Environ(), "CGO_ENABLED=0"), "-o", o.sync, "doorstep/sync")
	var said bytes.Buffer
	err := drive(t.Context(), o, &said)
	t.Log(said.String())
	if err != nil {
		if kept, mkErr := os.MkdirTemp("", "doorstep-practice-failed-"); mkErr == nil {
			_ = os.CopyFS(filepath.Join(kept, "out"), os.DirFS(o.out))
			t.Logf("what it left is in %s", kept)
		}
		t.Fatal(err)
	}
	for _, want := range []string{"*-first-8-contract.png", "*-second-8-contract.png", "*-sync-offline.png", "contract-1.pdf", "contract-2.pdf", "centre.json"} {
		if found, err := filepath.Glob(filepath.Join(o.out, want)); err != nil || len(found) != 1 {
			t.Errorf("%s: got %v, %v, want one file", want, found, err)
		}
	}
}

// build builds a program of this module, and lets a result of the test that is
// remembered count only while the module's sources are as they are.
func build(t *testing.T, env []string, args ...string) {
	t.Helper()
	if err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") {
			_, err = os.Stat(path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", append([]string{"build", "-buildvcs=false"}, args...)...)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
}

package worker_test

import (
	"os"
	"testing"

	"doorstep/internal/page"
	"doorstep/internal/page/worker"
)

// childVerb makes this test binary be the child, as the program's hidden verb
// does for the real one.
const childVerb = "page-worker"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == childVerb {
		os.Exit(worker.Main(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func renderer(t testing.TB) *page.Renderer {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &page.Renderer{Command: []string{exe, childVerb}}
}

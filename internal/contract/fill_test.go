package contract

import (
	"bytes"
	"os"
	"testing"
)

func TestFillGivesTheSameBytesForTheSameInput(t *testing.T) {
	a, b := mustFill(t, testInput(t)), mustFill(t, testInput(t))
	if !bytes.Equal(a, b) {
		t.Error("two runs gave different bytes")
	}
	if dir := os.Getenv("KEEP"); dir != "" {
		id := newIdentity(t, 2)
		os.WriteFile(dir+"/filled.pdf", a, 0o600)
		os.WriteFile(dir+"/sealed.pdf", id.seal(t, a), 0o600)
	}
}

func TestSealedContractPasses(t *testing.T) {
	id := newIdentity(t, 2)
	sealed := id.seal(t, mustFill(t, testInput(t)))
	if r := Verify(sealed, id.trust()); !r.OK {
		t.Errorf("report: %q", r.Lines())
	}
}

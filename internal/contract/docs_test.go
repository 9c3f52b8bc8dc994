package contract

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/seal"
)

// What docs/contract.md tells a stranger to do works, and finds a flipped bit.
func TestTheCommandsOfTheDocument(t *testing.T) {
	for _, name := range []string{"sh", "pdfsig", "openssl", "qpdf", "grep", "od", "cmp"} {
		tool(t, name)
	}
	text := string(mustRead(t, "../../docs/contract.md"))
	_, rest, _ := strings.Cut(text, "```sh\n")
	script, _, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("the document has no commands")
	}
	id, tsa := newIdentity(t, seal.Device), newTSA(t)
	base := mustFill(t, testInput(t))
	sealed, sig, national := id.sealedTwice(t, base)
	whole := tsa.stamped(t, id.received(t, sealed))
	try := func(pdf []byte, root *x509.Certificate) (string, error) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{"contract.pdf": pdf, "contract.sm2": sig,
			"ca.pem":           pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.ca}),
			"tsa.pem":          pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}),
			"contract.sm2.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: national.Public().Marshal()})} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("sh", "-eu", "-c", script)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := try(whole, tsa.root)
	if err != nil || strings.Count(out, "CAdES Verification successful") != 4 || !strings.Contains(out, "Verification: OK") ||
		!strings.Contains(out, "Signature Verified Successfully") {
		t.Fatalf("an untouched contract: %v\n%s", err, out)
	}
	for name, k := range map[string]struct {
		pdf  []byte
		root *x509.Certificate
	}{
		"a bit of a page flipped":    {flip(whole, len(base)/2), tsa.root},
		"the time stamp cut off":     {cut(t, whole, 4), tsa.root},
		"a page replaced behind it":  {revised(t, whole, map[int]string{fixedObjs + 3: "<< /Type /Page >>"}), tsa.root},
		"another stamping service":   {whole, newTSA(t).root},
		"sealed by another's county": {newIdentity(t, seal.Device).seal(t, base), tsa.root},
	} {
		if out, err := try(k.pdf, k.root); err == nil {
			t.Errorf("%s is not found:\n%s", name, out)
		}
	}
}

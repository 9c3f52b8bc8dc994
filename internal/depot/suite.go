package depot

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// variable makes a test process run its package's tests on a depot.
const variable = "DOORSTEP_TEST_PLACE"

// OnShared says that this test process runs its tests on PostgreSQL and a
// bucket, not on the embedded database and a folder.
func OnShared() bool { return os.Getenv(variable) == "shared" }

// Settle writes the file that puts the centre of a folder on a new database
// and a new bucket, with its keys beside them, where none is there yet.
func (d *Depot) Settle(dir string) error {
	conf := filepath.Join(dir, "centre.conf")
	if _, err := os.Stat(conf); err == nil {
		return nil
	}
	db, err := d.NewDatabase()
	if err != nil {
		return err
	}
	bucket, _, err := d.NewBucket()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := d.Credentials(filepath.Join(dir, "credentials")); err != nil {
		return err
	}
	return os.WriteFile(conf, fmt.Appendf(nil, "# of a test\ndatabase %s\nbucket %s\nbucket-credentials credentials\nkeys keys\n",
		d.DatabaseURL(db), d.BucketURL(bucket)), 0o600)
}

// Again runs the tests of this process's package a second time, in a process of
// its own, on PostgreSQL and a bucket; but for those whose names skip matches.
// Fewer passing tests than least are a failure, so that no empty run passes.
func Again(t *testing.T, skip string, least int) {
	t.Helper()
	if OnShared() {
		t.Skip("this is that run")
	}
	cmd := exec.Command(os.Args[0], "-test.v", "-test.timeout=20m", "-test.skip="+skip)
	cmd.Env = append(os.Environ(), variable+"=shared")
	out, err := cmd.CombinedOutput()
	passed := bytes.Count(out, []byte("\n--- PASS"))
	t.Logf("%d tests passed there, %d were passed over", passed, bytes.Count(out, []byte("\n--- SKIP")))
	if err == nil && passed >= least {
		return
	}
	text := string(out)
	if i := strings.Index(text, "--- FAIL"); i > 0 {
		text = text[max(0, i-4000):]
	}
	t.Errorf("%v, %d passed, want %d: %s", err, passed, least, text[:min(len(text), 20_000)])
}

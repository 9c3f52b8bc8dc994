package central

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"doorstep/internal/depot"
)

// placeVariable runs all tests of this package on PostgreSQL and a bucket.
const placeVariable = "DOORSTEP_TEST_PLACE"

func onShared() bool { return os.Getenv(placeVariable) == "shared" }

var (
	stopDepot func()
	theDepot  = sync.OnceValues(func() (*depot.Depot, error) {
		d, err := depot.Start(filepath.Join("..", "testdata", "versitygw"))
		if err == nil {
			stopDepot = d.Stop
		}
		return d, err
	})
)

func TestMain(m *testing.M) {
	code := m.Run()
	if stopDepot != nil {
		stopDepot()
	}
	os.Exit(code)
}

// theShared is the PostgreSQL and the S3 server of this process.
func theShared(t testing.TB) *depot.Depot {
	t.Helper()
	d, err := theDepot()
	if err != nil {
		t.Skip(err)
	}
	return d
}

// sharedPlace is a database, a bucket and a folder for keys that nobody uses
// yet; bucket is the folder that holds its objects.
func sharedPlace(t testing.TB) (p Place, bucket string) {
	t.Helper()
	d := theShared(t)
	db, err := d.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	name, bucket, err := d.NewBucket()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p = Place{Database: d.DatabaseURL(db), Bucket: d.BucketURL(name), CredentialsFile: filepath.Join(dir, "credentials"), Keys: filepath.Join(dir, "keys")}
	if err := d.Credentials(p.CredentialsFile); err != nil {
		t.Fatal(err)
	}
	return p, bucket
}

// settle writes the file that puts a folder's centre on PostgreSQL and a
// bucket, where the tests are to run on these.
func settle(t testing.TB, dir string) {
	t.Helper()
	if !onShared() {
		return
	}
	conf := filepath.Join(dir, placeFile)
	if _, err := os.Stat(conf); err == nil {
		return
	}
	p, _ := sharedPlace(t)
	text := fmt.Sprintf("# of a test\ndatabase %s\nbucket %s\nbucket-credentials %s\nkeys %s\n", p.Database, p.Bucket, p.CredentialsFile, p.Keys)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ofFolder passes over a test of files that the embedded store alone has.
func ofFolder(t testing.TB) {
	t.Helper()
	if onShared() {
		t.Skip("of the files of the embedded database and the folder")
	}
}

// The whole suite runs again in a process of its own, on a real PostgreSQL and
// a real S3 server.
func TestTheSuiteOnPostgreSQLAndABucket(t *testing.T) {
	if onShared() {
		t.Skip("this is that run")
	}
	if _, err := theDepot(); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(os.Args[0], "-test.v", "-test.timeout=15m", "-test.skip=^(TestTheSuiteOn|TestShared|Fuzz)")
	cmd.Env = append(os.Environ(), placeVariable+"=shared")
	out, err := cmd.CombinedOutput()
	passed := bytes.Count(out, []byte("\n--- PASS"))
	t.Logf("%d tests passed there, %d were passed over", passed, bytes.Count(out, []byte("\n--- SKIP")))
	if err != nil || passed < 30 {
		text := string(out)
		if i := strings.Index(text, "--- FAIL"); i > 0 {
			text = text[max(0, i-4000):]
		}
		t.Errorf("%v, %d passed: %s", err, passed, text[:min(len(text), 20_000)])
	}
}

package central

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"doorstep/internal/depot"
)

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
	if !depot.OnShared() {
		return
	}
	if err := theShared(t).Settle(dir); err != nil {
		t.Fatal(err)
	}
}

// ofFolder passes over a test of files that the embedded store alone has.
func ofFolder(t testing.TB) {
	t.Helper()
	if depot.OnShared() {
		t.Skip("of the files of the embedded database and the folder")
	}
}

// The whole suite runs again in a process of its own, on a real PostgreSQL and
// a real S3 server.
func TestTheSuiteOnPostgreSQLAndABucket(t *testing.T) {
	theShared(t)
	depot.Again(t, "^(TestTheSuiteOn|TestShared|Fuzz)", 40)
}

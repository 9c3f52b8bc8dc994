package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"doorstep/internal/depot"
)

var (
	stopDepot func()
	theDepot  = sync.OnceValues(func() (*depot.Depot, error) {
		d, err := depot.Start(filepath.Join("testdata", "versitygw"))
		if err == nil {
			stopDepot = d.Stop
		}
		return d, err
	})
)

// theShared is the PostgreSQL and the S3 server of this process.
func theShared(t testing.TB) *depot.Depot {
	t.Helper()
	d, err := theDepot()
	if err != nil {
		t.Skip(err)
	}
	return d
}

// settle puts the centre of a folder on PostgreSQL and a bucket, where the
// tests are to run on these.
func settle(t testing.TB, dir string) {
	t.Helper()
	if !depot.OnShared() {
		return
	}
	settleShared(t, dir)
}

func settleShared(t testing.TB, dir string) {
	t.Helper()
	if err := theShared(t).Settle(dir); err != nil {
		t.Fatal(err)
	}
}

// The whole suite runs again in a process of its own, on a real PostgreSQL and
// a real S3 server. What is about the laptop's data alone, or between laptops, is
// not run twice, nor what lives by a clock of the test's own.
func TestTheSuiteOnPostgreSQLAndABucket(t *testing.T) {
	theShared(t)
	depot.Again(t, "^(TestTheSuiteOn|TestShared|TestNoCounterTwice|TestStorms|TestSoak|TestSlowFarAndLossyRoad|TestALaptopSuspended|TestNamesThat|TestIPv6That|TestANetworkOf|TestTheLaptopsDisk|TestPausedAnd|TestAClockSetBack|TestItGoesOn|TestSendingGoesOnWithin|TestAnAttemptEnds|Fuzz)", 60)
}

// backedUp copies what a centre holds, while nothing serves it, and gives what
// puts the copy in its place.
func backedUp(t testing.TB, dir string) (putBack func()) {
	t.Helper()
	if depot.OnShared() {
		return backedUpDatabase(t, dir)
	}
	old := filepath.Join(t.TempDir(), "old")
	if err := os.CopyFS(old, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(old, dir); err != nil {
			t.Fatal(err)
		}
	}
}

// backedUpDatabase leaves the bucket as it is: it was not lost.
func backedUpDatabase(t testing.TB, dir string) (putBack func()) {
	t.Helper()
	d, name := theShared(t), databaseOf(t, dir)
	do := func(statement string) {
		t.Helper()
		if _, err := d.SQL("postgres", statement); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE DATABASE " + name + "_old TEMPLATE " + name)
	return func() {
		t.Helper()
		do("DROP DATABASE " + name)
		do("ALTER DATABASE " + name + "_old RENAME TO " + name)
	}
}

// database opens the database of a folder's centre, past its server.
func database(t testing.TB, dir string) *sql.DB {
	t.Helper()
	driver, source := "sqlite", "file:"+filepath.Join(dir, "centre.db")+"?_pragma=busy_timeout(10000)"
	if depot.OnShared() {
		driver, source = "pgx", theShared(t).DatabaseURL(databaseOf(t, dir))
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// numbered writes a statement's parameters as its database reads them.
func numbered(q string) string {
	for n := 1; depot.OnShared() && strings.Contains(q, "?"); n++ {
		q = strings.Replace(q, "?", "$"+strconv.Itoa(n), 1)
	}
	return q
}

// databaseOf is the name of the database of a folder's centre.
func databaseOf(t testing.TB, dir string) string {
	t.Helper()
	return regexp.MustCompile(`centre_[0-9]+`).FindString(conf(t, dir))
}

// bucketOf is the folder that holds the objects of a folder's centre.
func bucketOf(t testing.TB, dir string) string {
	t.Helper()
	return theShared(t).BucketFolder(regexp.MustCompile(`centre-[0-9]+`).FindString(conf(t, dir)))
}

func conf(t testing.TB, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "centre.conf"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

package central

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

func TestSharedKeysAreMadeOnce(t *testing.T) {
	p, _ := sharedPlace(t)
	var cs [3]*Central
	var wg sync.WaitGroup
	for i := range cs {
		wg.Go(func() {
			c, err := Open(context.Background(), Options{Dir: t.TempDir(), Practice: true, Place: p})
			if err != nil {
				t.Error(err)
				return
			}
			cs[i] = c
		})
	}
	wg.Wait()
	for _, c := range cs {
		if c == nil {
			t.FailNow()
		}
		if c.Authority().Fingerprint() != cs[0].Authority().Fingerprint() || c.ID() != cs[0].ID() {
			t.Error("servers that started at once are of two centres")
		}
		c.Close()
	}
	made, err := os.ReadDir(p.Keys)
	if err != nil || len(made) != 4 {
		t.Errorf("%d keys, %v; want 4", len(made), err)
	}
	t.Run("and only read from then on", func(t *testing.T) {
		if os.Getuid() != 0 {
			t.Cleanup(func() { os.Chmod(p.Keys, 0o700) })
		}
		if err := os.Chmod(p.Keys, 0o500); err != nil {
			t.Fatal(err)
		}
		openAt(t, p)
		now, _ := os.ReadDir(p.Keys)
		for i, f := range now {
			a, _ := made[i].Info()
			b, _ := f.Info()
			if !a.ModTime().Equal(b.ModTime()) || a.Size() != b.Size() {
				t.Errorf("%s was written anew", f.Name())
			}
		}
		os.Chmod(p.Keys, 0o700)
	})
}

// earnest opens a centre of a county that is not for practice: what is for
// practice may have keys that all know.
func earnest(t *testing.T, dir string, p Place) (*Central, error) {
	t.Helper()
	c, err := Open(context.Background(), Options{Dir: dir, County: practiceCounty, CountyName: practiceName, Place: p})
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}

func TestSharedKeysThatDoNotFitAreRefused(t *testing.T) {
	p, _ := sharedPlace(t)
	other, _ := sharedPlace(t)
	for _, p := range []Place{p, other} {
		c, err := earnest(t, t.TempDir(), p)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	files, err := os.ReadDir(p.Keys)
	if err != nil || len(files) != 4 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		path := filepath.Join(p.Keys, f.Name())
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		another, err := os.ReadFile(filepath.Join(other.Keys, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for how, spoil := range map[string]func() error{
			"missing":         func() error { return os.Remove(path) },
			"another":         func() error { return os.WriteFile(path, another, 0o600) },
			"not a key":       func() error { return os.WriteFile(path, []byte("x"), 0o600) },
			"an empty folder": func() error { return os.RemoveAll(p.Keys) },
		} {
			t.Run(f.Name()+" "+how, func(t *testing.T) {
				all := map[string][]byte{}
				for _, g := range files {
					all[g.Name()], _ = os.ReadFile(filepath.Join(p.Keys, g.Name()))
				}
				if err := spoil(); err != nil {
					t.Fatal(err)
				}
				_, err := earnest(t, t.TempDir(), p)
				wantFault(t, err, fault.Damaged)
				if how == "missing" {
					if _, err := os.Stat(path); !os.IsNotExist(err) {
						t.Error("a new key took the place of one that is gone")
					}
				}
				os.MkdirAll(p.Keys, 0o700)
				for name, b := range all {
					if err := os.WriteFile(filepath.Join(p.Keys, name), b, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
		if now, _ := os.ReadFile(path); string(now) != string(good) {
			t.Fatal("the test did not put the key back")
		}
	}
	if _, err := earnest(t, t.TempDir(), p); err != nil {
		t.Error(err)
	}
}

func TestAnotherAuthorityInTheFolderIsRefused(t *testing.T) {
	ofFolder(t)
	dir, other := t.TempDir(), t.TempDir()
	for _, dir := range []string{dir, other} {
		c, err := earnest(t, dir, Place{})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	for _, name := range []string{"authority.pem", "county-" + practiceCounty + ".key"} {
		b, err1 := os.ReadFile(filepath.Join(other, "keys", name))
		good, err2 := os.ReadFile(filepath.Join(dir, "keys", name))
		if err := errors.Join(err1, err2, os.WriteFile(filepath.Join(dir, "keys", name), b, 0o600)); err != nil {
			t.Fatal(err)
		}
		_, err := earnest(t, dir, Place{})
		wantFault(t, err, fault.Damaged)
		if err := os.WriteFile(filepath.Join(dir, "keys", name), good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := earnest(t, dir, Place{}); err != nil {
		t.Error(err)
	}
}

func TestPlace(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, placeFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# so\n\ndatabase postgres://h/d\ndatabase-password-file pw\nconnections 8\nbucket https://s/b?region=cn\nbucket-credentials /etc/c\nkeys k\n")
	want := Place{Database: "postgres://h/d", PasswordFile: filepath.Join(dir, "pw"), Connections: 8,
		Bucket: "https://s/b?region=cn", CredentialsFile: "/etc/c", Keys: filepath.Join(dir, "k")}
	if got, err := (Place{}).complete(dir); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := (Place{Database: "postgres://o/d", Bucket: "http://o/b", Keys: "/k"}).complete(dir); err != nil ||
		got.Database != "postgres://o/d" || got.Bucket != "http://o/b" || got.Keys != "/k" || got.Connections != 8 {
		t.Errorf("what is said does not come before the file: %+v, %v", got, err)
	}
	for _, text := range []string{"database postgres://h/d\n", "bucket https://s/b\n", "database postgres://h/d\nbucket https://s/b\n",
		"frob x\n", "database\n", "connections many\n"} {
		write(text)
		_, err := Place{}.complete(dir)
		wantFault(t, err, fault.Input)
	}
	for _, url := range []string{"https://name:secret@h/b", "https://h/", "https://h/a/b", "ftp://h/b", "x", ""} {
		_, err := openBucket(url, "", seal.NewKey())
		wantFault(t, err, fault.Input)
	}
	for _, url := range []string{"mysql://h/d", "postgres://h:port/d", ""} {
		_, err := openPostgres(context.Background(), url, "", 0, nil)
		wantFault(t, err, fault.Input)
	}
}

func FuzzPlace(f *testing.F) {
	f.Add([]byte("# so\ndatabase postgres://h/d\nconnections 8\nkeys k\n"))
	f.Add([]byte("database\nx\x00 y\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := parsePlace(b, "/d"); err != nil && p != (Place{}) {
			t.Errorf("%+v beside %v", p, err)
		}
	})
}

func TestNumberedParameters(t *testing.T) {
	for in, want := range map[string]string{
		`SELECT 1`:                         `SELECT 1`,
		`a = ? AND b = ?`:                  `a = $1 AND b = $2`,
		`a = '?' AND "b?" = ? OR c = ''`:   `a = '?' AND "b?" = $1 OR c = ''`,
		`VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`: `VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`,
	} {
		if got := numberParameters(in); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

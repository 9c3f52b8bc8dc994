package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

func TestFilesThatDoNotBelong(t *testing.T) {
	ctx := context.Background()
	closed := func(t *testing.T) Options {
		s := newTestStore(t)
		noErr(t, s.Close())
		return s.o
	}
	t.Run("a data file that is gone is damage and not a new laptop", func(t *testing.T) {
		o := closed(t)
		noErr(t, os.Remove(filepath.Join(o.Dir, dataFile)))
		if !Exists(o.Dir) {
			t.Error("the folder counts as new")
		}
		_, err := Open(ctx, o)
		wantKind(t, err, fault.Damaged)
		_, err = Create(ctx, o, profile(), clerk("c1"), []byte(password))
		wantKind(t, err, fault.Exists)
	})
	t.Run("the key file of another laptop is damage and not a wrong password", func(t *testing.T) {
		o, other := closed(t), closed(t)
		noErr(t, os.WriteFile(filepath.Join(o.Dir, keysFile), must(os.ReadFile(filepath.Join(other.Dir, keysFile))), 0o600))
		_, err := Open(ctx, o)
		wantKind(t, err, fault.Damaged)
	})
	t.Run("the data file of another laptop is damage and not a wrong password", func(t *testing.T) {
		o, other := closed(t), closed(t)
		noErr(t, os.WriteFile(filepath.Join(o.Dir, dataFile), must(os.ReadFile(filepath.Join(other.Dir, dataFile))), 0o600))
		_, err := Open(ctx, o)
		wantKind(t, err, fault.Damaged)
	})
	t.Run("a key file with any bit turned lets its owner in, or is named", func(t *testing.T) {
		o := closed(t)
		path := filepath.Join(o.Dir, keysFile)
		want := must(os.ReadFile(path))
		for i := 0; i < len(want); i += 3 {
			b := bytes.Clone(want)
			b[i] ^= 1 << (i % 7)
			noErr(t, os.WriteFile(path, b, 0o600))
			l, err := Open(ctx, o)
			if err == nil {
				var s *Store
				if s, _, err = l.Unlock(ctx, "c1", []byte(password)); err == nil {
					noErr(t, s.Close())
					if got := must(seal.ParseKeyfile(must(os.ReadFile(path)))).Marshal(); !bytes.Equal(got, want) {
						t.Errorf("byte %d: not mended", i)
					}
				}
				noErr(t, l.Close())
			}
			if k := fault.KindOf(err); err != nil && k != fault.Damaged && k != fault.Newer {
				t.Errorf("byte %d: got %v", i, err)
			}
		}
		if _, err := os.Stat(filepath.Join(o.Dir, attemptsFile)); err == nil {
			t.Error("counted as wrong passwords")
		}
	})
	t.Run("a wrong password is wrong beside a damaged key file too", func(t *testing.T) {
		o := closed(t)
		path := filepath.Join(o.Dir, keysFile)
		b := must(os.ReadFile(path))
		at := bytes.Index(b, []byte(`"mac"`)) + 10
		b[at] = b[at]&1 ^ '1'
		noErr(t, os.WriteFile(path, b, 0o600))
		l := must(Open(ctx, o))
		defer l.Close()
		_, _, err := l.Unlock(ctx, "c1", []byte("not the one it is"))
		wantKind(t, err, fault.Password)
	})
	t.Run("a folder in the place of the data file is damage", func(t *testing.T) {
		o := closed(t)
		noErr(t, os.Remove(filepath.Join(o.Dir, dataFile)))
		noErr(t, os.Mkdir(filepath.Join(o.Dir, dataFile), 0o700))
		_, err := Open(ctx, o)
		wantKind(t, err, fault.Damaged)
	})
	t.Run("what a creation that was cut short left is no store, and does not hinder the next", func(t *testing.T) {
		o := closed(t)
		path := filepath.Join(o.Dir, dataFile)
		noErr(t, os.Rename(path, path+newSuffix))
		if Exists(o.Dir) {
			t.Fatal("half a creation counts as a store")
		}
		s, err := Create(ctx, o, profile(), clerk("c1"), []byte(password))
		noErr(t, err)
		noErr(t, s.Close())
		noErr(t, unlocked(t, o).Close())
	})
}

func TestPrepare(t *testing.T) {
	t.Run("makes the folder and leaves nothing in it", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "a", "b")
		noErr(t, Prepare(dir))
		if left := must(os.ReadDir(dir)); len(left) != 0 {
			t.Errorf("left %v", left)
		}
	})
	t.Run("names a folder that cannot be made, without its path", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "f")
		noErr(t, os.WriteFile(file, nil, 0o600))
		err := Prepare(filepath.Join(file, "private-name", "x"))
		wantKind(t, err, fault.Disk)
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), "private-name") {
				t.Errorf("the path is in %q", e)
			}
		}
	})
}

func TestMakeDir(t *testing.T) {
	top := t.TempDir()
	for name, dir := range map[string]string{
		"several levels at once":      filepath.Join(top, "a", "b", "c"),
		"one that is there":           top,
		"by a name that is not clean": top + "/x/../y//z/",
	} {
		t.Run(name, func(t *testing.T) {
			noErr(t, makeDir(dir))
			noErr(t, makeDir(dir))
			if st, err := os.Stat(filepath.Clean(dir)); err != nil || !st.IsDir() {
				t.Error("it is not there")
			}
		})
	}
	t.Run("where a file stands in the way", func(t *testing.T) {
		noErr(t, os.WriteFile(filepath.Join(top, "file"), nil, 0o600))
		if makeDir(filepath.Join(top, "file", "in")) == nil {
			t.Error("it is made")
		}
	})
	t.Run("one that is named from the working folder", func(t *testing.T) {
		t.Chdir(top)
		noErr(t, makeDir("d/e"))
		if _, err := os.Stat(filepath.Join(top, "d", "e")); err != nil {
			t.Error("it is not there")
		}
	})
}

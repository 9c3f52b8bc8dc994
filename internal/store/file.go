package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"doorstep/internal/fault"
)

// The names inside a data folder.
const (
	dataFile     = "store.bolt"
	keysFile     = "keys.json"
	lockFile     = "lock"
	attemptsFile = "attempts.json"
	newSuffix    = ".new"
)

// diskFault gives an operating system's or bbolt's error its kind.
func diskFault(op string, err error) error {
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return fault.Wrap(op, err)
	case errors.Is(err, berrors.ErrTimeout):
		return fault.New(op, fault.Busy, err)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return fault.New(op, fault.Damaged, err)
	}
	for _, full := range fullErrors() {
		// bbolt gives a failed growth of the file as text alone.
		if errors.Is(err, full) || strings.HasSuffix(err.Error(), ": "+full.Error()) {
			return fault.New(op, fault.Full, plain(err))
		}
	}
	return fault.New(op, fault.Disk, plain(err))
}

// plain takes the path out of a file error: a data folder's place can name a
// person, the error must not.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return errors.New(p.Op + " " + filepath.Base(p.Path) + ": " + p.Err.Error())
	}
	var e syscall.Errno
	if errors.As(err, &e) {
		return e
	}
	text := err.Error()
	return errors.New(strings.TrimSpace(text[strings.LastIndex(text, ": ")+1:]))
}

// writeFile replaces dir/name by b so that after a crash at any moment either
// the old or the new content is there, whole; it is durable on return.
func writeFile(dir, name string, b []byte) error {
	tmp := filepath.Join(dir, name+newSuffix)
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(tmp)
		return err
	}
	return promote(dir, name)
}

// promote renames dir/name.new, which is synced already, to dir/name.
func promote(dir, name string) error {
	path := filepath.Join(dir, name)
	if err := os.Rename(path+newSuffix, path); err != nil {
		return err
	}
	return syncDir(dir)
}

// makeDir makes a folder and those above it that are not there. On return the
// names of all of them are durable, also of one that was there already and may
// have been made just before a crash.
func makeDir(dir string) error {
	dir = filepath.Clean(dir)
	made := []string{dir}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); err == nil || filepath.Dir(at) == at {
			break
		}
		made = append(made, at)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, at := range made {
		// A folder above that may not be read was there before, and is not ours.
		if err := syncDir(filepath.Dir(at)); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}

// readFile reads a file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fault.New("store.readFile", fault.Damaged, errors.New("longer than such a file can be"))
	}
	return b, err
}

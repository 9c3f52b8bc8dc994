package rulebook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// RegisterPath is where the register taken in lives in a data folder.
func RegisterPath(dir string) string { return filepath.Join(dir, "schools.tsv") }

// Open is Load with the register that was taken into the data folder in the
// place of the starter list, where there is one. A register there that cannot
// be read is fault.Damaged or fault.Disk, never passed over in silence.
func Open(dir string) (*loan.Reference, error) {
	const op = "open rulebook"
	ref, err := Load()
	if err != nil {
		return nil, err
	}
	st, err := os.Stat(RegisterPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return ref, nil
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	if !st.Mode().IsRegular() { // to open a pipe would wait for ever
		return nil, fault.New(op, fault.Damaged, errors.New("the school register is no file"))
	}
	f, err := os.Open(RegisterPath(dir))
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer f.Close()
	next, err := WithRegister(ref, f)
	if err == nil {
		return next, nil
	}
	if fault.KindOf(err) == fault.Disk {
		return nil, fault.Wrap(op, err)
	}
	return nil, fault.Say(op, fault.Damaged, "本机的院校名册已损坏，请重新导入。", err)
}

// OpenMended is Open, but a register that is damaged is set aside, under the
// name AsideName and still in the folder, and the starter list stands in its
// place until a register is imported again; aside says that this happened.
func OpenMended(dir string) (ref *loan.Reference, aside bool, err error) {
	const op = "mend rulebook"
	ref, err = Open(dir)
	if fault.KindOf(err) != fault.Damaged {
		return ref, false, err
	}
	if err := os.Rename(RegisterPath(dir), filepath.Join(dir, AsideName)); err != nil {
		return nil, false, diskFault(op, err)
	}
	if err := syncDir(dir); err != nil {
		return nil, false, diskFault(op, err)
	}
	ref, err = Open(dir)
	return ref, true, err
}

// AsideName is the name of a damaged register that was set aside.
const AsideName = "schools.tsv.damaged"

// ImportRegister takes a school register into the data folder, which is made
// when it is not there. The register stands whole and durable in the place of
// the former one when it returns; on any error the former one stands untouched.
// A register that does not hold is the error of loan.ParseRegister, which names
// the first bad line. The folder may be in use by a running program.
func ImportRegister(dir string, r io.Reader) (*loan.Register, error) {
	const op = "import school register"
	b, err := io.ReadAll(io.LimitReader(r, loan.MaxRegister+1))
	if err != nil {
		return nil, diskFault(op, err)
	}
	g, err := register(bytes.NewReader(b))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := makeDir(dir); err != nil {
		return nil, diskFault(op, err)
	}
	sweep(dir)
	if err := replaceFile(RegisterPath(dir), b); err != nil {
		return nil, diskFault(op, err)
	}
	return g, nil
}

// tempFile is the name of a register that is still being written.
const tempFile = ".schools-*.tmp"

// sweep takes away what imports that were cut short left behind; an hour is
// past any import that may still be running.
func sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, tempFile))
	for _, path := range left {
		if st, err := os.Stat(path); err == nil && time.Since(st.ModTime()) > time.Hour {
			_ = os.Remove(path) // it is only in the way of disk space
		}
	}
}

// makeDir makes the folder and what leads to it, each durable.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}

func replaceFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), tempFile)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename in the folder durable. Windows cannot sync a folder
// and writes its renames through.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// diskFault leaves out of an error where the data folder lies: the path can
// name a person, and errors go into logs.
func diskFault(op string, err error) error {
	if err == nil {
		return nil
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = fmt.Errorf("%s %s: %w", p.Op, filepath.Base(p.Path), p.Err)
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.New(op, fault.Full, err)
	}
	return fault.New(op, fault.Disk, err)
}

package rulebook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
	b, err := ReadRegister(dir)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if b == nil {
		return ref, nil
	}
	next, err := WithRegister(ref, bytes.NewReader(b))
	if err != nil {
		return nil, fault.Say(op, fault.Damaged, "本机的院校名册已损坏，请重新导入。", err)
	}
	next.Schools.File = FileSum(b)
	return next, nil
}

// ReadRegister gives the bytes of the register in a data folder, no more than one
// past loan.MaxRegister; nil where there is none. What is no file is fault.Damaged,
// one that cannot be read fault.Disk.
func ReadRegister(dir string) ([]byte, error) { return readFile(RegisterPath(dir), loan.MaxRegister) }

// readFile reads a file of a data folder, no more than a byte past most; nil where
// there is none, never of one that is there.
func readFile(path string, most int64) ([]byte, error) {
	const op = "read file of the rules"
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	if !st.Mode().IsRegular() { // to open a pipe would wait for ever
		return nil, fault.New(op, fault.Damaged, errors.New(filepath.Base(path)+" is no file"))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	return b, diskFault(op, err)
}

// FileSum names the bytes of a file of a data folder; empty of one that is not there,
// which is nil.
func FileSum(b []byte) string {
	if b == nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
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
	if err := SetRegisterAside(dir); err != nil {
		return nil, false, fault.Wrap(op, err)
	}
	ref, err = Open(dir)
	return ref, true, err
}

// SetRegisterAside gives the register in a data folder the name AsideName, in the
// place of what was set aside before; afterwards the folder has none.
func SetRegisterAside(dir string) error {
	const op = "set register aside"
	if err := os.Rename(RegisterPath(dir), filepath.Join(dir, AsideName)); err != nil {
		return diskFault(op, err)
	}
	return diskFault(op, syncDir(dir))
}

// AsideName is the name of a register that was set aside.
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
	g.File = FileSum(b)
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

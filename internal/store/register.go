package store

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// RegisterPath is where a data folder keeps its school register: public data,
// in the open, so that it can be read and replaced on a new or locked folder.
func RegisterPath(dir string) string { return filepath.Join(dir, schoolsFile) }

// ImportRegister takes in a school register, all or nothing, and gives it
// back. It makes the folder where there is none.
func ImportRegister(dir string, r io.Reader) (*loan.Register, error) {
	const op = "store.ImportRegister"
	b, err := io.ReadAll(io.LimitReader(r, loan.MaxRegister+1))
	if err != nil {
		return nil, diskFault(op, err)
	}
	reg, err := loan.ParseRegister(bytes.NewReader(b))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, diskFault(op, err)
	}
	if err := writeFile(dir, schoolsFile, b); err != nil {
		return nil, diskFault(op, err)
	}
	return reg, nil
}

// LoadRegister reads the register; fault.Missing when none was imported,
// fault.Damaged when it is not what ImportRegister wrote.
func LoadRegister(dir string) (*loan.Register, error) {
	const op = "store.LoadRegister"
	b, err := readFile(RegisterPath(dir), loan.MaxRegister)
	if os.IsNotExist(err) {
		return nil, fault.New(op, fault.Missing, nil)
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	reg, err := loan.ParseRegister(bytes.NewReader(b))
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	return reg, nil
}

package ui

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"doorstep/internal/fault"
)

// writeWhole writes a file whole or not at all. No file with a person's data is
// written so: that goes to a printer, to the family's phone, or by an export.
func writeWhole(path string, b []byte) error {
	const op = "save file"
	f, err := os.CreateTemp(filepath.Dir(path), ".doorstep-*")
	if err != nil {
		return writeFault(op, err)
	}
	defer os.Remove(f.Name()) // gone already when the file was renamed
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return writeFault(op, err)
	}
	return nil
}

// writeFault drops the path, which may hold a person's name.
func writeFault(op string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		err = l.Err
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fault.Say(op, fault.Denied, "没有写入这个文件夹的权限，请换一个文件夹。", err)
	case errors.Is(err, syscall.ENOSPC):
		return fault.New(op, fault.Full, err)
	}
	return fault.New(op, fault.Disk, err)
}

//go:build unix

package stick

import (
	"os"
	"syscall"
)

func fullErrors() []error     { return []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} }
func readOnlyErrors() []error { return []error{syscall.EROFS, syscall.EACCES, syscall.EPERM} }

// syncDir makes a folder's entries durable.
func syncDir(root *os.Root, name string) error {
	d, err := root.Open(name)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}

//go:build !windows

package release

import (
	"errors"
	"os"
)

// syncDir makes a renaming in the folder durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

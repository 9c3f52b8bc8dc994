//go:build !linux

package central

import "os"

// makePack makes a file.
func makePack(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// writeBlocks writes pieces one behind another.
func writeBlocks(f *os.File, pieces [][]byte, at int64) error {
	for _, b := range pieces {
		if _, err := f.WriteAt(b, at); err != nil {
			return err
		}
		at += int64(len(b))
	}
	return nil
}

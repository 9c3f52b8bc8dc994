package store

import (
	"io"
	"os"
)

// settleHead makes sure that the disk holds the meta pages which are read here.
// After a failed sync the system shows a page that the disk never got, in this
// process and in the next ones too, and does not write it again. Were the next
// transaction's page written beside that, the two would not be one transaction
// apart after a power cut, and the file would count as damaged. So it is done
// before the first transaction after an opening and after a failed commit.
// The caller holds s.write and dbMu.
func (s *Store) settleHead() error {
	if s.settled || s.db == nil {
		return nil
	}
	err := rewriteHead(s.dataPath())
	s.settled = err == nil
	return err
}

// rewriteHead writes both meta pages as they are once more, and waits for the
// disk. A cut in between leaves each as it was or as it is.
func rewriteHead(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 2*pageSize)
	if _, err := io.ReadFull(f, head); err != nil {
		return err
	}
	for page := range 2 {
		at := page * pageSize
		if _, err := f.WriteAt(head[at:at+pageSize], int64(at)); err != nil {
			return err
		}
	}
	return f.Sync()
}

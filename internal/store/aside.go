package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/bbolt"
)

// asideMark stands in the name of every file that a repair or a restore set
// aside, between the file's own name and a number.
const asideMark = ".damaged-"

// Aside counts the data files that repairs and restores set aside and that are
// still in the folder. What was erased since can be read in them by who knows a
// password of that time.
func (s *Store) Aside() (int, error) {
	names, err := s.asideNames()
	n := 0
	for _, name := range names {
		if strings.HasPrefix(name, dataFile) {
			n++
		}
	}
	return n, diskFault("store.Aside", err)
}

// asideNames lists the files set aside, wrapping keys first: without them the
// images of a database can no longer be read.
func (s *Store) asideNames() ([]string, error) {
	files, err := os.ReadDir(s.o.Dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, of := range []string{imagesFile, keysFile, dataFile} {
		for _, f := range files {
			if strings.HasPrefix(f.Name(), of+asideMark) {
				out = append(out, f.Name())
			}
		}
	}
	return out, nil
}

// takeAside deletes the files set aside, once an erasing of bodies owes that.
// While something that a repair or a restore lost is still asked of the centre
// they stay, for they may be the last that has it; left counts the data files.
func (s *Store) takeAside(ctx context.Context) (gone, left int, err error) {
	const op = "store.takeAside"
	if s.imagesNow().owed&owedAside == 0 {
		return 0, 0, nil
	}
	count, err := s.Aside()
	if err != nil {
		return 0, 0, err
	}
	waits := false
	err = s.view(ctx, op, func(tx *bbolt.Tx) error {
		w, err := s.readWanted(tx)
		waits = !w.Empty()
		return err
	})
	if err != nil || waits && count > 0 {
		return 0, count, err
	}
	names, err := s.asideNames()
	for _, name := range names {
		path := filepath.Join(s.o.Dir, name)
		if strings.HasPrefix(name, imagesFile) {
			err = errors.Join(err, overwrite(path))
		} else {
			err = errors.Join(err, os.Remove(path))
		}
	}
	if len(names) > 0 {
		err = errors.Join(err, syncDir(s.o.Dir))
	}
	if err != nil {
		return 0, count, diskFault(op, err)
	}
	s.o.step("aside")
	return count, 0, s.settleOwed(ctx, owedAside)
}

package central

import (
	"os"
	"path/filepath"

	"doorstep/internal/fault"
)

// WriteFile puts a file in place whole and durably, readable by its owner
// alone; on failure what was there before is still there.
func WriteFile(path string, b []byte) error {
	const op = "central.WriteFile"
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".tmp-*") // made with mode 0600
	if err != nil {
		return diskFault(op, err)
	}
	defer os.Remove(f.Name()) // fails once it was renamed
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
		return diskFault(op, err)
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	if !foldersSync {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return diskFault("central.syncDir", err)
	}
	defer d.Close()
	return diskFault("central.syncDir", d.Sync())
}

// makeDirs makes folders that only the owner can look into, durably.
func makeDirs(dirs ...string) error {
	for _, d := range dirs {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return diskFault("central.makeDirs", err)
		}
		if err := syncDir(filepath.Dir(d)); err != nil {
			return err
		}
	}
	return nil
}

// readSmall reads a key file; fault.Missing when there is none, fault.Damaged
// when it cannot be one.
func readSmall(path string) ([]byte, error) {
	const op = "central.readSmall"
	st, err := os.Stat(path)
	if os.IsNotExist(err) {
		return nil, fault.New(op, fault.Missing, nil)
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	if st.Size() > 64<<10 || !st.Mode().IsRegular() {
		return nil, fault.New(op, fault.Damaged, nil)
	}
	b, err := os.ReadFile(path)
	return b, diskFault(op, err)
}

package store

import (
	"path/filepath"

	"doorstep/internal/seal"
)

// KeyHolders lists whose passwords open the key file of a data folder, also
// where its store cannot be opened; none where the key file cannot be read.
func KeyHolders(dir string) []OperatorName {
	b, err := readFile(filepath.Join(dir, keysFile), maxKeysFile)
	if err != nil {
		return nil
	}
	keys, err := seal.ParseKeyfile(b)
	if err != nil {
		return nil
	}
	var out []OperatorName
	for _, id := range keys.Operators() {
		out = append(out, OperatorName{ID: id, Name: keys.Name(id)})
	}
	return out
}

package assets

import (
	"embed"
	"io/fs"
)

//go:embed packs/*.json
var packs embed.FS

//go:embed rates/lpr5y.json
var lpr []byte

// PackFiles is every policy pack, a JSON file each, in the order of their
// names, which is the order of their first signing dates.
func PackFiles() [][]byte { return readAll(packs, "packs") }

// LPR is the history of the five-year loan prime rate as JSON.
func LPR() []byte { return lpr }

// readAll gives the files of an embedded folder in the order of their names.
func readAll(f embed.FS, dir string) [][]byte {
	entries, err := fs.ReadDir(f, dir)
	if err != nil {
		panic(err) // the folder is part of the program
	}
	out := make([][]byte, 0, len(entries))
	for _, e := range entries {
		b, err := f.ReadFile(dir + "/" + e.Name())
		if err != nil {
			panic(err)
		}
		out = append(out, b)
	}
	return out
}

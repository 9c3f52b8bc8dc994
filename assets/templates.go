package assets

import (
	"embed"
	"io/fs"
)

//go:embed templates/*.json
var templates embed.FS

// Templates is the folder of document templates, a JSON file each, named
// ID-VERSION.json. Its form and the names that a template may call are in
// README.md.
func Templates() fs.FS {
	sub, err := fs.Sub(templates, "templates")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}

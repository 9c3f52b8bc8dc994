package assets

import "embed"

//go:embed icons/*.svg
var icons embed.FS

//go:embed icon.png
var appIcon []byte

// Icon is a line icon as SVG, 24 units square, one black fill that a theme may
// recolour. The names are those of the files in icons; another name is false.
func Icon(name string) ([]byte, bool) {
	b, err := icons.ReadFile("icons/" + name + ".svg")
	return b, err == nil
}

// AppIcon is the program's icon: PNG, 256 pixels square.
func AppIcon() []byte { return appIcon }

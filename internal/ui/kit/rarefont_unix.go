//go:build unix && !darwin

package kit

import "os"

// addFontData adds a data folder behind those of the system, which programs
// started from this one go on finding first.
func addFontData(folder string) error {
	dirs := os.Getenv("XDG_DATA_DIRS")
	if dirs == "" {
		dirs = "/usr/local/share:/usr/share"
	}
	return os.Setenv("XDG_DATA_DIRS", dirs+string(os.PathListSeparator)+folder)
}

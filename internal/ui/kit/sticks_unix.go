//go:build unix

package kit

import (
	"os"
	"path/filepath"
	"syscall"
)

// Sticks lists the folders of USB sticks that are in, where desktops put them.
func Sticks() []string {
	return mounted("/media/*/*", "/media/*", "/run/media/*/*", "/Volumes/*")
}

// mounted lists the folders of some patterns on which something is mounted.
func mounted(patterns ...string) []string {
	var out []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			continue
		}
		for _, dir := range found {
			if onItsOwn(dir) {
				out = append(out, dir)
			}
		}
	}
	return out
}

// onItsOwn says whether a folder is on another disk than the one around it.
func onItsOwn(dir string) bool {
	var st, above syscall.Stat_t
	if syscall.Stat(dir, &st) != nil || syscall.Stat(filepath.Dir(dir), &above) != nil {
		return false
	}
	info, err := os.Lstat(dir)
	return err == nil && info.IsDir() && st.Dev != above.Dev
}
